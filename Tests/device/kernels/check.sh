#!/usr/bin/env bash
# Compares the kernels that each board's core gets with the portable ones, on QEMU's boards. Needs arm-none-eabi-gcc
# and qemu-system-arm.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. Tests/device/kernels/boards.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

while read -r name flags machine code data; do
    [ -n "$name" ] || continue
    for level in -O2 -Os; do
        # shellcheck disable=SC2154 # here, runtime and kernels: boards.sh
        build "$flags" "$code" "$data" "$work/compare" "$level" "$here/compare.c" "$here/reference.c" \
            "${kernels[@]}"
        result=$(emulate "$machine" "$work/compare" 2>&1 </dev/null) || {
            printf 'kernels of %s, %s: %s\n' "$name" "$level" "$result" >&2
            exit 1
        }
        printf '  %-4s%-5s%s\n' "$name" "$level" "$result"
    done
done <<<"$boards"
