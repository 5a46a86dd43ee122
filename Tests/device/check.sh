#!/usr/bin/env bash
# Runs the exported C on the boards that QEMU emulates: text goes in by the serial port, labels and logits come out. They
# must be the host's, bit for bit; check vectors replay; damaged input is refused; memory is what embq promised. Prints
# what the runtime takes of each board.
#
#   Tests/device/check.sh [DATA CHECKPOINTS]
#
# Without arguments, the fixtures: the trained model with weights of 8 bits and with packed ones, and a small model of
# each family. With arguments, each CHECKPOINTS/*-snips and 200 sentences of DATA/snips as well.
# EMBQ names the embq program; without it, the one that was built last. BOARDS names the boards, all without it.
set -euo pipefail
case $# in
    0) data='' checkpoints='' ;;
    2) data=$(realpath "$1") checkpoints=$(realpath "$2") ;;
    *) echo 'usage: Tests/device/check.sh [DATA CHECKPOINTS]' >&2; exit 64 ;;
esac
cd "$(dirname "$0")/../.."
root=$PWD
here=$root/Tests/device
embq=$(realpath "${EMBQ:-.build/release/embq}")
boards=${BOARDS:-m4 m4-fast m4-clang m7 m55 rv32 aarch64}

maximum_code=16384    # bytes of the runtime for EmbBERT, Cortex-M4, gcc -Os
maximum_stack=1024    # bytes of stack of a call, 32-bit boards; stated in embq.h
sentences=200
deadline=300          # seconds for one emulation

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    printf 'device: %s\n' "$*" >&2
    exit 1
}

clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
[ -x "$embq" ] || fail "$embq is missing: run \"make build\""

# ---- Models --------------------------------------------------------------------------------------------------------

# model NAME CHECKPOINT TEXTS OPTION...: the artifact, its C, and what the host answers.
model() {
    local folder=$work/models/$1 checkpoint=$2 texts=$3
    shift 3
    mkdir -p "$folder"
    "$embq" quantize "$checkpoint" "$@" -o "$folder/model.embq" >/dev/null 2>"$work/notes" || fail "$(cat "$work/notes")"
    "$embq" export "$folder/model.embq" --c "$folder/export" 2>"$work/notes" || fail "$(cat "$work/notes")"
    cp "$texts" "$folder/texts"
    "$work/logits" "$folder/model.embq" <"$texts" >"$folder/logits"
    "$embq" run "$folder/model.embq" - <"$texts" 2>/dev/null | cut -f 1 >"$folder/labels"
    "$embq" inspect "$folder/model.embq" --json | python3 -c '
import json, sys
summary = json.load(sys.stdin)
sizes = summary["footprint"]["arena"]
for tokens in sorted(sizes, key=int):
    print("# arena", tokens, sizes[tokens])
' >"$folder/arena"
    # One set of objects serves all models: the runtime's files are the same for each.
    if [ -d "$work/runtime" ]; then
        for file in "$folder"/export/embq*; do cmp "$file" "$work/runtime/${file##*/}" || fail "$file differs"; done
    else
        mkdir "$work/runtime"
        cp "$folder"/export/embq* "$work/runtime"
    fi
}

