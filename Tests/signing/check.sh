#!/usr/bin/env bash
# Packages that embq signs are verified by OpenSSF's model-signing, and packages that it signs by embq: offline, with
# keys that openssl makes. A changed byte is found by both. The tools come from PyPI into .build/signing.
#
# EMBQ names the embq program; without it, the one that was built last.
set -euo pipefail
cd "$(dirname "$0")/../.."

. Tests/environment.sh
environment signing
environment=.build/signing

embq=$(realpath "${EMBQ:-.build/release/embq}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    printf 'signing: %s\n' "$*" >&2
    exit 1
}

openssl ecparam -name prime256v1 -genkey -noout -out "$work/key.pem"
openssl ec -in "$work/key.pem" -pubout -out "$work/public.pem" 2>/dev/null
tiny=Fixtures/embbert-tiny
package() {
    "$embq" package "$tiny" --data "$tiny/data.tsv" --test "$tiny/data.tsv" -o "$work/model" "$@" \
        >/dev/null 2>"$work/notes" || fail "$(cat "$work/notes")"
}
theirs() {
    "$environment/bin/python" -m model_signing "$@" --signature "$work/model/model.sig" \
        --ignore-paths "$work/model/model.sig" --no-ignore-git-paths "$work/model" >"$work/said" 2>&1
}
ours() { "$embq" verify "$work/model" --key "$work/public.pem" >"$work/said" 2>&1; }

for layout in plain cmake; do
    package --layout "$layout" --sign "$work/key.pem"
    theirs verify key --public_key "$work/public.pem" || fail "model-signing refuses ours: $(cat "$work/said")"
    ours || fail "embq refuses its own: $(cat "$work/said")"
    # The same key, its point written in another way.
    openssl ec -pubin -in "$work/public.pem" -pubout -conv_form compressed -out "$work/short.pem" 2>/dev/null
    "$embq" verify "$work/model" --key "$work/short.pem" >/dev/null || fail 'embq refuses a key with a compressed point'
    package --layout "$layout"
    theirs sign key --private_key "$work/key.pem" || fail "model-signing does not sign: $(cat "$work/said")"
    ours || fail "embq refuses model-signing's: $(cat "$work/said")"
    printf 'x' >>"$work/model/report.html"
    if ours; then fail 'embq accepts a changed file'; fi
    if theirs verify key --public_key "$work/public.pem"; then fail 'model-signing accepts a changed file'; fi
done
printf 'signing: model-signing verifies what embq signs, embq what it signs; both find a changed file\n'
