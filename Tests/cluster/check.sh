#!/usr/bin/env bash
# The sweep of Benchmarks/cluster by a real Snakemake, and by a real Slurm where `sinfo` answers: what comes of shards has
# the bytes of one run, also after the workflow was killed in the middle. check.py does it; Snakemake comes from PyPI into
# .build/cluster.
#
# EMBQ names the embq program; without it, the one that was built last.
set -euo pipefail
cd "$(dirname "$0")/../.."

. Tests/environment.sh
environment cluster
exec .build/cluster/bin/python Tests/cluster/check.py "${EMBQ:-.build/release/embq}"
