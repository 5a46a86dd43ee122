#!/bin/sh
# Fuzzes one reader with libFuzzer and AddressSanitizer.
#
#   Tests/Fuzz/run.sh TARGET SECONDS [libFuzzer options]
#
# TARGET is a file here without its ending: json, safetensors, format, config, zip, pickle, npy, gguf, onnx, hdf5, hdf5list,
# profile, data, words, signature in Swift; artifact, programs, steps and tokenizer in C, the device's runtime. artifact changes valid
# artifacts; programs makes legal ones of extreme numbers, and compares four kernels. The corpus and what was found stay in
# .build/fuzz/TARGET; a crash is played again with .build/fuzz/TARGET/fuzz FILE. EMBQ names an embq program for artifact,
# programs and steps; without it, the one that was built last.
set -eu
cd "$(dirname "$0")/../.."
[ $# -ge 2 ] && { [ -f "Tests/Fuzz/$1.swift" ] || [ -f "Tests/Fuzz/$1.c" ]; } || {
    echo "usage: Tests/Fuzz/run.sh TARGET SECONDS [libFuzzer options]; targets:" >&2
    for file in Tests/Fuzz/*.swift Tests/Fuzz/*.c; do file=${file##*/}; echo "  ${file%.*}" >&2; done
    exit 64
}
target=$1 seconds=$2
shift 2
modules=.build/fuzz/modules
out=.build/fuzz/$target
mkdir -p "$modules" "$out/corpus"

