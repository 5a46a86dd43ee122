#!/usr/bin/env bash
# The bill of materials of packages is valid CycloneDX to its own library, and README.md a model card to Hugging Face's:
# check.py. Everything but the installation works offline. The libraries come from PyPI into .build/bom.
#
# EMBQ names the embq program; without it, the one that was built last.
set -euo pipefail
cd "$(dirname "$0")/../.."

. Tests/environment.sh
environment bom
exec .build/bom/bin/python Tests/bom/check.py "${EMBQ:-.build/release/embq}"
