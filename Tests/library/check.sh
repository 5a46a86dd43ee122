#!/usr/bin/env bash
# Builds the package beside this script as somebody else's, in a folder outside of embq's, and runs its programs.
set -euo pipefail
cd "$(dirname "$0")/../.."
export EMBQ_ROOT=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R Tests/library/Package.swift Tests/library/Sources "$work"
# Objects are kept between runs; the package itself lies elsewhere.
build=(swift build --package-path "$work" --scratch-path "$PWD/.build/library")
env -u EMBQ_STRICT "${build[@]}" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
bin=$("${build[@]}" --show-bin-path)

mkdir "$work/out"
expect() {
    local expected=$1 found
    shift
    found=$("$@")
    if [ "$found" != "$expected" ]; then
        printf 'library: %s printed\n%s\nexpected\n%s\n' "$(basename "$1")" "$found" "$expected" >&2
        exit 1
    fi
}
# golden PYTHON: of what transformers makes of texts with the tagger.
golden() {
    python3 -c "
import json
texts = json.load(open('Fixtures/tags/golden.json'))['texts']
$1"
}
tiny=Fixtures/embbert-tiny
text=$(golden 'print(texts[0]["text"])')
classified=$("$bin/classify" "$tiny" "$tiny/data.tsv" "$work/out" Fixtures/tags "$text")
label=$(sed -n 's/ as in fp32$//p' <<<"$classified")
[ -n "$label" ] || { printf 'library: classify printed\n%s\n' "$classified" >&2; exit 1; }
grep -q '^invalidRequest: Open it with Classifier\.$' <<<"$classified"
expect "$(golden 'for span, label in zip(texts[0]["spans"], texts[0]["labels"]): print("tag", *span, label)')" \
    grep '^tag ' <<<"$classified"
expect "$label
truncated" "$bin/device" "$work/out/model.embq" "play some jazz"
cc -std=c11 -O1 "$work"/out/c/*.c -o "$work/run"
[ "$(printf 'play some jazz\n' | "$work/run" | cut -f1)" = "$label" ]
printf 'library: two programs of another package, one with a target called Models, classify as the exported C does and tag as transformers does\n'
