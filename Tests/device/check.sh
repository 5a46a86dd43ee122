#!/usr/bin/env bash
# Runs the exported C on the boards that QEMU emulates: text goes in by the serial port, labels and logits come out. They
# must be the host's, bit for bit; check vectors replay; damaged input is refused; memory is what embq promised. Prints
# what the runtime takes of each board.
#
#   Tests/device/check.sh [DATA CHECKPOINTS]
#
# Without arguments, the fixtures: the trained model with weights of 8 bits and with packed ones, and a small model of
# each family with each head, on one build for each kind of processor; the others take each third of these, or one model of
# each kind. With arguments, all on all boards but a micro:bit, and each CHECKPOINTS/*-snips with 200 sentences of DATA/snips
# as well.
# EMBQ names the embq program; without it, the one that was built last. BOARDS names the boards, all without it.
set -euo pipefail
case $# in
    0) data= checkpoints= ;;
    2) data=$(realpath "$1") checkpoints=$(realpath "$2") ;;
    *) echo 'usage: Tests/device/check.sh [DATA CHECKPOINTS]' >&2; exit 64 ;;
esac
cd "$(dirname "$0")/../.."
root=$PWD
here=$root/Tests/device
embq=$(realpath "${EMBQ:-.build/release/embq}")

maximum_code=20000    # bytes of the runtime for EmbBERT, Cortex-M4, gcc -Os
sentences=200         # of DATA
deadline=600          # seconds for one emulation

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    printf 'device: %s\n' "$*" >&2
    exit 1
}

say() { printf '  %-26s%s\n' "$1" "$2"; }

# Swift's own clang when there is no other one.
clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
[ -x "$embq" ] || fail "$embq is missing: run \"make build\""
# shellcheck source=Tests/device/boards.sh
. "$here/boards.sh"
boards=${BOARDS:-$all_boards}

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
    "$embq" run "$folder/model.embq" - <"$texts" 2>"$work/notes" | cut -f 1 >"$folder/labels" ||
        fail "$(cat "$work/notes")"
    if grep -q EMBQ_MODEL_TAGS "$folder/export/model.h"; then
        "$embq" run "$folder/model.embq" --json - <"$texts" | python3 -c '
import json, sys
for result in json.load(sys.stdin)["results"]:
    print(",".join("{start}:{end}:{label}".format(**t) for t in result["tokens"]))
' >"$folder/labels"
    fi
    "$embq" inspect "$folder/model.embq" --json | python3 -c '
import json, sys
summary = json.load(sys.stdin)
sizes = summary["footprint"]["arena"]
for tokens in sorted(sizes, key=int):
    print("# arena", tokens, sizes[tokens])
' >"$folder/arena"
    "$embq" inspect "$folder/model.embq" --json | python3 -c '
import json, sys
footprint = json.load(sys.stdin)["footprint"]
print(footprint["flash"]["total"], footprint["ram"]["model"])
' >"$folder/promised"
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
    model embbert-snips-200kB Fixtures/embbert-snips "$here/texts.txt" --data Fixtures/snips-own/calibration.tsv \
        --budget 200kB
    # Tokenizers with a pipeline, on weights that never saw them: what counts is that the device has the host's ids.
    python3 - "$work" <<'PYTHON'
import json, sys
for case in json.load(open("Fixtures/tokenizer/pipelines.json"))["cases"]:
    for file, name in (("bytes", "GPT-2"), ("pieces", "ALBERT with added tokens")):
        if case["name"] == name:
            json.dump(case["tokenizer"], open(f"{sys.argv[1]}/{file}.json", "w"))