if [ "$target" = tokenizer ]; then
    # The device's C code under UndefinedBehaviorSanitizer too. Swift's own clang when there is no other one.
    clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
    "$clang" -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -fuse-ld=lld \
        -ISources/CEmbqRuntime/include Tests/Fuzz/tokenizer.c Sources/CEmbqRuntime/*.c -o "$out/fuzz"
    python3 Tests/Fuzz/tokenizer_seeds.py "$out/seeds"
    exec "$out/fuzz" -max_total_time="$seconds" -artifact_prefix="$out/" -timeout=10 -max_len=16384 -len_control=0 \
        -keep_seed=1 -print_final_stats=1 \
        "$@" "$out/corpus" "$out/seeds"
fi

# The runtime twice: with the host's kernels, and under other names with the portable ones, one row at a time.
if [ "$target" = artifact ] || [ "$target" = programs ] || [ "$target" = steps ]; then
    runtime=Sources/CEmbqRuntime
    clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
    plain="-std=c11 -O2 -g -Wall -Wextra -Werror"
    flags="$plain -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all ${EMBQ_FUZZ_FLAGS:-}"
    rm -rf "$out/host" "$out/portable" && mkdir -p "$out/host" "$out/portable"
    cp -r "$runtime" "$out/portable/source"
    other=$out/portable/source
    sed -i 's/^#define EMBQ_ROWS 2u$/#define EMBQ_ROWS 1u/' "$other/embq_kernels.h"
    sed -i 's/EMBQ_MAX_KERNEL - 1 + EMBQ_ROWS/EMBQ_MAX_KERNEL - 1 + 2u/' "$other/embq_check.c"
    for file in embq_kernels.h embq_check.c; do
        if cmp -s "$runtime/$file" "$other/$file"; then echo "$file: EMBQ_ROWS is not where it was" >&2; exit 1; fi
    done
    renames=$(sed -n 's/.*\b\(embq_[a-z0-9_]*\)(.*/-D\1=portable_\1/p' "$runtime"/*.h "$runtime"/include/*.h | sort -u)
    # What is data: operations, tokenizers and all parts, of which a line may name several.
    renames="$renames $(sed -n '/^extern const/,/;/p' "$runtime/include/embq.h" | grep -o 'embq_[a-z_]*' | sort -u |
        grep -v -x -e embq_operation -e embq_tokenizer_kind -e embq_tokenizer_extension -e embq_parts |
        sed 's/.*/-D&=portable_&/')"
    for file in "$runtime"/*.c; do
        name=$(basename "$file" .c)
        # Checksums take most of the time when every byte of them is watched.
        watched=$flags
        [ "$name" != embq_checksum ] || watched=$plain
        "$clang" $watched -I "$runtime/include" -DEMBQ_HOST_SIMD -c "$file" -o "$out/host/$name.o"
        case $name in *_x86) continue ;; esac
        "$clang" $watched -I "$other/include" $renames -c "$other/$name.c" -o "$out/portable/$name.o"
    done
    sources=Tests/Fuzz/$target.c
    if [ "$target" = programs ]; then
        # The runtimes' types have other names too, and so their functions other types.
        sources="$sources $(echo Tests/Fuzz/programs/*.c) -fno-sanitize=function"
        for level in 1 2; do
            # The names again, for a processor with less.
            level_renames=$(echo "$renames" | sed "s/=portable_/=level${level}_/g")
            for file in "$runtime"/*.c; do
                name=$(basename "$file" .c)
                watched=$flags
                [ "$name" != embq_checksum ] || watched=$plain
                "$clang" $watched -I "$runtime/include" -DEMBQ_HOST_SIMD -DEMBQ_HOST_SIMD_LEVEL=$level \
                    $level_renames -c "$file" -o "$out/portable/level$level-$name.o"
            done
        done
    fi
    "$clang" $flags -fsanitize=fuzzer -I "$runtime" -I "$runtime/include" $sources "$out"/host/*.o \
        "$out"/portable/*.o -o "$out/fuzz"

    tiny=Fixtures/embbert-tiny
    embq=${EMBQ:-.build/release/embq}
    [ -x "$embq" ] || EMBQ_STRICT=1 swift build -c release --product embq
    "$embq" quantize "$tiny" --data "$tiny/data.tsv" -o "$out/tiny.embq"
    if [ "$target" = programs ]; then
        # Only its tokenizer is used. Seeds: choices for programs of several passes.
        rm -rf "$out/seeds" && mkdir -p "$out/seeds"
        python3 -c 'import pathlib, random, sys
for n in range(64):
    pathlib.Path(sys.argv[1], str(n)).write_bytes(random.Random(n).randbytes(600))' "$out/seeds"
        export EMBQ_FUZZ_ARTIFACTS="$out/tiny.embq"
        exec "$out/fuzz" -max_total_time="$seconds" -artifact_prefix="$out/" -rss_limit_mb=2048 -timeout=20 -max_len=900 \
            -len_control=0 -keep_seed=1 -print_final_stats=1 "$@" "$out/corpus" "$out/seeds"
    fi
    families='mamba bert-pretraining hf-encoder nanobertefficient nanoembedderconv'
    for family in $families; do
        "$embq" quantize "Fixtures/families/$family" --tokenizer "$tiny/tokenizer.json" --data "$tiny/data.tsv" \
            -o "$out/$family.embq"
    done
    # All weights that can have 4 bits.
    "$embq" quantize Fixtures/families/bert --tokenizer "$tiny/tokenizer.json" --data "$tiny/data.tsv" \
        --budget 12.4kB -o "$out/packed-bert.embq"
    rm -rf "$out/seeds" && mkdir -p "$out/seeds"
    EMBQ_FUZZ_ARTIFACTS=$(python3 Tests/Fuzz/artifact_seeds.py "$out" "$out/seeds" "$out/tiny.embq" \
        $(printf "$out/%s.embq " $families packed-bert))
    export EMBQ_FUZZ_ARTIFACTS
    seeds=$out/seeds
    [ "$target" = artifact ] || { seeds=$out/commands && python3 Tests/Fuzz/steps_seeds.py "$seeds"; }
    exec "$out/fuzz" -max_total_time="$seconds" -artifact_prefix="$out/" -rss_limit_mb=2048 -timeout=10 -max_len=700 \
        -len_control=0 -keep_seed=1 -print_final_stats=1 "$@" "$out/corpus" "$seeds"
fi

flags="-O -g -wmo -parse-as-library -swift-version 6 -package-name embq -sanitize=fuzzer,address
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-experimental-feature Lifetimes -strict-memory-safety
    -I Sources/System/Libcrypto -I Sources/System/ProtobufC -I $modules"

# The C code that importers call, as SwiftPM sees it; undefined behaviour traps, which needs no runtime.
clang=$(command -v clang) || clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
libraries="libcrypto libprotobuf-c libzip hdf5"
c=$(pkg-config --cflags $libraries)
for code in Checksums Schemas HDF5Shim FloatKernels Elementary Process Signatures; do
    for file in Sources/System/$code/*.c; do
        "$clang" -std=c11 -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fsanitize-trap=undefined $c \
            -ISources/System/$code/include -c "$file" -o "$modules/$(basename "$file" .c).o"
    done
    mkdir -p "$modules/$code"
    printf 'module CEmbq%s { umbrella "%s/Sources/System/%s/include" export * }\n' "$code" "$PWD" "$code" \
        >"$modules/$code/module.modulemap"
    flags="$flags -I $modules/$code"
done
# Of the runtime, the limits alone.
mkdir -p "$modules/CEmbqRuntime"
printf 'module CEmbqRuntime { umbrella "%s/Sources/CEmbqRuntime/include" export * }\n' "$PWD" \
    >"$modules/CEmbqRuntime/module.modulemap"
flags="$flags -I $modules/CEmbqRuntime"
for flag in $c; do flags="$flags -Xcc $flag"; done
for library in Libzip HDF5; do flags="$flags -I Sources/System/$library"; done

# Built again only when a source is newer.
stale=
for module in EmbqCore EmbqContainers EmbqTokenizers EmbqCheckpoints EmbqModels EmbqData EmbqEvaluation EmbqQuantization; do
    if [ ! -f "$modules/$module.o" ] || [ -n "$(find "Sources/$module" -newer "$modules/$module.o" -name '*.swift')" ]; then
        stale=yes
    fi
    [ -z "$stale" ] || swiftc $flags -module-name "$module" -emit-module \
        -emit-module-path "$modules/$module.swiftmodule" -c $(find "Sources/$module" -name '*.swift') \
        -o "$modules/$module.o"
done
swiftc $flags -use-ld=lld -module-name fuzz "Tests/Fuzz/$target.swift" "$modules"/*.o \
    $(pkg-config --libs $libraries) -o "$out/fuzz"

# Unpacks the entries with an ending from archives; those that Python refuses are left out.
entries() {
    python3 - "$@" <<'END'
import pathlib, sys, zipfile
for file in sys.argv[3:]:
    try:
        with zipfile.ZipFile(file) as archive:
            for number, name in enumerate(archive.namelist()):
                if name.endswith(sys.argv[2]) and archive.getinfo(name).file_size < 65536:
                    pathlib.Path(sys.argv[1], f"{pathlib.Path(file).stem}_{number}").write_bytes(archive.read(name))
    except Exception:
        pass
END
}

# Seeds are copies, so that the fuzzer never writes among the fixtures.
seeds=$out/seeds
rm -rf "$seeds" && mkdir -p "$seeds"
case $target in
gguf) cp Fixtures/gguf/valid/q*.gguf Fixtures/gguf/valid/first.gguf Fixtures/gguf/invalid/*.gguf "$seeds" ;;
json)
    # The headers of the fixtures.
    for file in Fixtures/safetensors/*/*.safetensors; do
        tail -c +9 "$file" >"$seeds/$(basename "$file")"
    done
    printf '{"a":[1,-2.5e+3,true,false,null,"\\u00e9\\ud83d\\ude42\\n"]}' >"$seeds/values"
    ;;
