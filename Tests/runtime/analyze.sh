#!/usr/bin/env bash
# Static analysis of the device's C code, as firmware compiles it and as the host does: cppcheck, clang's analyzer, gcc's
# with its warnings on aliasing, alignment and const, and the rules of MISRA C, of which those that Schemas/misra.md
# names as deviations must be those that are found, no more and no fewer. Nothing is suppressed.
set -euo pipefail
cd "$(dirname "$0")/../.."

runtime=Sources/CEmbqRuntime
note=Schemas/misra.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '  %-34s%s\n' "$1" "$2"; }
fail() {
    printf 'runtime analysis: %s\n' "$*" >&2
    exit 1
}

# Swift's own clang when there is no other one.
clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
command -v gcc >/dev/null && command -v cppcheck >/dev/null && [ -x "$clang" ] ||
    fail 'gcc, clang and cppcheck are needed: run "make setup"'

# A device's build, and what a build for the host has instead or besides.
device=() host=()
for file in "$runtime"/*.c; do
    case $file in *_x86.c | */embq_watch.c) ;; *) device+=("$file") ;; esac
    if grep -q EMBQ_HOST "$file" && { [ "$(uname -m)" = x86_64 ] || [[ $file != *_x86.c ]]; }; then host+=("$file"); fi
done
[ "${#device[@]}" -gt 10 ] && [ "${#host[@]}" -gt 1 ] || fail 'where are the sources?'
include=(-I"$runtime/include")
hosted=(-DEMBQ_HOST_SIMD -DEMBQ_HOST_WATCH)
printf 'C runtime, static analysis of %d files for devices and %d for the host\n' "${#device[@]}" "${#host[@]}"

# quiet WHAT COMMAND...: it must say nothing.
quiet() {
    local status=0 found
    found=$("${@:2}" 2>&1) || status=$?
    [ "$status" -eq 0 ] && [ -z "$found" ] || fail "$1: $found"
}

cppcheck_all() {
    local checks=(cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 -U__cplusplus)
    quiet 'cppcheck' "${checks[@]}" "${include[@]}" "${device[@]}"
    quiet 'cppcheck, host' "${checks[@]}" "${include[@]}" "${hosted[@]}" "${host[@]}"
    say "$(cppcheck --version)" 'nothing found'
}

clang_all() {
    local analyze=("$clang" --analyze -Xanalyzer -analyzer-output=text -Xclang -analyzer-werror -std=c11)
    quiet 'clang --analyze' "${analyze[@]}" "${include[@]}" "${device[@]}"
    quiet 'clang --analyze, host' "${analyze[@]}" "${include[@]}" "${hosted[@]}" "${host[@]}"
    say 'clang --analyze' 'nothing found'
}

gcc_all() {
    local file warnings=(-std=c11 -O2 -Wall -Wextra -Wconversion -Wpedantic -Wcast-align=strict -Wcast-qual -Wlogical-op
        -Wduplicated-cond -Wshift-overflow=2 -Wnull-dereference -Wvla -fstrict-aliasing -Wstrict-aliasing=2 -fanalyzer)
    for file in "${device[@]}"; do
        quiet "gcc, $file" gcc "${warnings[@]}" "${include[@]}" -c "$file" -o "$work/object"
    done
    for file in "${host[@]}"; do
        quiet "gcc, host, $file" gcc "${warnings[@]}" "${include[@]}" "${hosted[@]}" -c "$file" -o "$work/object"
    done
    say "gcc $(gcc -dumpfullversion) -fanalyzer" 'nothing found'
}

# The numbers of the rules of MISRA C that files break.
broken() {
    # Its own findings of style are not asked for; the addon's are of that kind.
    cppcheck --quiet --std=c11 --enable=style --addon=misra -U__cplusplus "${include[@]}" "$@" 2>&1 |
        sed -n 's/.*\[misra-c2012-\([0-9.]*\)\]$/\1/p' | sort -uV
}

misra() {
    local version rule
    version=$(cppcheck --version)
    if ! grep -qF "$version" "$note"; then
        say 'MISRA C' "not compared: $note was written with another version than $version"
        return
    fi
    # That the tool sees what the note says there is none of.
    cat >"$work/planted.c" <<'END'
#include <stdlib.h>
int planted(int n);
int planted(int n)
{
    int row[n];
    if (n == 0) goto out;
    row[0] = planted(n - 1);
    free(malloc((size_t)row[0]));
out:
    return n;
}
END
    broken "$work/planted.c" >"$work/seen"
    for rule in 15.1 17.2 18.8 21.3; do grep -qx "$rule" "$work/seen" || fail "the tool no longer sees rule $rule"; done
    broken "${device[@]}" >"$work/broken"
    sed -n 's/^| \([0-9]*\.[0-9]*\) .*/\1/p' "$note" | sort -uV >"$work/noted"
    diff "$work/noted" "$work/broken" >"$work/found" || {
        sed -n 's/^< /is named but no longer broken: /p; s/^> /is broken but not named: /p' "$work/found" >&2
        fail "these rules of MISRA C differ from $note"
    }
    say 'MISRA C' "$(wc -l <"$work/broken") rules deviated from, as $note says"
}

# cppcheck leaves files beside the sources: its runs come one after the other.
cppchecks() { cppcheck_all; misra; }

# Beside each other, as many as there are processors; told in this order. The longest are first.
tools=(cppchecks gcc_all clang_all)
for tool in "${tools[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    { ("$tool") >"$work/$tool.said" 2>&1; touch "$work/$tool.passed"; } &
done
wait
for tool in "${tools[@]}"; do
    cat "$work/$tool.said"
    [ -e "$work/$tool.passed" ] || exit 1
done
