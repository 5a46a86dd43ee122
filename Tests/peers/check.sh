#!/usr/bin/env bash
# Runs embq with its peers: programs that are not part of the toolchain, and systems with less in them than a developer's.
# Each other script in this folder is one test. `.ci/setup peers` installs what they need.
#
#   Tests/peers/check.sh
#
# EMBQ names the embq program; the default is the last build.
set -euo pipefail
cd "$(dirname "$0")/../.."

EMBQ=$(realpath "${EMBQ:-.build/release/embq}")
export EMBQ
[ -x "$EMBQ" ] || { printf 'peers: %s is missing: run "make build"\n' "$EMBQ" >&2; exit 1; }
for script in Tests/peers/*.sh; do
    [ "$script" != Tests/peers/check.sh ] || continue
    SECONDS=0
    "$script" || { printf 'peers: %s failed\n' "$script" >&2; exit 1; }
    printf '  %-34s%d s\n' "${script##*/}" "$SECONDS"
done
