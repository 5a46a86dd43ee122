#!/usr/bin/env bash
# A machine that gives less than is asked for: fewer threads and files, errors of the disk, a file that is cut while it is
# read. embq must do its work with less, or end with a sentence that says what to do. `check.py` lists the cases.
#
#   Tests/limits/check.sh
#
# EMBQ names the embq program; the default is the last build.
set -euo pipefail
cd "$(dirname "$0")/../.."

EMBQ=$(realpath "${EMBQ:-.build/release/embq}")
export EMBQ
[ -x "$EMBQ" ] || { printf 'limits: %s is missing: run "make build"\n' "$EMBQ" >&2; exit 1; }
exec python3 Tests/limits/check.py
