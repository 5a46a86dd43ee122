#!/usr/bin/env bash
# The same inputs give the same bytes on every processor: x86-64 without AVX, with AVX2 and fused products, with all that
# QEMU knows, and this one. Then the elementary functions: the same bits on x86-64 and AArch64 from gcc and clang, and
# how far they are from exact values.
#
#   Tests/processors/check.sh    EMBQ names a program; without it, the one that was built last
set -euo pipefail
cd "$(dirname "$0")/../.."

here=Tests/processors
embq=${EMBQ:-.build/release/embq}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    printf 'processors: %s\n' "$*" >&2
    exit 1
}
for command in qemu-x86_64 qemu-aarch64; do
    command -v "$command" >/dev/null || fail "$command is missing: run .ci/setup device"
done
[ -x "$embq" ] || fail "$embq is missing: run make build"

processors='native Nehalem Haswell max'
on() {
    if [ "$1" = native ]; then shift && "$@"; else qemu-x86_64 -cpu "$1" "${@:2}"; fi
}

# artifact NAME ARGUMENT...: quantizes on each processor, and compares.
artifact() {
    local name=$1 processor digest first= jobs=()
    shift
    for processor in $processors; do
        on "$processor" "$embq" quantize "$@" --threads 1 -o "$work/$processor.embq" >"$work/log-$processor" 2>&1 &
        jobs+=("$!")
    done
    for processor in $processors; do
        wait "${jobs[0]}" || fail "$name on $processor: $(cat "$work/log-$processor")"
        jobs=("${jobs[@]:1}")
        digest=$(sha256sum <"$work/$processor.embq")
        [ "${first:=$digest}" = "$digest" ] || fail "$name: $processor gives other bytes than ${processors%% *}"
    done
    artifacts=$((artifacts + 1))
}

artifacts=0
tiny=Fixtures/embbert-tiny
for folder in Fixtures/families/*/; do
    artifact "$(basename "$folder")" "$folder" --tokenizer "$tiny/tokenizer.json" --data "$tiny/data.tsv"
done
# A search for widths runs the model some hundred times: a few sentences are enough for its bytes.
snips=(Fixtures/embbert-snips --data Fixtures/snips-own/calibration.tsv)
artifact snips "${snips[@]}" --samples 100
artifact snips-packed "${snips[@]}" --budget 200kB --samples 8
printf 'processors: %d artifacts have the same bytes on %s\n' "$artifacts" "$processors"

# The answers of the float model, of which reports are made.
head -n 101 Fixtures/snips-own/test.tsv >"$work/rows.tsv"
for processor in $processors; do
    on "$processor" "$embq" evaluate Fixtures/embbert-snips --data "$work/rows.tsv" --threads 1 \
        --predictions "$work/predictions-$processor.tsv" >"$work/log" 2>&1 || fail "$processor: $(cat "$work/log")"
    cmp "$work/predictions-native.tsv" "$work/predictions-$processor.tsv" || fail "$processor: other fp32 logits"
done
printf 'processors: the fp32 logits of %d rows have the same bits\n' $(($(wc -l <"$work/predictions-native.tsv") - 1))

# The functions, with no option that forbids fused products: the code itself must.
elementary=Sources/System/Elementary
clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
include=(-I "$elementary/include" -I Tests/device)
code=("$here/bits.c" "$elementary/elementary.c")
flags=(-std=c11 -Wall -Wextra -Werror)
compile() { "${@:2}" "${flags[@]}" "${include[@]}" "${code[@]}" "$here/host.c" -o "$work/$1"; }
compile clang-O0 "$clang" -O0
compile clang-O2 "$clang" -O2
compile clang-fma "$clang" -O3 -march=haswell
compile gcc-O2 gcc -O2
compile gcc-fma gcc -O3 -march=haswell
"$clang" --target=aarch64-linux-gnu -ffreestanding -O2 "${flags[@]}" "${include[@]}" "${code[@]}" Tests/device/linux.c -nostdlib \
    -static -fuse-ld=lld -o "$work/aarch64"
"$work/clang-O0" >"$work/bits"
compared=1
compare() {
    "${@:2}" >"$work/other" && cmp -s "$work/bits" "$work/other" || fail "$1: other bits: $(diff "$work/bits" "$work/other")"
    compared=$((compared + 1))
}
compare clang-O2 "$work/clang-O2"
compare gcc-O2 "$work/gcc-O2"
for build in clang-fma gcc-fma; do compare "$build" qemu-x86_64 -cpu max "$work/$build"; done
for processor in Nehalem Haswell; do compare "$processor" qemu-x86_64 -cpu "$processor" "$work/clang-O2"; done
compare AArch64 qemu-aarch64 "$work/aarch64"
printf 'processors: %d functions have the same bits in %d builds and processors, of 2^20 arguments each\n' \
    "$(wc -l <"$work/bits")" "$compared"
compile shown "$clang" -O2 -DSHOWN=3000
"$work/shown" | python3 "$here/compare.py"