config)
    printf '{"id2label":{"1":"b","0":"a"},"hidden_size":128,"forward_expansion":0.7}' >"$seeds/labels"
    printf '{"architectures":["A"],"model_type":"EmbBERT","tie":true,"unset":null}' >"$seeds/types"
    ;;
zip)
    cp Fixtures/zip/*/*.zip "$seeds"
    longest=16384
    ;;
pickle)
    entries "$seeds" data.pkl Fixtures/pytorch/*/*.pt
    cp Fixtures/pytorch/*/*.pth "$seeds"
    longest=16384
    ;;
npy) entries "$seeds" .npy Fixtures/npz/*/*.npz ;;
onnx)
    # A zero before each file says that it is one.
    for file in Fixtures/onnx/*/*.onnx; do
        { printf '\0' && cat "$file"; } >"$seeds/$(basename "$file")"
    done
    printf '\001\020' >"$seeds/built"
    longest=40000
    ;;
hdf5)
    for file in Fixtures/hdf5/valid/*.h5 Fixtures/hdf5/invalid/*.h5 Fixtures/keras/*/*.h5; do
        cp "$file" "$seeds/$(echo "$file" | tr / _)"
    done
    longest=16384
    # The HDF5 library has known crashes, which are not ours: the fuzzer goes on after them.
    set -- -fork=1 -ignore_crashes=1 -ignore_ooms=1 -ignore_timeouts=1 "$@"
    export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
    ;;
