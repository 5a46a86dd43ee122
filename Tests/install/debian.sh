#!/usr/bin/env bash
# Installs the Debian package in a bare Debian 12 that debootstrap makes, with nothing but what the package depends on, and
# works there: from a checkpoint to a package, HDF5 in both directions, the manual's files. Removing it leaves nothing.
#
# Needs root, and a mirror of Debian (MIRROR; the machine's own by default).
set -euo pipefail
cd "$(dirname "$0")/../.."

package=$(realpath .build-dist/embq_*_"$(dpkg --print-architecture)".deb)
most_libraries=20   # lines of ldd
# The same Debian again and again: what debootstrap makes is kept.
base=$PWD/.build-dist/bookworm.tar
work=$(mktemp -d)
root=$work/root
trap 'rm -rf "$work"' EXIT
fail() {
    printf 'debian: %s\n' "$*" >&2
    exit 1
}
[ "$(id -u)" -eq 0 ] || fail 'debootstrap needs root'

mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)}
if [ ! -f "$base" ]; then
    # An empty variant of packages beside the essential ones: apt, to resolve what the package depends on.
    debootstrap --variant=minbase bookworm "$work/bare" "$mirror" >"$work/log" 2>&1 || fail "debootstrap: $(tail "$work/log")"
    tar -C "$work/bare" --one-file-system -cf "$base" .
fi
mkdir "$root"
tar -C "$root" -xf "$base"
# The machine's way to the mirror.
cp -r /etc/apt/apt.conf.d "$root/etc/apt"
cp /etc/resolv.conf "$root/etc" 2>/dev/null || true

enter=(unshare --mount --pid --fork "--root=$root" --wd=/root --mount-proc=/proc env -i HOME=/root LC_ALL=C.UTF-8
    PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive)
"${enter[@]}" dpkg-query -W -f '${Package}\n' | sort >"$work/before"
cp "$package" "$root/root/embq.deb"
"${enter[@]}" sh -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends ./embq.deb' >"$work/log" 2>&1 ||
    fail "apt-get cannot install it: $(tail "$work/log")"
"${enter[@]}" dpkg-query -W -f '${Package}\n' | sort >"$work/after"
mapfile -t brought < <(comm -13 "$work/before" "$work/after" | grep -vx embq)

lines=$("${enter[@]}" ldd /usr/bin/embq | tee "$work/ldd" | wc -l)
if grep 'not found' "$work/ldd" >&2; then fail 'a library is missing, see above'; fi
[ "$lines" -le "$most_libraries" ] || fail "ldd prints $lines lines, at most $most_libraries: $(cat "$work/ldd")"

# ---- Work there ------------------------------------------------------------------------------------------------------

cp -r Fixtures/embbert-tiny "$root/root/tiny"
cp Fixtures/hdf5/valid/all_types.h5 "$root/root"
# The program that was built here, with all libraries of this machine, must say the same.
mkdir "$work/here"
cp -r Fixtures/embbert-tiny "$work/here/tiny"
cp Fixtures/hdf5/valid/all_types.h5 "$work/here"
here=$(realpath .build-dist/embq)
same() {
    local status=0 there=0
    (cd "$work/here" && "$here" "$@") >"$work/out" 2>"$work/err" || status=$?
    "${enter[@]}" embq "$@" >"$work/bare-out" 2>"$work/bare-err" || there=$?
    [ "$status" -eq 0 ] && [ "$there" -eq 0 ] || fail "embq $*: status $there there, $status here: $(cat "$work/bare-err")"
    diff -I ' sentences a second$' "$work/out" "$work/bare-out" >&2 || fail "embq $*: the output differs, see above"
}
same --version
same inspect tiny
same inspect all_types.h5
same convert tiny -o tiny.h5
same inspect tiny.h5 --config tiny/config.json
same convert tiny.h5 -o tiny.npz
same package tiny --data tiny/data.tsv --test tiny/data.tsv -o out --archive out.zip
same verify out
same run out 'rain in oslo' sun
for file in tiny.h5 tiny.npz out.zip out/model.embq; do
    cmp "$work/here/$file" "$root/root/$file" || fail "$file differs"
done

# ---- And go ----------------------------------------------------------------------------------------------------------

"${enter[@]}" dpkg --verify embq
"${enter[@]}" dpkg --purge embq >/dev/null 2>&1
left=$(find "$root/usr" -path '*embq*')
[ -z "$left" ] || fail "these were left: $left"

printf 'debian: %d lines of ldd; with it came %s\n' "$lines" "${brought[*]}"