PYTHON
    # GPT-2's adds no token of its own: a text needs one.
    grep -v '^[[:space:]]*$' "$here/texts.txt" >"$work/texts"
    for name in bytes pieces; do
        model "embbert-snips-$name" Fixtures/embbert-snips "$work/texts" --tokenizer "$work/$name.json" \
            --data Fixtures/snips-own/calibration.tsv
    done
    # Whatever class a family's tokenizers usually have.
    mkdir "$work/plain"
    cp $tiny/tokenizer.json "$work/plain"
    printf '{"tokenizer_class": "PreTrainedTokenizerFast"}\n' >"$work/plain/tokenizer_config.json"
    for name in Fixtures/families/*/; do
        name=$(basename "$name")
        model "$name" "Fixtures/families/$name" "$here/texts.txt" --tokenizer "$work/plain/tokenizer.json" \
            --data $tiny/data.tsv
    done
    model tags Fixtures/tags "$here/texts.txt" --data Fixtures/tags/calibration.conll
    model regression Fixtures/folders/cls-one-regression "$here/texts.txt" --data $tiny/data.tsv
    model multi-label Fixtures/folders/cls-multilabel "$here/texts.txt" --data $tiny/data.tsv
    [ -n "$data" ] || return 0
    head -n $((sentences + 1)) "$data/snips/test.tsv" | tail -n +2 | cut -f 2 >"$work/sentences"
    for name in "$checkpoints"/*-snips/; do
        model "released-$(basename "$name")" "$name" "$work/sentences" --data "$data/snips/train.tsv" --samples 512
    done
}

# ---- Firmware ------------------------------------------------------------------------------------------------------

warnings=(-std=c11 -Wall -Wextra -Wconversion -Wpedantic -Werror)

compile() {
    "${compiler[@]}" "${warnings[@]}" -ffreestanding -ffunction-sections -fdata-sections "${flags[@]}" "$@"
}

# The board's own objects and the runtime's, which serve all models.
build_runtime() {
    mkdir -p "$folder/runtime" "$folder/board"
    (cd "$folder/runtime" && compile -I"$work/runtime" -c "$work"/runtime/*.c) &&
        (cd "$folder/board" && compile -c "${start[@]/#/$here/}" && compile -fno-builtin -c "$here/memory.c")
}

# link OUTPUT FLAG...
link() {
    "${linker[@]}" "${flags[@]}" "${@:2}" runtime/*.o board/*.o model.o firmware.o "${libraries[@]}" -o "$1"
}

# build MODEL: $folder/MODEL.elf
build() {
    local export=$work/models/$1/export
    (cd "$folder" && compile -I"$export" -c "$export/model.c" "$here/firmware.c" && link "$1.elf")
}

# ---- Checks --------------------------------------------------------------------------------------------------------

parts() {
    grep -oE "embq_(operation_[a-z_]*|tokenizer_($tokenizers))|$steps" | sort -u
}
tokenizers='bpe|merges|wordpiece|unigram|conditions|steps|places'
steps='embq_text_(map|canonical|replace|squeeze|strip|prepend|charsmap)'

# Nothing but the model's own operations and tokenizer is linked.
check_symbols() {
    local linked named
    linked=$("$nm" "$folder/$1.elf" | parts) named=$(parts <"$work/models/$1/export/model.c")
    [ "$linked" = "$named" ] || fail "$title, $1: the firmware has these parts: ${linked//$'\n'/ }"
}

check_answers() {
    local expected=$work/models/$1 out=$folder/$1 line
    grep -v '^# ' "$out.report" >"$out.answers" || true
    cut -f 2 "$out.answers" >"$out.logits"
    if ! cmp -s "$out.logits" "$expected/logits"; then
        line=$(diff "$expected/logits" "$out.logits" | sed -n '1s/[^0-9].*//p') || true
        fail "$title, $1: text ${line:-?} gives [$(sed -n "${line:-1}p" "$out.logits")]," \
            "the host [$(sed -n "${line:-1}p" "$expected/logits")]"
    fi
    # Models without labels leave the first column empty.
    if grep -q $'^[^\t]' "$out.answers"; then
        cut -f 1 "$out.answers" | cmp -s - "$expected/labels" || fail "$title, $1: not the labels of embq run"
    fi
}

# Firmware for an M0+ has nothing but Armv6-M's instructions, although the board would execute more: all of Thumb's 16
# bits but three, and six of 32 bits.
#
# Source: Armv6-M Architecture Reference Manual, A5 and A6.
check_armv6m() {
    case $board in m0 | m0plus) ;; *) return 0 ;; esac
    arm-none-eabi-readelf -A "$folder/$1.elf" | grep -q 'Tag_CPU_arch: v6S\?-M$' ||
        fail "$title, $1: the ELF's attributes tell another architecture than Armv6-M"
    other_instructions "$folder/$1.elf" >"$folder/$1.other"
    [ ! -s "$folder/$1.other" ] || fail "$title, $1: not of Armv6-M: $(head -n 1 "$folder/$1.other")"
}
other_instructions() {
    arm-none-eabi-objdump -d "$1" | awk -F '\t' '
        NF < 3 || $3 ~ /^\./ { next }
        { split($3, words, " "); name = words[1]; sub(/\.[nw]$/, "", name) }
        $2 ~ /^[0-9a-f]+ *$/ ? name ~ /^(cbn?z|it[te]*)$/ : name !~ /^(bl|dmb|dsb|isb|mrs|msr|udf)$/'
}

