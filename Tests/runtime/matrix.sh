#!/usr/bin/env bash
# Compares what compilers make of the runtime: the exported C, built by gcc and clang at several levels and under
# sanitizers, must give the same logits for every text, bit for bit, and the same as embq itself, whose runtime uses
# the host's vector unit. Without arguments, first of all the kernels give what plain arithmetic gives.
#
#   Tests/runtime/matrix.sh [ARTIFACT TEXTS]
#
# TEXTS has one text a line. Without arguments, the fixtures are taken: a trained model with weights of 8 bits and with
# packed ones, one of odd dimensions, and families that use the other operations.
# EMBQ names the embq program; without it, the one that was built last.
set -euo pipefail
case $# in
    0) ;;
    2) artifact=$(realpath "$1") texts=$(realpath "$2") ;;
    *) echo 'usage: Tests/runtime/matrix.sh [ARTIFACT TEXTS]' >&2; exit 64 ;;
esac
self=$(realpath "$0")
cd "$(dirname "$0")/../.."
embq=${EMBQ:-.build/release/embq}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '  %-34s%s\n' "$1" "$2"; }
fail() {
    printf 'runtime matrix: %s\n' "$*" >&2
    exit 1
}

clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
command -v gcc >/dev/null && [ -x "$clang" ] || fail 'gcc and clang are needed: run "make setup"'
[ -x "$embq" ] || fail "$embq is missing: run \"make build\""

# The kernels alone, portable and the host's.
kernels() {
    local runtime=Sources/CEmbqRuntime name compiler flags names=()
    printf 'C runtime, kernels against plain arithmetic\n'
    while read -r name compiler flags; do
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
        names+=("$name")
        # shellcheck disable=SC2086 # flags are words
        "$compiler" -std=c11 -Wall -Wextra -Werror $flags -I"$runtime" -I"$runtime/include" "$runtime/embq_kernels.c" \
            "$runtime"/embq_kernels*_x86.c Tests/runtime/kernels.c -o "$work/kernels-$name" 2>"$work/$name" &&
            "$work/kernels-$name" >"$work/$name" 2>&1 && touch "$work/$name.passed" &
    done <<END
gcc_-O0 gcc -O0
gcc_-O3 gcc -O3
clang_-O3 $clang -O3
clang,_host,_level_1 $clang -O2 -DEMBQ_HOST_SIMD -DEMBQ_HOST_SIMD_LEVEL=1
clang,_host,_level_2 $clang -O2 -DEMBQ_HOST_SIMD -DEMBQ_HOST_SIMD_LEVEL=2
clang,_host,_level_3 $clang -O2 -DEMBQ_HOST_SIMD
clang,_host,_sanitized $clang -O1 -DEMBQ_HOST_SIMD -fuse-ld=lld -fsanitize=address,undefined -fno-sanitize-recover=all
END
    wait
    for name in "${names[@]}"; do
        [ -e "$work/$name.passed" ] || fail "kernels, ${name//_/ }: $(cat "$work/$name")"
        say "${name//_/ }" "$(cat "$work/$name") numbers"
    done
}

