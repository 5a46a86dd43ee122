#!/usr/bin/env bash
# Outputs are replaced all at once, or not at all: embq is interrupted, killed at each step of a replacement, and run many
# times at once. `check.py` says what must hold.
#
#   Tests/replacing/check.sh [--signals N] [--seed S]
#
# EMBQ names the embq program; the default is the last build.
set -euo pipefail
cd "$(dirname "$0")/../.."

EMBQ=$(realpath "${EMBQ:-.build/release/embq}")
export EMBQ
[ -x "$EMBQ" ] || { printf 'replacing: %s is missing: run "make build"\n' "$EMBQ" >&2; exit 1; }
exec python3 Tests/replacing/check.py "$@"
