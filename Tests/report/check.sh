#!/usr/bin/env bash
# Looks at reports in a browser: the samples that EmbqReportTests left in a folder, and one of a package made here. Then
# types into reports that run their model.
set -euo pipefail
cd "$(dirname "$0")/../.."

samples=${1:-.build/reports}
bin=$(swift build -c release --show-bin-path)
"$bin/embq" package Fixtures/embbert-snips --data Fixtures/snips-own/calibration.tsv \
    --test Fixtures/snips-own/test.tsv -o "$samples/package" >/dev/null 2>&1
mv "$samples/package/report.html" "$samples/package.html"
rm -rf "$samples/package"
python3 -B Tests/report/check.py "$samples"/*.html
python3 -B Tests/report/live.py "$bin/embq" "$samples/live"
