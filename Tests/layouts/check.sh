#!/usr/bin/env bash
# Exports a model in every layout, has each layout's files read by its ecosystem's own tools, and builds and runs the
# examples: check.py. The tools come from PyPI into .build/layouts, when they are missing or requirements.txt has changed.
#
# EMBQ names the embq program; without it, the one that was built last.
set -euo pipefail
cd "$(dirname "$0")/../.."

environment=.build/layouts
requirements=Tests/layouts/requirements.txt
if ! cmp -s "$requirements" "$environment/installed.txt"; then
    printf 'layouts: installing tools from PyPI into %s\n' "$environment" >&2
    python3 -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$environment/installed.txt"
fi
# CMake and ninja of the same place for everything that check.py starts.
PATH=$PWD/$environment/bin:$PATH exec "$environment/bin/python" Tests/layouts/check.py "${EMBQ:-.build/release/embq}" "$@"
