#!/usr/bin/env bash
# Counts executed instructions on QEMU's boards, the same on every run: of the products alone, and of a sentence of 32
# tokens with a model. Instructions are not cycles.
#
#   Tests/device/kernels/count.sh FOLDER [LEVEL]
#
# FOLDER is what `embq export --c` or `embq package -o` wrote: model.c, model.h, model.embq. LEVEL is -O2 or another.
set -euo pipefail
[ $# -ge 1 ] || { echo 'usage: Tests/device/kernels/count.sh FOLDER [LEVEL]' >&2; exit 64; }
model=$(realpath "$1") level=${2:--O2}
cd "$(dirname "$0")/../../.."
. Tests/device/kernels/boards.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -shared -fPIC "$here/icount.c" -o "$work/icount.so"
macs=$(python3 "$here/macs.py" "$model"/model.* 32)

# counts MACHINE IMAGE: the totals of its regions, one a line.
counts() {
    arm-none-eabi-nm -S "$2" >"$2.symbols"
    emulate "$1" "$2" -plugin "file=$work/icount.so,symbols=$2.symbols,out=$2.counts" </dev/null >"$2.printed" 2>&1
    [ -s "$2.printed" ] || { printf 'count: %s printed nothing\n' "$2" >&2; exit 1; }
    awk '$1 == "region" { print $3 }' "$2.counts"
}
per() { awk -v n="$1" -v d="$2" 'BEGIN { printf "%.3f", n / d }'; }

files=()
for file in "$runtime"/embq_*.c; do
    case $file in *_x86.c | *_watch.c | *_operations.c) ;; *) files+=("$file") ;; esac
done
printf 'instructions a multiply-accumulate, gcc %s\n' "$level"
format='%-5s%10s%10s%8s%8s%8s%8s%8s%8s%8s%11s%10s%13s\n'
# shellcheck disable=SC2059 # the format is above
printf "$format" core portable CMSIS-NN 8 '8 bits,' 1 2 3 4 '5 bits,' sentence, sentence 'its million'
# shellcheck disable=SC2059
printf "$format" '' '' sequence bits '1 row' bit bits bits bits '2 rows' portable '' ''
while read -r name flags machine memory; do
    [ -n "$name" ] || continue
    build "$flags" "$memory" "$work/products" "$level" "$here/products.c" "$here/reference.c" \
        "${kernels[@]}"
    mapfile -t n < <(counts "$machine" "$work/products")
    for variant in -DEMBQ_NO_SIMD -DEMBQ_ARM; do
        build "$flags" "$memory" "$work/sentence$variant" "$level" "$variant" -I"$model" "$here/sentence.c" \
            "$model/model.c" "${files[@]}"
    done
    before=$(counts "$machine" "$work/sentence-DEMBQ_NO_SIMD")
    after=$(counts "$machine" "$work/sentence-DEMBQ_ARM")
    cmp -s "$work/sentence-DEMBQ_NO_SIMD.printed" "$work/sentence-DEMBQ_ARM.printed" || {
        printf 'count: the logits on %s are not the portable ones\n' "$name" >&2
        exit 1
    }
    products=()
    for i in 0 1 2; do products+=("$(per "${n[i]}" 32768)"); done
    products+=("$(per "${n[3]}" 16384)")
    for i in 4 5 6 7 8; do products+=("$(per "${n[i]}" 32768)"); done
    # shellcheck disable=SC2059
    printf "$format" "$name" "${products[@]}" "$(per "$before" "$macs")" "$(per "$after" "$macs")" \
        "$(per "$after" 1000000)"
done <<<"$boards"
printf 'the sentence has %s multiply-accumulates\n' "$macs"
