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
    0) artifact= ;;
    2) artifact=$(realpath "$1") texts=$(realpath "$2") ;;
    *) echo 'usage: Tests/runtime/matrix.sh [ARTIFACT TEXTS]' >&2; exit 64 ;;
esac
cd "$(dirname "$0")/../.."
embq=${EMBQ:-.build/release/embq}
runtime=Sources/CEmbqRuntime
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

# start NAME COMMAND...: the command beside others, as many as there are processors. What it says is in $work/NAME.said.
start() {
    local name=$1
    shift
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    # Outside of a condition, so that the first command that fails ends it.
    { ("$@") >"$work/$name.said" 2>&1; touch "$work/$name.passed"; } &
}
# finished NAME WHAT: what it said, once all that was started has ended; the end of everything if it failed.
finished() {
    [ -e "$work/$1.passed" ] || fail "$2: $(head -n 40 "$work/$1.said")"
    cat "$work/$1.said"
}

# ---- The kernels alone, portable and the host's --------------------------------------------------------------------

kernel() {
    local name=$1
    shift
    "$@" -std=c11 -Wall -Wextra -Werror -I"$runtime" -I"$runtime/include" "$runtime/embq_kernels.c" \
        "$runtime"/embq_kernels*_x86.c Tests/runtime/kernels.c -o "$work/$name" && "$work/$name"
}

kernels() {
    local name command names=()
    printf 'C runtime, kernels against plain arithmetic\n'
    while IFS='|' read -r name command; do
        names+=("$name")
        # shellcheck disable=SC2086 # the command is words
        start "kernels $name" kernel "kernels $name" $command
    done <<END
gcc -O0|gcc -O0
gcc -O3|gcc -O3
clang -O3|$clang -O3
clang, host, level 1|$clang -O2 -DEMBQ_HOST_SIMD -DEMBQ_HOST_SIMD_LEVEL=1
clang, host, level 2|$clang -O2 -DEMBQ_HOST_SIMD -DEMBQ_HOST_SIMD_LEVEL=2
clang, host, level 3|$clang -O2 -DEMBQ_HOST_SIMD
clang, host, sanitized|$clang -O1 -DEMBQ_HOST_SIMD -fuse-ld=lld -fsanitize=address,undefined -fno-sanitize-recover=all
END
    wait
    for name in "${names[@]}"; do say "$name" "$(finished "kernels $name" "kernels, $name") numbers"; done
}

# ---- Builds of the runtime: the driver reads any artifact ----------------------------------------------------------

builds=()
# build NAME SOURCES COMPILER FLAG...
build() {
    local name=$1 sources=$2
    shift 2
    builds+=("$name")
    start "build $name" "$@" -std=c11 -Wall -Wextra -Werror -I"$sources" -I"$sources/include" "$sources"/*.c \
        Tests/runtime/logits.c -o "$work/build $name"
}

build_all() {
    local exported=$work/runtime divided=$work/runtime32 compiler level name typed
    # What a 32-bit machine compiles in place of a 64-bit division.
    cp -r "$exported" "$divided"
    sed -i 's/^#if UINTPTR_MAX > 0xFFFFFFFFu$/#if 0/' "$divided/embq_math.h"
    if cmp -s "$exported/embq_math.h" "$divided/embq_math.h"; then fail 'embq_math.h has no 32-bit division'; fi

    # Optimized across files, compilers know what lies in memory under which type.
    build 'gcc -O3 -flto' "$exported" gcc -O3 -flto=auto
    for compiler in gcc "$clang"; do
        for level in -O0 -O2 -O3; do build "${compiler##*/} $level" "$exported" "$compiler" "$level"; done
    done
    build 'clang sanitized' "$exported" "$clang" -fuse-ld=lld -O1 -g \
        -fsanitize=address,undefined,implicit-conversion -fno-sanitize-recover=all
    typed=(-O1 -g -fsanitize=type -fno-omit-frame-pointer -DLOGITS_FROM_IDS)
    if echo 'int main(void) { return 0; }' | "$clang" "${typed[@]}" -x c - -o "$work/probe" 2>/dev/null; then
        build 'clang, types of memory' "$exported" "$clang" "${typed[@]}"
    else
        say 'clang, types of memory' 'left out: this clang has no type sanitizer'
    fi
    # The host's kernels for older processors than this one.
    for level in 1 2; do
        build "clang, host kernels, level $level" "$runtime" "$clang" -O2 -DEMBQ_HOST_SIMD \
            -DEMBQ_HOST_SIMD_LEVEL=$level
    done
    build 'gcc, 32-bit division' "$divided" gcc -O2
    if echo 'int main(void) { return 0; }' | gcc -m32 -x c - -o "$work/probe" 2>/dev/null && "$work/probe"; then
        build 'gcc -m32' "$exported" gcc -m32 -O2
    else
        say 'gcc -m32' 'left out: this machine has no 32-bit C library'
    fi
    # For the exported examples: as a firmware would be built.
    mkdir "$work/objects"
    example=(-std=c11 -O2 -Wall -Wextra -Wconversion -Wpedantic -Werror -ffunction-sections -fdata-sections)
    (cd "$work/objects" && gcc "${example[@]}" -c "$exported"/*.c) || fail 'gcc does not compile the exported runtime'
    wait
    for name in "${builds[@]}"; do finished "build $name" "$name does not build"; done
}

# ---- Artifacts -----------------------------------------------------------------------------------------------------

# The exported C of an artifact, in FILE.export; what all have in common, once.
export_c() {
    local folder=$1.export
    "$embq" export "$1" --c "$folder" 2>"$work/notes" || fail "$(cat "$work/notes")"
    if [ ! -e "$work/runtime" ]; then
        cp -r "$folder" "$work/runtime"
        rm "$work/runtime/main.c" "$work/runtime/model.c" "$work/runtime/model.h"
    fi
    for file in "$folder"/*.c; do
        case $file in */main.c | */model.c) continue ;; esac
        cmp -s "$file" "$work/runtime/${file##*/}" || fail "${file##*/} of $1 differs from that of another model"
    done
}

