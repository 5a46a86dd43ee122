#!/usr/bin/env python3
"""One table of all artifacts of a sweep, by size, with the Pareto front of each model marked.

    table.py MODEL/fp32.json MODEL/METHODS/BUDGET.json … --tsv FILE --markdown FILE
"""
import argparse
import json
import pathlib

COLUMNS = ["model", "methods", "budget", "metric", "rows", "fp32", "score", "drop_points", "total_bytes",
           "flash_bytes", "ram_bytes", "front", "model_sha256", "artifact_sha256"]


def row(path, fp32):
    """What an evaluation says, beside fp32's score."""
    found = json.loads(path.read_text())
    metric, footprint = found["metric"], found["footprint"]
    score = found["scc" if metric == "spearman" else metric]
    arena = footprint["ram"]["arena"]
    ram = arena[max(arena, key=int)] + sum(footprint["ram"][part] for part in ("stack", "model", "logits"))
    return {"model": path.parts[-3], "methods": path.parts[-2], "budget": path.stem, "metric": metric,
            "rows": found["rows"], "fp32": fp32[metric], "score": score, "drop_points": 100 * (fp32[metric] - score),
            "total_bytes": footprint["total_256"], "flash_bytes": footprint["flash"]["total"], "ram_bytes": ram,
            "front": "", "model_sha256": found["model_sha256"], "artifact_sha256": found["artifact_sha256"]}


def mark_front(rows):
    """Marks what no smaller artifact of the same model scores as well as."""
    best = {}
    for one in sorted(rows, key=lambda one: (one["total_bytes"], -one["score"])):
        if one["score"] > best.get(one["model"], float("-inf")):
            best[one["model"]] = one["score"]
            one["front"] = "*"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    parser.add_argument("--tsv", required=True, type=pathlib.Path)
    parser.add_argument("--markdown", required=True, type=pathlib.Path)
    options = parser.parse_args()
    references = {}
    for path in options.results:
        if path.stem == "fp32":
            found = json.loads(path.read_text())
            references[path.parts[-2]] = {**found, "spearman": found.get("scc")}
    rows = [row(path, references[path.parts[-3]]) for path in options.results if path.stem != "fp32"]
    mark_front(rows)
    rows.sort(key=lambda one: (one["model"], -one["total_bytes"], one["methods"], one["budget"]))
    for one in rows:
        for name, places in (("fp32", 4), ("score", 4), ("drop_points", 2)):
            one[name] = f"{one[name]:.{places}f}"
    options.tsv.write_text("".join("\t".join(str(cell) for cell in line) + "\n" for line in
                                   [COLUMNS, *([one[name] for name in COLUMNS] for one in rows)]))
    shown = COLUMNS[:-2]
    lines = [shown, ["---"] * len(shown), *([f"{one[name]:,}" if isinstance(one[name], int) else one[name]
                                           for name in shown] for one in rows)]
    options.markdown.write_text("".join("| " + " | ".join(line) + " |\n" for line in lines))


if __name__ == "__main__":
    main()
