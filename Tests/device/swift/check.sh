#!/usr/bin/env bash
# Exports a model of each kind with --layout swift, has SwiftPM build the packages unchanged for Embedded Swift on
# Cortex-M4, in one project that shares the runtime, and runs firmware.swift on the board that QEMU emulates: answers
# and logits must be the host's. Prints what the Swift takes of flash.
#
# EMBQ names the embq program; without it, the one that was built last.
set -euo pipefail
cd "$(dirname "$0")/../../.."
here=$PWD/Tests/device
embq=$(realpath "${EMBQ:-.build/release/embq}")

maximum_swift=4096    # bytes of flash that a model's Swift module takes
deadline=600          # seconds for one emulation
literal='rain in oslo'
kinds='label labels number embedding tags'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    printf 'swift: %s\n' "$*" >&2
    exit 1
}

# The C compiler of this Swift: what SwiftPM compiles the packages' C with.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
[ -x "$clang" ] || fail "$clang is missing"
[ -x "$embq" ] || fail "$embq is missing: run \"make build\""
# shellcheck source=Tests/device/boards.sh
. "$here/boards.sh"
describe m4-clang

# ---- Models --------------------------------------------------------------------------------------------------------

# model KIND FIXTURE DATA OPTION...: the package, and the lines that the firmware must print.
model() {
    local kind=$1 folder=$work/$1
    mkdir "$folder"
    "$embq" quantize "Fixtures/$2" --data "$3" "${@:4}" -o "$folder/model.embq" >/dev/null 2>"$work/notes" ||
        fail "$(cat "$work/notes")"
    "$embq" export "$folder/model.embq" --layout swift --name "$kind" --c "$work/packages/$kind" 2>"$work/notes" ||
        fail "$(cat "$work/notes")"
    { printf '%s\n' "$literal" && cat "$here/texts.txt"; } >"$folder/texts"
    "$work/logits" "$folder/model.embq" <"$folder/texts" >"$folder/logits"
    answers "$kind" >"$folder/answers"
    paste "$folder/answers" "$folder/logits" >"$folder/expected"
}

# answers KIND: what `embq run` says of each text; of an encoder and a regression what follows from the logits.
answers() {
    local folder=$work/$1
    case $1 in
        label | labels) "$embq" run "$folder/model.embq" - <"$folder/texts" 2>"$work/notes" | cut -f 1 ;;
        number) cat "$folder/logits" ;;
        embedding) similarities "$folder" ;;
        tags)
            "$embq" run "$folder/model.embq" --json - <"$folder/texts" | python3 -c '
import json, sys
for result in json.load(sys.stdin)["results"]:
    print(",".join("{start}:{end}:{label}".format(**t) for t in result["tokens"]))
'
            ;;
    esac
}

# The cosine similarities to the text before, in doubles.
similarities() {
    python3 - "$1/logits" <<'PYTHON'
import math, sys
before = None
for line in open(sys.argv[1]):
    now = [int(word) for word in line.split()]
    before = before or now
    lengths = math.sqrt(sum(a * a for a in now) * sum(b * b for b in before))
    print(round(65536 * sum(a * b for a, b in zip(now, before)) / lengths) if lengths else 0)
    before = now
PYTHON
}