prepare() {
    local sources=Sources/CEmbqRuntime name tiny=Fixtures/embbert-tiny
    # The host's kernels, as embq itself has them: Tests/runtime/matrix.sh proves that they answer alike.
    "$clang" -std=c11 -O2 -DEMBQ_HOST_SIMD -I"$sources" -I"$sources/include" "$sources"/*.c Tests/runtime/logits.c \
        -o "$work/logits"
    model embbert-snips Fixtures/embbert-snips "$here/texts.txt" --data Fixtures/snips-own/calibration.tsv
    model embbert-snips-300kB Fixtures/embbert-snips "$here/texts.txt" --data Fixtures/snips-own/calibration.tsv \
        --budget 300kB
    for name in Fixtures/families/*/; do
        name=$(basename "$name")
        model "$name" "Fixtures/families/$name" "$here/texts.txt" --tokenizer $tiny/tokenizer.json \
            --data $tiny/data.tsv
    done
    [ -n "$data" ] || return 0
    head -n $((sentences + 1)) "$data/snips/test.tsv" | tail -n +2 | cut -f 2 >"$work/sentences"
    for name in "$checkpoints"/*-snips/; do
        model "released-$(basename "$name")" "$name" "$work/sentences" --data "$data/snips/train.tsv" --samples 512
    done
}

# ---- Boards --------------------------------------------------------------------------------------------------------

warnings=(-std=c11 -Wall -Wextra -Wconversion -Wpedantic -Werror)
freestanding=(-ffreestanding -ffunction-sections -fdata-sections)

# Sets how to compile, link and run for a board: compiler, flags, start, linker, emulator, level.
describe() {
    local cortex=(-mthumb -mfloat-abi=hard) place=()
    linker=(arm-none-eabi-gcc) start=cortex_m.c size=arm-none-eabi-size nm=arm-none-eabi-nm system=arm
    emulator=(qemu-system-arm -display none -monitor none -serial stdio
        -semihosting-config "enable=on,target=native" -M)
    place=(0x0 0x20000000)
    compiler=(arm-none-eabi-gcc) uart=0x40004000
    case $1 in
        m4) level=-Os flags=(-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 "${cortex[@]}") machine=mps2-an386 ;;
        m4-fast) level=-O3 flags=(-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 "${cortex[@]}") machine=mps2-an386 ;;
        m4-clang)
            level=-Os flags=(-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 "${cortex[@]}") machine=mps2-an386
            compiler=("$clang" --target=thumbv7em-none-eabihf)
            ;;
        m7) level=-O2 flags=(-mcpu=cortex-m7 -mfpu=fpv5-d16 "${cortex[@]}") machine=mps2-an500 ;;
        m55) level=-O2 flags=(-mcpu=cortex-m55 "${cortex[@]}") machine=mps3-an547 uart=0x59303000 ;;
        rv32)
            level=-Os flags=(-march=rv32imac_zicsr -mabi=ilp32 -msmall-data-limit=0)
            compiler=(riscv64-unknown-elf-gcc) linker=(riscv64-unknown-elf-gcc) start=riscv.c
            size=riscv64-unknown-elf-size nm=riscv64-unknown-elf-nm place=(0x80000000 0x80100000)
            emulator=(qemu-system-riscv32 -display none -monitor none -serial stdio -bios none -M) machine=virt
            ;;
        aarch64)
            level=-O2 flags=(-fPIE) compiler=("$clang" --target=aarch64-linux-gnu) start=linux.c
            linker=("${compiler[@]}") emulator=(qemu-aarch64) nm=nm size=size system=linux
            ;;
        armeb)
            level=-O2 flags=(-mcpu=cortex-a7 -mfloat-abi=soft) compiler=("$clang" --target=armeb-linux-gnueabi)
            start=linux.c linker=("${compiler[@]}") emulator=(qemu-armeb) system=linux
            ;;
        *) fail "there is no board $1" ;;
    esac
    flags+=("-DBOARD_UART=${uart}u")
    if [ "$system" = linux ]; then
        script=(-static -fuse-ld=lld -Wl,--gc-sections)
    else
        script=(-T "$here/firmware.ld" -Wl,--gc-sections "-Wl,--defsym=FLASH_START=${place[0]}"
            "-Wl,--defsym=RAM_START=${place[1]}")
    fi
}

# build BOARD MODEL: $folder/MODEL.elf
compile() {
    "${compiler[@]}" "${warnings[@]}" "${freestanding[@]}" "$level" "${flags[@]}" "$@"
}
build_runtime() {
    mkdir -p "$folder/runtime" "$folder/board"
    (cd "$folder/runtime" && compile -I"$work/runtime" -c "$work"/runtime/*.c)
    (cd "$folder/board" && compile -c "$here/$start" && compile -fno-builtin -c "$here/memory.c")
}
build() {
    local export=$work/models/$1/export libraries=(-lgcc)
    [ "$system" != linux ] || libraries=()
    (cd "$folder" && compile -I"$export" -c "$export/model.c" "$here/firmware.c" &&
        "${linker[@]}" "${flags[@]}" -nostdlib "${script[@]}" runtime/*.o board/*.o model.o firmware.o \
            "${libraries[@]}" -o "$1.elf")
}

run() {
    local status=0
    if [ "$system" = linux ]; then
        timeout "$deadline" "${emulator[@]}" "$1" || status=$?
    else
        timeout "$deadline" "${emulator[@]}" "$machine" -kernel "$1" || status=$?
    fi
    return $status
}

operations() { grep -o 'embq_operation_[a-z_]*' | sort -u; }

# section FILE NAME: bytes
section() { "$size" -A "$1" | awk -v name="$2" '$1 == name { print $2 }'; }

# check BOARD MODEL
check() {
    local board=$1 name=$2 expected=$work/models/$2 out=$folder/$2 status=0 line
    build "$name" || fail "$board, $name: does not build"
    [ "$("$nm" "$folder/$name.elf" | operations)" = "$(operations <"$expected/export/model.c")" ] ||
        fail "$board, $name: the linker keeps other operations than the model's"
    { cat "$expected/texts"; printf '\004'; } | run "$folder/$name.elf" >"$out.all" || status=$?
    [ "$status" -eq 0 ] || fail "$board, $name: ends with status $status: $(grep '^# ' "$out.all" | tail -n 1)"
    tr -d '\r' <"$out.all" | grep -v '^# ' >"$out.answers" || true
    cut -f 2 "$out.answers" >"$out.logits"
    if ! cmp -s "$out.logits" "$expected/logits"; then
        line=$(diff "$expected/logits" "$out.logits" | sed -n '1s/[^0-9].*//p') || true
        fail "$board, $name: text ${line:-?} gives [$(sed -n "${line:-1}p" "$out.logits")]," \
            "the host [$(sed -n "${line:-1}p" "$expected/logits")]"
    fi
    if grep -q '^[^	]' "$out.answers"; then
        cut -f 1 "$out.answers" | cmp -s - "$expected/labels" || fail "$board, $name: other labels than embq run's"
    fi
    grep '^# arena' "$out.all" | diff - "$expected/arena" >/dev/null ||
        fail "$board, $name: arena $(grep '^# arena' "$out.all" | tr '\n' ' '), promised $(tr '\n' ' ' <"$expected/arena")"
    read -r _ _ opening running < <(grep '^# stack' "$out.all")
    printf '%s %s %s %s\n' "$board" "$name" "$opening" "$running" >>"$work/stacks"
}

check_board() {
    local name
    describe "$1"
    folder=$work/boards/$1
    build_runtime || fail "$1: the runtime does not compile"
    for name in "$work"/models/*/; do check "$1" "$(basename "$name")"; done
}

printf 'Models\n'
prepare
for board in $boards; do
    SECONDS=0
    (check_board "$board")
    printf '  %-10s %d models: %d s\n' "$board" "$(ls "$work/models" | wc -l)" "$SECONDS"
done
cat "$work/stacks"