# Arena to the byte, the model's bytes, stack.
check_memory() {
    local expected=$work/models/$1 out=$folder/$1 opening running bytes bound unused=0
    # Passes over single positions leave the second row of the last register alone, where no store follows it.
    [ "$1" != nanoembedder-pretraining ] || unused=64
    grep '^# arena' "$out.report" | awk -v unused="$unused" '{ print $1, $2, $3, $4 + unused }' >"$out.arena"
    cmp -s "$out.arena" "$expected/arena" || fail "$title, $1: the arena that sentences touch," \
        "$(tr '\n' ' ' <"$out.arena")is not what embq inspect promises, $(tr '\n' ' ' <"$expected/arena")"
    bytes=$(($(wc -c <"$expected/model.embq")))
    [ $((16#$("$nm" -S "$folder/$1.elf" | awk '$4 == "embq_model_data" { print $2 }'))) -eq "$bytes" ] ||
        fail "$title, $1: the model in flash is not the artifact's $bytes bytes"
    read -r opening running < <(sed -n 's/^# stack //p' "$out.report")
    case $title in Cortex-M[47],* | Cortex-M33,*) bound=1152 ;; Cortex-M55,*) bound=768 ;; *) bound=$((bits * 20)) ;; esac
    # Their tokenizers have a pipeline.
    case $1 in *-bytes | *-pieces) [ "$bound" -ge $((bits * 24)) ] || bound=$((bits * 24)) ;; esac
    if [ "$opening" -gt $((bits * 40)) ] || [ "$running" -gt "$bound" ]; then
        fail "$title, $1: $opening bytes of stack to open and $running to run, more than embq.h states"
    fi
    printf '%s %s\n' "$opening" "$running" >>"$folder/stacks"
    check_promises "$1"
}

# What embq inspect promises: embq_model to the byte where addresses have 32 bits; on Cortex-M4 with gcc -Os flash to 1 %.
check_promises() {
    local flash model linked
    read -r flash model <"$work/models/$1/promised"
    [ "$bits" -ne 32 ] || grep -qx "# model $model" "$folder/$1.report" ||
        fail "$title, $1: embq_model has not the $model bytes that embq inspect promises"
    [ "${folder##*/}" = m4 ] || return 0
    # The examples print sentences on status codes, which this firmware leaves out.
    (cd "$folder" && link "$1-texts.elf" -Wl,-u,embq_status_text) || fail "$title, $1: does not build"
    linked=$(($(section "$1-texts" runtime_code) + $(section "$1-texts" runtime_data) + $(section "$1-texts" model)))
    [ $(((linked > flash ? linked - flash : flash - linked) * 100)) -le "$flash" ] ||
        fail "$title, $1: $linked bytes of flash are linked, embq inspect promises $flash"
    printf '%s %s %s\n' "$1" "$linked" "$flash" >>"$folder/flash"
}

check() {
    local status=0
    build "$1" || fail "$title, $1: does not build"
    check_symbols "$1"
    check_armv6m "$1"
    { cat "$work/models/$1/texts" && printf '\004'; } |
        timeout "$deadline" "${emulator[@]}" "$folder/$1.elf" | tr -d '\r' >"$folder/$1.report" || status=$?
    [ "$status" -eq 0 ] ||
        fail "$title, $1: ends with status $status after: $(grep '^# ' "$folder/$1.report" | tail -n 1)"
    check_answers "$1"
    check_memory "$1"
}

# section MODEL NAME: bytes
section() { "$size" -A "$folder/$1.elf" | awk -v name=".$2" '$1 == name { sum += $2 } END { print sum + 0 }'; }

# The row of a table of memory; a process has no sections of its own for the parts.
row() {
    local opening running code
    read -r opening running < <(sed -n 's/^# stack //p' "$folder/$1.report")
    code=$(section "$1" runtime_code)
    if [ "$code" -eq 0 ]; then
        printf '| %s | | | | | %d | %d | %d |\n' "$title" "$(arena_of "$1")" "$opening" "$running"
        return
    fi
    printf '| %s | %d | %d | %d | %d | %d | %d | %d |\n' "$title" "$code" "$(section "$1" runtime_data)" \
        "$(section "$1" model)" "$(section "$1" text)" "$(arena_of "$1")" "$opening" "$running"
    if [ "$1,${flags[0]},${flags[1]},${compiler[0]}" = embbert-snips,-Os,-mcpu=cortex-m4,arm-none-eabi-gcc ]; then
        [ "$code" -le "$maximum_code" ] || fail "$title, $1: $code bytes of code; at most $maximum_code are allowed"
    fi
}
arena_of() { tail -n 1 "$folder/$1.arena" | cut -d ' ' -f 4; }