prepare() {
    local sources=Sources/CEmbqRuntime tiny=Fixtures/embbert-tiny
    "$clang" -std=c11 -O2 -DEMBQ_HOST_SIMD -I"$sources" -I"$sources/include" "$sources"/*.c Tests/runtime/logits.c \
        -o "$work/logits"
    model label embbert-snips Fixtures/snips-own/calibration.tsv
    model labels folders/cls-multilabel $tiny/data.tsv
    model number folders/cls-one-regression $tiny/data.tsv
    model embedding families/hf-encoder $tiny/data.tsv --tokenizer $tiny/tokenizer.json
    model tags tags Fixtures/tags/calibration.conll
}

# ---- Firmware ------------------------------------------------------------------------------------------------------

# A project with a program for each kind. SwiftPM compiles; the board's linker script links.
project() {
    local kind
    printf '// swift-tools-version: 6.2\nimport PackageDescription\nlet package = Package(name: "firmware",\n'
    printf 'dependencies: [.package(path: "../packages/embq-runtime"),'
    for kind in $kinds; do printf '.package(path: "../packages/%s"),' "$kind"; done
    printf '],\ntargets: [.systemLibrary(name: "Board", path: "board/swift/Board"),\n'
    for kind in $kinds; do
        printf '.target(name: "Firmware%s", dependencies: ["Board", .product(name: "%s", package: "%s"),
            .product(name: "EmbqOnDevice", package: "embq-runtime")],
            path: "%s", swiftSettings: [.define("%s")]),\n' "${kind^}" "Embq${kind^}" "$kind" "$kind" "${kind^^}"
    done
    printf '])\n'
}

build_packages() {
    local kind flag options=()
    mkdir -p "$work/project/board/swift"
    cp "$here/board.h" "$work/project/board"
    cp -r "$here/swift/Board" "$work/project/board/swift"
    for kind in $kinds; do
        mkdir "$work/project/$kind"
        cp "$here/swift/firmware.swift" "$work/project/$kind"
    done
    # Beside the models' folders it is theirs and the program's.
    cp -r "$work/packages/label/embq-runtime" "$work/packages"
    project >"$work/project/Package.swift"
    for flag in -ffreestanding -ffunction-sections -fdata-sections -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 \
        -mfloat-abi=hard; do
        options+=(-Xcc "$flag")
    done
    for flag in -enable-experimental-feature Embedded -wmo -Osize -Xfrontend -function-sections \
        -Xfrontend -disable-stack-protector; do
        options+=(-Xswiftc "$flag")
    done
    (cd "$work/project" && swift build -c release --triple armv7em-none-none-eabi "${options[@]}") \
        >"$work/notes" 2>&1 || fail "$(cat "$work/notes")"
    if grep -E 'warning:|error:' "$work/notes"; then fail 'the packages build with warnings'; fi
}

objects() { find "$work/project/.build/armv7em-none-none-eabi/release/$1.build" -name '*.o'; }

build() {
    local kind=$1 name
    mkdir -p "$work/$kind/swift-module" "$work/$kind/swift-program" "$work/$kind/runtime"
    for name in $(objects "Embq${kind^}"); do cp "$name" "$work/$kind/swift-module"; done
    for name in $(objects EmbqOnDevice); do cp "$name" "$work/$kind/swift-module/runtime-${name##*/}"; done
    for name in $(objects "Firmware${kind^}"); do cp "$name" "$work/$kind/swift-program"; done
    for name in $(objects CEmbqOnDevice); do cp "$name" "$work/$kind/runtime"; done
    mapfile -t model < <(objects "CEmbq${kind^}")
    # What libgcc does not say of itself: it has no enums, and takes no stack that is executed.
    (cd "$work/$kind" && "${linker[@]}" -Wl,--no-enum-size-warning,-z,noexecstack "${flags[@]}" runtime/*.o \
        swift-module/*.o swift-program/*.o "${model[@]}" ../board/*.o "${libraries[@]}" -o firmware.elf)
}

section() { "$size" -A "$work/$1/firmware.elf" | awk -v name="$2" '$1 == name { sum += $2 } END { print sum + 0 }'; }

check() {
    local kind=$1 status=0 code
    build "$kind" || fail "$kind: does not link"
    { cat "$here/texts.txt" && printf '\004'; } |
        timeout "$deadline" "${emulator[@]}" "$work/$kind/firmware.elf" | tr -d '\r' >"$work/$kind/printed" || status=$?
    [ "$status" -eq 0 ] || fail "$kind: ends with status $status after $(wc -l <"$work/$kind/printed") lines"
    compare "$work/$kind/printed" "$work/$kind/expected" "$kind" || fail "$kind: not the host's answers"
    code=$(section "$kind" .swift_module)
    [ "$code" -le "$maximum_swift" ] ||
        fail "$kind: the Swift module takes $code bytes; at most $maximum_swift are allowed"
    printf '  %-12s%d texts: the host'"'"'s bits; flash of the Swift module %d bytes, of the program %d\n' "$kind" \
        "$(wc -l <"$work/$kind/printed")" "$code" "$(section "$kind" .swift_program)"
}

# compare PRINTED EXPECTED KIND: equal lines; similarities to 16 of 65536
compare() {
    if [ "$3" != embedding ]; then
        diff "$2" "$1" >&2
        return
    fi
    diff <(cut -f 2 "$2") <(cut -f 2 "$1") >&2 &&
        paste <(cut -f 1 "$1") <(cut -f 1 "$2") | awk '
            ($1 - $2) ^ 2 > 256 { print "similarity", $1, "not", $2; bad = 1 }
            END { exit bad }' >&2
}

printf 'Embedded Swift on %s\n' "${title%,*}"
prepare
build_packages
mkdir "$work/board"
(cd "$work/board" && for file in "${start[@]/#/$here/}" "$here/memory.c" "$here/swift/line.c"; do
    "${compiler[@]}" -std=c11 -Wall -Wextra -Werror -ffreestanding -fno-builtin -ffunction-sections -fdata-sections \
        "${flags[@]}" -c "$file"
done) || fail 'the board does not compile'
for kind in $kinds; do check "$kind"; done
