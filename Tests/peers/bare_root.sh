#!/usr/bin/env bash
# Installs embq in a root folder that contains only the program and its shared libraries, and runs it there: no shell, no
# /etc, no /tmp, no locale, an empty environment. Each command must print what it prints on this machine, and write the
# same bytes.
#
# Each runs with /proc and without: Swift reads the arguments of a program from there, embq must not. HDF5 files are read
# with /proc alone, and without it refused: their reader is embq itself, started from there. It also needs /dev.
set -euo pipefail
cd "$(dirname "$0")/../.."

embq=$(realpath "${EMBQ:-.build/release/embq}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root here=$work/here
fail() {
    printf 'bare root: %s\n' "$*" >&2
    exit 1
}

# ---- The root --------------------------------------------------------------------------------------------------------

ldd "$embq" >"$work/ldd" || fail "$embq is not a dynamic program"
if grep 'not found' "$work/ldd" >&2; then fail 'a library is missing, see above'; fi
mapfile -t libraries < <(awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' "$work/ldd")
install -D "$embq" "$root/usr/bin/embq"
for library in "${libraries[@]}"; do install -D "$library" "$root$library"; done
mkdir "$root/proc" "$root/work" "$here"
for folder in "$root/work" "$here"; do
    cp -r Fixtures/embbert-tiny "$folder/tiny"
    cp -r Fixtures/embbert-snips "$folder/snips"
    cp Fixtures/snips-own/*.tsv "$folder"
done
(cd "$root" && find . -path ./work -prune -o -print | sort) >"$work/before"

without=(unshare --mount --pid --fork "--root=$root" --wd=/work)
[ "$(id -u)" -eq 0 ] || without+=(--map-root-user)
enter=("${without[@]}" --mount-proc=/proc)
env -i "${enter[@]}" /usr/bin/embq --version >/dev/null ||
    fail 'the program does not start, or this machine allows no namespaces: run this as root'

# ---- Commands --------------------------------------------------------------------------------------------------------

commands=0
# same ARGUMENT...: embq with these arguments gives the same output, errors and status in the root as here.
same() {
    local status=0
    (cd "$here" && "$embq" "$@") >"$work/out" 2>"$work/err" || status=$?
    bare "$status" "${enter[*]}" "$@"
    bare "$status" "${without[*]}" "$@"
    commands=$((commands + 1))
}
# bare STATUS WAY ARGUMENT...
bare() {
    local status=$1 way=$2 bare_status=0
    shift 2
    # shellcheck disable=SC2086 # a command and its options
    env -i $way /usr/bin/embq "$@" >"$work/bare-out" 2>"$work/bare-err" || bare_status=$?
    [ "$status" -eq "$bare_status" ] ||
        fail "embq $*: status $bare_status, expected $status: $(cat "$work/bare-err")"
    # How fast it was is no part of the result.
    diff -I ' sentences a second$' "$work/out" "$work/bare-out" >&2 || fail "embq $*: the output differs, see above"
    diff "$work/err" "$work/bare-err" >&2 || fail "embq $*: the errors differ, see above"
}
same_file() { cmp "$here/$1" "$root/work/$1" || fail "$1 differs"; }

same
same bogus
same --version
same inspect tiny
same quantize tiny --data tiny/data.tsv -o tiny.embq
same_file tiny.embq
same quantize snips --data calibration.tsv -o snips.embq
same_file snips.embq
for model in tiny snips; do
    same inspect "$model.embq"
    same inspect "$model.embq" --json
    same run "$model.embq" 'play some jazz by miles davis' 'will it rain in São Paulo tomorrow?' ''
    same verify "$model.embq"
done
same export snips.embq --c c
for file in "$here"/c/*; do same_file "c/${file##*/}"; done
same package tiny --data tiny/data.tsv --test tiny/data.tsv -o package
same verify package
same quantize tiny --data tiny/data.tsv -o -
printf 'damaged' >>"$here/tiny.embq"
printf 'damaged' >>"$root/work/tiny.embq"
same verify tiny.embq
same inspect missing
cp Fixtures/hdf5/valid/all_types.h5 "$root/work"
status=0
env -i "${without[@]}" /usr/bin/embq inspect all_types.h5 >"$work/bare-out" 2>"$work/bare-err" || status=$?
{ [ "$status" -eq 1 ] && grep -q 'Mount /proc' "$work/bare-err"; } || fail "HDF5 without /proc: $(cat "$work/bare-err")"

# ---- What was left behind --------------------------------------------------------------------------------------------

(cd "$root" && find . -path ./work -prune -o -print | sort) >"$work/after"
diff "$work/before" "$work/after" >&2 || fail 'embq wrote outside its working directory, see above'
printf '  %-34s%d commands, %d libraries\n' 'bare root' "$commands" "${#libraries[@]}"