# Where time is short a board runs each third family, another third for each, and always the trained models; the last
# boards one model of each kind. A micro:bit runs what fits it.
is_left_out() {
    local name=$1 number=$2 third=0
    case $board,$name in
        m0,embbert | m0,hf-encoder | m0,regression | m0,multi-label) return 1 ;;
        m0,*) return 0 ;;
    esac
    case $name in embbert-snips | embbert-snips-200kB | released-* | tags) return 1 ;; esac
    [ -z "$data" ] || return 1
    case $board,$name in
        m33,* | m0plus,* | rv32imc,*)
            case $name in embbert-pretraining | hf-encoder | regression | multi-label) return 1 ;; *) return 0 ;; esac
            ;;
        *,embbert-snips-*) return 1 ;;
        m4-O3,*) third=1 ;;
        m4-clang,*) third=2 ;;
        m7,*) third=3 ;;
    esac
    [ "$third" -gt 0 ] && [ $((number % 3 + 1)) -ne "$third" ]
}

check_board() {
    local board=$1 name number=0 count=0 texts=0
    describe "$1"
    folder=$work/boards/$1
    build_runtime || fail "$title: the runtime does not compile"
    for name in "$work"/models/*/; do
        name=$(basename "$name")
        number=$((number + 1))
        if is_left_out "$name" "$number"; then continue; fi
        check "$name"
        count=$((count + 1)) texts=$((texts + $(wc -l <"$folder/$name.logits")))
    done
    for name in embbert embbert-snips embbert-snips-200kB; do
        if [ -e "$folder/$name.elf" ]; then row "$name" >"$folder/$name.row"; fi
    done
    say "$title" "$count models, $texts texts: the host's bits; arena as promised; stack at most $(most 1), $(most 2)"
}
most() { cut -d ' ' -f "$1" "$folder/stacks" | sort -n | tail -n 1; }

# Three models in one firmware share the runtime and one arena.
check_three() {
    local name fixture more part=$work/three
    describe m4
    folder=$work/boards/m4
    mkdir -p "$folder/three"
    for name in wake mood echo; do
        case $name in
            wake) fixture=embbert-tiny more=() ;;
            mood) fixture=folders/cls-one-regression more=() ;;
            echo) fixture=families/hf-encoder more=(--tokenizer "$work/plain/tokenizer.json") ;;
        esac
        mkdir -p "$part"
        "$embq" quantize "Fixtures/$fixture" --data Fixtures/embbert-tiny/data.tsv "${more[@]}" -o "$part/$name.embq" \
            2>"$work/notes" || fail "$(cat "$work/notes")"
        "$embq" export "$part/$name.embq" --name "$name" --c "$part/$name" 2>"$work/notes" || fail "$(cat "$work/notes")"
        "$work/logits" "$part/$name.embq" <"$here/texts.txt" >"$part/$name.logits"
        (cd "$folder/three" && compile -I"$part/$name" -c "$part/$name/$name.c") || fail "$title, three: does not build"
    done
    paste -d ' ' "$part/wake.logits" "$part/mood.logits" "$part/echo.logits" >"$part/logits"
    (cd "$folder" && compile -I"$part/wake" -I"$part/mood" -I"$part/echo" -c "$here/three.c" -o three/three.o &&
        "${linker[@]}" "${flags[@]}" runtime/*.o board/*.o three/*.o "${libraries[@]}" -o three.elf) ||
        fail "$title, three: does not build"
    { cat "$here/texts.txt" && printf '\004'; } | timeout "$deadline" "${emulator[@]}" "$folder/three.elf" | tr -d '\r' \
        >"$folder/three.logits" || fail "$title, three: ends with status ${PIPESTATUS[1]}"
    cmp "$folder/three.logits" "$part/logits" || fail "$title: three models give other logits than the host's"
    say "$title" "three models in one firmware: $(wc -l <"$part/logits") texts, the host's bits"
}

# Each board's serial port is a pseudo-terminal: embq verify replays the check vectors on it, and names other firmware. The
# protocol takes at most 256 bytes of stack beside those of a text.
check_serial() {
    local board=$1 name=embbert-snips port line pid opening running stack
    describe "$board"
    folder=$work/boards/$board
    build "$name" || fail "$title, $name: does not build"
    (cd "$folder" && compile -I"$work/models/$name/export" -c "$here/serial.c" -o firmware.o && link serial.elf) ||
        fail "$title, serial: does not build"
    timeout "$deadline" "${emulator[@]/stdio/pty}" "$folder/serial.elf" >"$folder/serial.said" 2>&1 </dev/null &
    pid=$!
    for _ in {1..100}; do
        port=$(grep -o '/dev/pts/[0-9]*' "$folder/serial.said") && break
        sleep 0.1
    done
    [ -n "$port" ] || fail "$title, serial: $(cat "$folder/serial.said")"
    stty -F "$port" raw -echo
    "$embq" verify "$work/models/$name/model.embq" --serial "$port" --timeout 60 --json >"$folder/serial.json" ||
        fail "$title, serial: the check vectors do not replay"
    if "$embq" verify "$work/models/$name-200kB/model.embq" --serial "$port" --timeout 60 2>"$work/notes"; then
        fail "$title, serial: firmware with another artifact is not refused"
    fi
    grep -q "expected firmware with the artifact $(sha256sum "$work/models/$name-200kB/model.embq" | cut -c 1-64)" \
        "$work/notes" || fail "$title, serial: $(cat "$work/notes")"
    exec 3<>"$port"
    printf '\004' >&3
    while read -r -t 10 line <&3 && [[ $line != '# stack '* ]]; do :; done
    exec 3>&-
    wait "$pid" || fail "$title, serial: the firmware ends with status $?"
    stack=$(tr -dc 0-9 <<<"$line")
    read -r opening running < <(sed -n 's/^# stack //p' "$folder/$name.report")
    [ -n "$stack" ] && [ "$stack" -le $((running + 256)) ] ||
        fail "$title, serial: ${stack:-unknown} bytes of stack, $running to run a text"
    line=$(grep -o '"checks" *: *[0-9]*' "$folder/serial.json" | tail -n 1 | tr -dc 0-9)
    say "$title" "embq verify --serial: $line check vectors, stack $stack; another artifact is named"
}

# A part that is too small is found by the linker.
check_budget() {
    local what
    describe m4
    folder=$work/boards/m4
    build embbert-snips
    for what in FLASH RAM; do
        if (cd "$folder" && link small.elf "-Wl,--defsym=${what}_SIZE=65536") 2>"$work/notes"; then
            fail "64 KiB of $what take a model that needs more"
        fi
        grep -q "region .$what. overflowed" "$work/notes" || fail "$(cat "$work/notes")"
    done
    say 'a part too small' 'the link fails'
}

# The check of an M0+'s instructions finds an M4's.
check_other_instructions() {
    describe m4
    folder=$work/boards/m4
    build embbert-snips
    [ -n "$(other_instructions "$folder/embbert-snips.elf")" ] || fail "$title: no instruction beyond Armv6-M is found"
    say 'Armv6-M' "Cortex-M0 and M0+ have its instructions alone; a Cortex-M4's are found"
}

check_big_endian() {
    local status=0
    describe armeb
    folder=$work/boards/armeb
    if ! { build_runtime && build embbert; }; then fail "$title: does not build"; fi
    "${emulator[@]}" "$folder/embbert.elf" </dev/null >"$folder/report" || status=$?
    [ "$status" -eq 14 ] || fail "$title: ends with status $status, not EMBQ_ERROR_ENDIAN"
    say "$title" 'refused: EMBQ_ERROR_ENDIAN'
}

table() {
    printf '\n%s, bytes\n\n| board | runtime code | its constants | model | firmware | %s | stack to open | to run |\n' \
        "$1" 'arena, longest sentence'
    printf '|---|---|---|---|---|---|---|---|\n'
    for board in $boards; do cat "$work/boards/$board/$1.row" 2>/dev/null || true; done
}

printf 'On the boards\n'
python3 "$here/code.py" --check
prepare
for board in $boards; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    (check_board "$board"; touch "$work/boards/$board/passed") &
done
wait
for board in $boards; do [ -e "$work/boards/$board/passed" ] || exit 1; done
for board in m4 rv32; do
    case " $boards " in *" $board "*) check_serial "$board" ;; esac
done
check_three
check_budget
check_other_instructions
check_big_endian
table embbert
table embbert-snips
table embbert-snips-200kB
