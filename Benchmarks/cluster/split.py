#!/usr/bin/env python3
"""Divides a table with a header into files of rows that follow one another, each with the header.

    split.py DATA.tsv SHARD.tsv …
"""
import sys


def main(source, targets):
    with open(source, "rb") as file:
        header, *rows = [line for line in file if line.strip(b"\r\n")]
    if len(rows) < len(targets):
        sys.exit(f"split.py: {source}: {len(rows)} rows cannot fill {len(targets)} shards: ask for fewer shards")
    for index, target in enumerate(targets):
        part = rows[len(rows) * index // len(targets):len(rows) * (index + 1) // len(targets)]
        with open(target, "wb") as file:
            file.writelines(line if line.endswith(b"\n") else line + b"\n" for line in [header, *part])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
