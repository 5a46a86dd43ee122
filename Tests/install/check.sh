#!/usr/bin/env bash
# Installs the built embq in a folder of its own and uses what is there: the manual, the completions, and the C runtime,
# which compiles an exported model by pkg-config alone. Removing it leaves nothing.
#
# PROGRAM names the embq program; the default is the last build.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
fail() {
    printf 'install: %s\n' "$*" >&2
    exit 1
}
make --no-print-directory install PREFIX="$prefix" >"$work/said" || fail "it failed: $(cat "$work/said")"
embq=$prefix/bin/embq
mapfile -t verbs < <("$embq" --help | sed -n '/^SUBCOMMANDS:/,/^$/s/^  \([a-z]\{3,\}\)  .*/\1/p')
[ "${#verbs[@]}" -ge 11 ] || fail "embq --help lists ${#verbs[@]} verbs"

# ---- The commit ------------------------------------------------------------------------------------------------------

commit=$("$embq" --version | sed -n 's/^commit //p')
if git rev-parse -q --verify HEAD >/dev/null; then
    git merge-base --is-ancestor "${commit%-dirty}" HEAD || fail "embq names the commit $commit, which is none of this clone"
fi

# ---- The manual ------------------------------------------------------------------------------------------------------

pages=$prefix/share/man/man1
for verb in '' "${verbs[@]/#/-}"; do
    page=$pages/embq$verb.1.gz
    [ -f "$page" ] || fail "there is no page embq$verb(1)"
    gunzip -c "$page" >"$work/page.1"
    mandoc -T lint -W warning "$work/page.1" >&2 || fail "mandoc warns of embq$verb(1), see above"
    warnings=$(groff -man -ww -T utf8 -z "$work/page.1" 2>&1)
    [ -z "$warnings" ] || fail "groff warns of embq$verb(1): $warnings"
    # The program's name and purpose, as `apropos` finds it.
    lexgrog "$work/page.1" >/dev/null || fail "embq$verb(1) has no name"
    MANWIDTH=200 LC_ALL=C.UTF-8 man -l "$work/page.1" 2>"$work/warnings" | col -b >"$work/shown"
    [ ! -s "$work/warnings" ] || fail "man warns of embq$verb(1): $(cat "$work/warnings")"
    # Every option of --help, and each line of its examples, letter by letter.
    # shellcheck disable=SC2086 # no word, or one
    "$embq" ${verb#-} --help >"$work/help"
    while IFS= read -r option; do
        grep -qF -e "$option" "$work/shown" || fail "embq$verb(1) does not name $option"
    done < <(grep -oE '^  (-[a-z], )?--[a-z-]+' "$work/help" | grep -oE -e '--[a-z-]+' | grep -vxE -e '--(help|version)')
    while IFS= read -r example; do
        grep -qF -e "$example" "$work/shown" || fail "embq$verb(1) lacks the example: $example"
    done < <(sed -n '/^Examples:/,/^$/s/^  \( *embq .*\)/\1/p' "$work/help" | sed 's/^ *//')
done
[ "$(find "$pages" -type f | wc -l)" -eq $((${#verbs[@]} + 1)) ] || fail 'there are pages of no verb'

# ---- Completions -----------------------------------------------------------------------------------------------------

bash -n "$prefix/share/bash-completion/completions/embq"
zsh -n "$prefix/share/zsh/site-functions/_embq"
fish -n "$prefix/share/fish/vendor_completions.d/embq.fish"
offered=$(fish -c "source '$prefix/share/fish/vendor_completions.d/embq.fish'; complete -C 'embq '" | cut -f1)
for verb in "${verbs[@]}"; do grep -qx "$verb" <<<"$offered" || fail "fish does not offer '$verb'"; done
offered=$(bash -c "
    source '$prefix/share/bash-completion/completions/embq'
    COMP_WORDS=(embq '') COMP_CWORD=1 COMP_LINE='embq ' COMP_POINT=5
    _embq embq '' embq
    printf '%s\n' \"\${COMPREPLY[@]}\"")
for verb in "${verbs[@]}"; do grep -qx "$verb *" <<<"$offered" || fail "bash does not offer '$verb'"; done

# ---- The C runtime ---------------------------------------------------------------------------------------------------

tiny=Fixtures/embbert-tiny
"$embq" quantize "$tiny" --data "$tiny/data.tsv" -o "$work/tiny.embq" --quiet >/dev/null
"$embq" export "$work/tiny.embq" --c "$work/c" --quiet >/dev/null
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
[ "$(pkg-config --modversion embq)" = "$("$embq" --version | sed -n 's/^embq //p')" ] || fail 'embq.pc has another version'
mkdir "$work/stranger"
cp "$work"/c/{main,model}.c "$work/c/model.h" "$work/stranger"
read -ra flags < <(pkg-config --cflags --libs embq)
read -ra include < <(pkg-config --cflags embq)
(cd "$work/stranger" && cc -std=c11 -Wall -Wextra -Werror -O2 main.c model.c "${flags[@]}" -o library)
(cd "$work/stranger" && cc -std=c11 -O2 main.c model.c "${include[@]}" \
    "$(pkg-config --variable=sources embq)"/*.c -o sources)
for text in 'rain in oslo' 'sun' 'snow [SEP] sun'; do
    label=$("$embq" run "$work/tiny.embq" "$text" | cut -f1)
    for program in library sources; do
        [ "$("$work/stranger/$program" <<<"$text" | cut -f1)" = "$label" ] || fail "$program answers '$text' otherwise"
    done
done

# ---- Removed ---------------------------------------------------------------------------------------------------------

make --no-print-directory uninstall PREFIX="$prefix" >/dev/null
left=$(find "$prefix" -type f)
[ -z "$left" ] || fail "these were left: $left"
[ ! -e "$prefix/share/embq" ] || fail "$prefix/share/embq was left"
if make --no-print-directory uninstall PREFIX="$prefix" >/dev/null 2>&1; then fail 'nothing was removed twice'; fi
DESTDIR=$work/staged PREFIX=/usr .ci/install >/dev/null
grep -qx 'prefix=/usr' "$work/staged/usr/lib/pkgconfig/embq.pc" || fail 'DESTDIR is in embq.pc'
if grep -rqF "$work" "$work/staged"; then fail 'a path of the build was installed'; fi

printf 'install: %d pages, completions of bash, zsh and fish, and a model compiled with the installed runtime are fine\n' \
    $((${#verbs[@]} + 1))
