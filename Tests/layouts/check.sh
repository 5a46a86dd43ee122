#!/usr/bin/env bash
# Exports a model in every layout, has each layout's files read by its ecosystem's own tools, and builds and runs the
# examples: check.py. The tools come from PyPI into .build/layouts, when they are missing or requirements.txt has changed.
#
# EMBQ names the embq program; without it, the one that was built last.
set -euo pipefail
cd "$(dirname "$0")/../.."

. Tests/environment.sh
environment layouts
environment=.build/layouts
# CMake and ninja of the same place for everything that check.py starts.
PATH=$PWD/$environment/bin:$PATH exec "$environment/bin/python" Tests/layouts/check.py "${EMBQ:-.build/release/embq}" "$@"
