#!/usr/bin/env bash
# Proves what the device's C code promises, with the compilers of this machine: it compiles without a warning as
# freestanding C11, needs nothing but memcpy and memset, calls from file to file without a circle, keeps no state, uses
# no floating point, and bounds its stack.
set -euo pipefail
cd "$(dirname "$0")/../.."

maximum_frame=1024   # bytes of stack of one function, gcc -O2
warnings=(-std=c11 -Wall -Wextra -Wconversion -Wpedantic -Werror)

root=$PWD
include=(-I"$root/Sources/CEmbqRuntime/include")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '  %-34s%s\n' "$1" "$2"; }
fail() {
    printf 'runtime check: %s\n' "$*" >&2
    exit 1
}

# Swift's own clang when there is no other one.
clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
command -v gcc >/dev/null && [ -x "$clang" ] || fail 'gcc and clang are needed: run "make setup"'

# Kernels for the host's vector unit are no part of a device's build.
portable=() host=()
for file in "$root"/Sources/CEmbqRuntime/*.c; do
    case $file in
        *_x86.c) [ "$(uname -m)" = x86_64 ] && host+=("$file") ;;
        *) portable+=("$file") ;;
    esac
done
[ "${#portable[@]}" -gt 0 ] || fail 'there are no sources'

# compile FOLDER COMPILER FLAG...: objects of the files in $files.
files=()
compile() {
    local folder=$work/$1
    mkdir -p "$folder"
    (cd "$folder" && "${@:2}" "${warnings[@]}" "${include[@]}" -c "${files[@]}") || fail "$* failed"
}

# What objects need from elsewhere, one symbol a line.
needed() {
    comm -23 <(nm -u "$@" | awk 'NF == 2 { print $2 }' | sort -u) \
        <(nm --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort -u)
}
allow() {
    local foreign
    foreign=$(needed "${@:2}" | grep -vxE 'memcpy|memset' || true)
    [ -z "$foreign" ] || fail "$1: the code needs $(tr '\n' ' ' <<<"$foreign")"
}

printf 'C runtime, %d files\n' "$((${#portable[@]} + ${#host[@]}))"
for compiler in gcc "$clang"; do
    name=${compiler##*/}
    for level in -O0 -O2 -O3; do
        files=("${portable[@]}")
        compile "$name$level" "$compiler" "$level" -ffreestanding
        if [ "${#host[@]}" -gt 0 ]; then
            files=("${host[@]}")
            compile "$name$level" "$compiler" "$level"
        fi
        allow "$name $level" "$work/$name$level"/*.o
        say "$name $level" "no warning; needs $(needed "$work/$name$level"/*.o | paste -sd ' ' | sed 's/^$/nothing/')"
    done
done

# FILE FILE: the first calls or reads what the second defines.
calls() {
    local object
    for object; do nm "$object" | awk -v file="${object##*/}" 'NF == 2 { print $2, "needs", file }
        NF == 3 && $2 ~ /[A-Z]/ { print $3, "defines", file }'; done |
        awk '$2 == "defines" { at[$1] = $3 } $2 == "needs" { name[NR] = $1; file[NR] = $3 }
            END { for (i in name) if (name[i] in at) print file[i], at[name[i]] }' | sort -u
}
calls "$work/gcc-O2"/*.o >"$work/calls"
[ "$(wc -l <"$work/calls")" -gt 20 ] || fail 'nm tells no calls between files'
tsort "$work/calls" >/dev/null 2>"$work/circle" || fail "these files need each other: $(tr '\n' ' ' <"$work/circle")"
say 'nm, tsort' 'no circle of calls between files'

# On x86-64 and AArch64 this leaves no register for a float: one fails to compile or becomes a library call.
files=("${portable[@]}")
compile device gcc -O2 -ffreestanding -fno-pie -mgeneral-regs-only
objects=("$work"/device/*.o)
if [ "${#host[@]}" -gt 0 ]; then
    files=("${host[@]}")
    compile host gcc -O2 -fno-pie
    objects+=("$work"/host/*.o)
fi
allow 'no floating point' "${objects[@]}"
say 'gcc -O2 -mgeneral-regs-only' 'no floating point'

# Variables that can be written: initialized, zeroed or common. Tables are const and lie elsewhere, unless the code
# is position-independent: then those that hold addresses are written once, by the loader.
state=$(nm "${objects[@]}" | awk 'NF == 3 && $2 ~ /^[BbCDdGgSs]$/ { print $3 }')
[ -z "$state" ] || fail "global state: $(tr '\n' ' ' <<<"$state")"
say 'gcc -O2 -fno-pie' 'no global state'

files=("${portable[@]}")
compile stack gcc -O2 -ffreestanding -fstack-usage
usage=$(cat "$work"/stack/*.su)
if grep -w dynamic <<<"$usage" | grep -vw bounded; then fail 'these functions use a stack of unknown size'; fi
largest=$(sort -t "$(printf '\t')" -k 2 -n -r <<<"$usage" | sed -n '1s/.*:\([^:]*\)\t\([0-9]*\)\t.*/\2 \1/p')
read -r bytes function <<<"${largest:-0 none}"
[ "$bytes" -le "$maximum_frame" ] || fail "$function has a stack frame of $bytes bytes; at most $maximum_frame are allowed"
say 'gcc -O2 -fstack-usage' "the largest frame has $bytes bytes ($function)"