# The example links no operation that the model does not name.
operations() { grep -o 'embq_operation_[a-z_]*' | sort -u; }
check_example() {
    local folder=$1.export
    gcc "${example[@]}" -Wl,--gc-sections "$folder/main.c" "$folder/model.c" "$work"/objects/*.o -o "$folder/example"
    named=$(operations <"$folder/model.c") linked=$(nm "$folder/example" | operations)
    [ "$named" = "$linked" ] || fail "the example links these operations: ${linked//$'\n'/ }"
    say 'the exported example' "$(wc -l <<<"$named") operations, all of them the model's"
}

# Integers from the JSON's decimals, which stand for float32: exact while a logit is below 256.
expect() {
    "$embq" run "$1" - --json <"$texts" | python3 -c '
import json, struct, sys
for result in json.load(sys.stdin)["results"]:
    exact = [struct.unpack("f", struct.pack("f", x))[0] * 65536 for x in result.get("logits") or result["embedding"]]
    print(*(int(x) if x == int(x) else x for x in exact))
' >"$1.expected"
    [ "$(wc -l <"$1.expected")" -eq "$rows" ] || fail 'embq run answers another number of texts'
    say 'embq run' "$(sha256sum "$1.expected" | cut -c 1-16)"
}

check_build() {
    local name=$1 artifact=$2 line
    "$work/build $name" "$artifact" <"$texts" >"$artifact.$name" 2>"$artifact.complaints" ||
        fail "$name: the program ends with status $?: $(cat "$artifact.complaints")"
    [ ! -s "$artifact.complaints" ] || fail "$name: $(head -n 40 "$artifact.complaints")"
    if ! cmp -s "$artifact.expected" "$artifact.$name"; then
        line=$(diff "$artifact.expected" "$artifact.$name" | sed -n '1s/[^0-9].*//p') || true
        fail "$name: text $line gives [$(sed -n "${line}p" "$artifact.$name")]," \
            "embq run gives [$(sed -n "${line}p" "$artifact.expected")]"
    fi
    say "$name" 'the same'
}

check() {
    local name
    printf 'C runtime, logits of %d texts by %s\n' "$rows" "${1##*/}"
    check_example "$1"
    expect "$1"
    for name in "${builds[@]}"; do check_build "$name" "$1"; done
}

# Fixtures: for each, a data set to calibrate on and a budget.
fixtures() {
    local model tokenizer data budget file
    tail -n +2 Fixtures/snips-own/test.tsv | cut -f2 >"$texts"
    while read -r model tokenizer data budget; do
        file=$work/${model##*/}${budget:+-$budget}.embq
        "$embq" quantize "Fixtures/$model" --tokenizer "Fixtures/$tokenizer/tokenizer.json" --data "Fixtures/$data" \
            ${budget:+--budget "$budget"} -o "$file" >/dev/null 2>"$work/notes" || fail "$(cat "$work/notes")"
        files+=("$file")
    done <<'END'
embbert-snips embbert-snips snips-own/calibration.tsv
embbert-snips embbert-snips snips-own/calibration.tsv 200kB
embbert-tiny embbert-tiny embbert-tiny/data.tsv
families/bert embbert-tiny embbert-tiny/data.tsv 12.4kB
families/mamba embbert-tiny embbert-tiny/data.tsv
families/hf-encoder embbert-tiny embbert-tiny/data.tsv
families/bertefficient embbert-tiny embbert-tiny/data.tsv
END
}

files=()
if [ -n "$artifact" ]; then
    cp "$artifact" "$work/${artifact##*/}"
    files=("$work/${artifact##*/}")
else
    texts=$work/texts
    kernels
    fixtures
fi
rows=$(grep -c '' "$texts") || true
for file in "${files[@]}"; do export_c "$file"; done
build_all
# One function at a time ends a check at its first failure.
for file in "${files[@]}"; do start "${file##*/}" check "$file"; done
wait
for file in "${files[@]}"; do finished "${file##*/}" "${file##*/}"; done
