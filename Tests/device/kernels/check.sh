#!/usr/bin/env bash
# Compares the kernels that each board's core gets with the portable ones, on QEMU's boards, as many at a time as there
# are processors. Needs arm-none-eabi-gcc and qemu-system-arm.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. Tests/device/kernels/boards.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compare NAME FLAGS MACHINE MEMORY LEVEL: leaves what the board printed, and whether it ended well.
compare() {
    local image=$work/$1$5
    # shellcheck disable=SC2154 # here and kernels: boards.sh
    build "$2" "$4" "$image" "$5" "$here/compare.c" "$here/reference.c" "${kernels[@]}" &&
        emulate "$3" "$image" >"$image.printed" 2>&1 </dev/null && touch "$image.passed"
}

images=()
while read -r name flags machine memory; do
    [ -n "$name" ] || continue
    for level in -O2 -Os; do
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
        images+=("$name $level")
        compare "$name" "$flags" "$machine" "$memory" "$level" &
    done
done <<<"$boards"
wait
for image in "${images[@]}"; do
    read -r name level <<<"$image"
    result=$(cat "$work/$name$level.printed" 2>/dev/null) || true
    [ -e "$work/$name$level.passed" ] || { printf 'kernels of %s, %s: %s\n' "$name" "$level" "$result" >&2; exit 1; }
    printf '  %-4s%-5s%s\n' "$name" "$level" "$result"
done
printf 'The estimate of instructions on Cortex-M4\n'
python3 Tests/device/kernels/instructions.py --check