profile)
    cp Fixtures/calibration/*.embqcal "$seeds"
    longest=20000
    ;;
data)
    # The first byte is the form's.
    { printf '\0' && head -c 3000 Fixtures/snips-own/test.tsv; } >"$seeds/labelled"
    printf '\0text\none\n\ntwo [SEP] three\r\n' >"$seeds/texts"
    printf '\0label\ttext_a\ttext_b\n1.5\ta\tb\n-0\tc\td' >"$seeds/pairs"
    printf '\1label,text\na,"b, ""c""\nd"\r\n0,e\n' >"$seeds/commas"
    printf '\2{"label": ["a", 0], "text": "b\\u00e9"}\n{"label": 1.5, "text": ""}\n' >"$seeds/objects"
    { printf '\3' && head -c 2000 Fixtures/tags/test.conll; } >"$seeds/words"
    printf '\4row\texpected\tlabel\tlogit_0\n0\ta\tb\t1.5\n0\ta\tb\t-1e-20\n1\t\tb\t2\n' >"$seeds/predictions"
    ;;
signature)
    printf '%s' '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"00"}},"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"","keyid":""}]}}' \
        >"$seeds/bundle"
    # A zero before it: the statement alone.
    printf '\0%s' '{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"m","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}],"predicateType":"https://model_signing/signature/v1.0","predicate":{"serialization":{"method":"files","hash_type":"sha256"},"resources":[]}}' \
        >"$seeds/statement"
    ;;
words)
    for file in Fixtures/embbert-tiny/tokenizer.json Fixtures/tokenizer/*.json; do
        [ "$(stat -c %s "$file")" -gt 30000 ] || { printf '\0' && cat "$file"; } >"$seeds/$(basename "$file")"
    done
    printf '\001[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nrain\n##s\n' >"$seeds/vocab"
    longest=30000
    ;;
hdf5list)
    printf '{"datasets":[[["a","b"],"F16",[2,3]],[["a.c"],"I64",[]]],"attributes":[[[],"format",["pt"],false]]}' \
        >"$seeds/nested"
    printf '{"datasets":[[["layers","dense","vars","0"],"F32",[4,3]]],"attributes":[[["layers","dense","vars"],"name",["classifier"],false]]}' \
        >"$seeds/keras"
    printf '{"datasets":[[["d","d","kernel:0"],"F32",[4,3]]],"attributes":[[[],"layer_names",["d"],true],[["d"],"weight_names0",["d/kernel:0"],true]]}' \
        >"$seeds/legacy"
    printf '["malformed","w","it is broken","do",null]' >"$seeds/error"
    ;;
*) cp Fixtures/safetensors/*/*.safetensors "$seeds" ;;
esac

# Swift's own backtracer would hang on the crash that libFuzzer wants to report.
SWIFT_BACKTRACE=enable=no exec "$out/fuzz" -max_total_time="$seconds" -artifact_prefix="$out/" -rss_limit_mb=2048 \
    -timeout=10 -max_len="${longest:-4096}" -dict=Tests/Fuzz/tokens.dict -print_final_stats=1 "$@" "$out/corpus" "$seeds"
