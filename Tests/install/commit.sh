#!/usr/bin/env bash
# Builds a small package with the plugin that names the commit, before and after commits and changes: the program must name
# the commit that it was built from, and whether its sources differ from it.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    printf 'commit: %s\n' "$*" >&2
    exit 1
}
clone=$work/clone
mkdir -p "$clone/Sources/program" "$clone/.ci" "$work/inside"
cp -r Plugins "$clone"
cp .ci/commit "$clone/.ci"
cp .gitattributes "$clone"
cat >"$clone/Package.swift" <<'END'
// swift-tools-version: 6.2
import PackageDescription
let package = Package(
    name: "program",
    targets: [
        .plugin(name: "EmbqCommit", capability: .buildTool()),
        .executableTarget(name: "program", plugins: ["EmbqCommit"]),
    ])
END
printf 'print(BuiltCommit.name ?? "none")\n' >"$clone/Sources/program/main.swift"
printf '/.build\n' >"$clone/.gitignore"
git=(git -C "$clone" -c user.name=a -c user.email=a@b)

# names FOLDER EXPECTED WHAT
names() {
    env -u EMBQ_STRICT swift build --package-path "$1" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
    local found
    found=$("$1/.build/debug/program")
    [ "$found" = "$2" ] || fail "$3: the program names $found, expected $2"
}
head() { "${git[@]}" rev-parse HEAD; }

git init -q "$clone"
"${git[@]}" add .
"${git[@]}" commit -q -m one
names "$clone" "$(head)" 'a clone'
"${git[@]}" commit -q --allow-empty -m two
names "$clone" "$(head)" 'after a commit without a change'
printf '// more\n' >>"$clone/Sources/program/main.swift"
names "$clone" "$(head)-dirty" 'with a changed source'
"${git[@]}" commit -q -a -m three
names "$clone" "$(head)" 'after it was committed'
"${git[@]}" worktree add -q "$work/worktree"
"${git[@]}" commit -q --allow-empty -m four
names "$work/worktree" "$("${git[@]}" rev-parse HEAD~)" 'a worktree'
git -C "$work/worktree" -c user.name=a -c user.email=a@b commit -q --allow-empty -m five
names "$work/worktree" "$(git -C "$work/worktree" rev-parse HEAD)" 'a worktree after a commit'

# An archive that git makes, in a folder of another repository, whose commit is not its own.
git init -q "$work/inside"
git -C "$work/inside" -c user.name=a -c user.email=a@b commit -q --allow-empty -m other
mkdir "$work/inside/archive"
"${git[@]}" archive HEAD | tar -x -C "$work/inside/archive"
names "$work/inside/archive" "$(head)" 'an archive'
printf 'commit: clones, worktrees and archives name the commit that they are built from\n'