# Fixtures: for each, a data set to calibrate on and a budget.
fixtures() {
    tail -n +2 Fixtures/snips-own/test.tsv | cut -f2 >"$work/texts"
    local model tokenizer data budget file files=()
    while read -r model tokenizer data budget; do
        file=$work/${model##*/}${budget:+-$budget}.embq
        "$embq" quantize "Fixtures/$model" --tokenizer "Fixtures/$tokenizer/tokenizer.json" --data "Fixtures/$data" \
            ${budget:+--budget "$budget"} -o "$file" >/dev/null 2>"$work/notes" || fail "$(cat "$work/notes")"
        files+=("$file")
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
        EMBQ=$embq "$self" "$file" "$work/texts" >"$file.printed" 2>&1 && touch "$file.passed" &
    done <<<'embbert-snips embbert-snips snips-own/calibration.tsv
embbert-snips embbert-snips snips-own/calibration.tsv 200kB
embbert-tiny embbert-tiny embbert-tiny/data.tsv
families/bert embbert-tiny embbert-tiny/data.tsv 13.24kB
families/mamba embbert-tiny embbert-tiny/data.tsv
families/hf-encoder embbert-tiny embbert-tiny/data.tsv
families/bertefficient embbert-tiny embbert-tiny/data.tsv'
    wait
    for file in "${files[@]}"; do
        cat "$file.printed"
        [ -e "$file.passed" ] || exit 1
    done
}
if [ $# -eq 0 ]; then
    kernels
    fixtures
    exit
fi

"$embq" export "$artifact" --c "$work/export" 2>"$work/notes" || fail "$(cat "$work/notes")"
# The example as a firmware would be built: no warning, and no operation that the model does not name.
gcc -std=c11 -O2 -Wall -Wextra -Wconversion -Wpedantic -Werror -ffunction-sections -fdata-sections -Wl,--gc-sections \
    "$work"/export/*.c -o "$work/example"
operations() { grep -o 'embq_operation_[a-z_]*' | sort -u; }
named=$(operations <"$work/export/model.c") linked=$(nm "$work/example" | operations)
[ "$named" = "$linked" ] || fail "the example links these operations: ${linked//$'\n'/ }"
rm "$work/export/main.c" "$work/export/model.c"   # the driver reads the artifact itself

rows=$(grep -c '' "$texts") || true
printf 'C runtime, logits of %d texts by %s\n' "$rows" "${artifact##*/}"

# Integers from the JSON's decimals, which stand for float32: exact while a logit is below 256.
"$embq" run "$artifact" - --json <"$texts" | python3 -c '
import json, struct, sys
for result in json.load(sys.stdin)["results"]:
    exact = [struct.unpack("f", struct.pack("f", x))[0] * 65536 for x in result.get("logits") or result["embedding"]]
    print(*(int(x) if x == int(x) else x for x in exact))
' >"$work/embq.txt"
[ "$(wc -l <"$work/embq.txt")" -eq "$rows" ] || fail 'embq run answers another number of texts'
say 'the exported example' "$(wc -l <<<"$named") operations, all of them the model's"
say 'embq run' "$(sha256sum "$work/embq.txt" | cut -c 1-16)"

# build NAME COMPILER FLAG...: the runtime in $sources
sources=$work/export
build() {
    local name=$1 line
    shift
    "$@" -std=c11 -Wall -Wextra -Werror -I"$sources" -I"$sources/include" "$sources"/*.c Tests/runtime/logits.c \
        -o "$work/logits"
    "$work/logits" "$artifact" <"$texts" >"$work/$name.txt" 2>"$work/said" ||
        fail "$name: the program ends with status $?: $(cat "$work/said")"
    [ ! -s "$work/said" ] || fail "$name: $(head -n 40 "$work/said")"
    if ! cmp -s "$work/embq.txt" "$work/$name.txt"; then
        line=$(diff "$work/embq.txt" "$work/$name.txt" | sed -n '1s/[^0-9].*//p') || true
        fail "$name: text $line gives [$(sed -n "${line}p" "$work/$name.txt")]," \
            "embq run gives [$(sed -n "${line}p" "$work/embq.txt")]"
    fi
    say "$name" 'the same'
}

for compiler in gcc "$clang"; do
    for level in -O0 -O2 -O3; do build "${compiler##*/} $level" "$compiler" "$level"; done
done
build 'clang sanitized' "$clang" -fuse-ld=lld -O1 -g -fsanitize=address,undefined,implicit-conversion \
    -fno-sanitize-recover=all
# Optimized across files, compilers know what lies in memory under which type.
build 'gcc -O3 -flto' gcc -O3 -flto
typed=(-O1 -g -fsanitize=type -fno-omit-frame-pointer -DLOGITS_FROM_IDS)
if echo 'int main(void) { return 0; }' | "$clang" "${typed[@]}" -x c - -o "$work/probe" 2>/dev/null; then
    build 'clang, types of memory' "$clang" "${typed[@]}"
else
    say 'clang, types of memory' 'left out: this clang has no type sanitizer'
fi
# The host's kernels for older processors than this one.
sources=Sources/CEmbqRuntime
for level in 1 2; do
    build "clang, host kernels, level $level" "$clang" -O2 -DEMBQ_HOST_SIMD -DEMBQ_HOST_SIMD_LEVEL=$level
done
# What a 32-bit machine compiles in place of a 64-bit division.
cp -r "$work/export" "$work/export32"
sed -i 's/^#if UINTPTR_MAX > 0xFFFFFFFFu$/#if 0/' "$work/export32/embq_math.h"
if cmp -s "$work/export/embq_math.h" "$work/export32/embq_math.h"; then fail 'embq_math.h has no 32-bit division'; fi
sources=$work/export32
build 'gcc, 32-bit division' gcc -O2
sources=$work/export
if echo 'int main(void) { return 0; }' | gcc -m32 -x c - -o "$work/probe" 2>/dev/null && "$work/probe"; then
    build 'gcc -m32' gcc -m32 -O2
else
    say 'gcc -m32' 'left out: this machine has no 32-bit C library'
fi
