"""Scores of a logistic regression computed from its export alone, compared with those of `fieldwise predict`.

    check_export.py EXPORT.json|EXPORT.npz DATA.csv SCORES.csv

Written from docs/export.md and nothing else of fieldwise. Ends with 1 when a score differs by more than 1e-6."""
import bisect
import csv
import json
import math
import re
import sys

MASK = (1 << 64) - 1
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
MISSING = {"", "?", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "\\N"}


def load(path):
    """The document, and a function from the entry of an array to its rows."""
    if path.endswith(".json"):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        width = {p["name"]: p["shape"][1] for p in document["parameters"]}
        data = {p["name"]: p["data"] for p in document["parameters"]}
        return document, lambda name: [data[name][i : i + width[name]] for i in range(0, len(data[name]), width[name])]
    import numpy

    arrays = numpy.load(path, allow_pickle=False)
    document = json.loads(bytes(arrays["meta"]))
    for p in document["parameters"]:
        assert list(arrays[p["name"]].shape) == p["shape"] and arrays[p["name"]].dtype == numpy.float32
    for field in document["fields"]:
        for kind in ("combinations", "keys"):
            if kind in field:
                field[kind] = arrays[field[kind]].tolist()
    return document, lambda name: arrays[name].astype(float).tolist()


def mix(key):
    key ^= key >> 32
    key = key * 0xD6E8FEB86659FD93 & MASK
    key ^= key >> 32
    key = key * 0xD6E8FEB86659FD93 & MASK
    return key ^ (key >> 32)


def number(cell):
    value = float(cell) if NUMBER.match(cell) else math.nan
    return value if math.isfinite(value) else math.nan


class Field:
    def __init__(self, field, document):
        self.field, self.kind, self.fields = field, field["kind"], document["fields"]
        self.separator = document["plan"]["schema"].get("separator", "|")
        if self.kind == "category":
            self.ids = {text: 2 + i for i, text in enumerate(field["vocabulary"])}
        elif "combinations" in field:
            self.ids = {tuple(ids): 1 + i for i, ids in enumerate(field["combinations"])}
        elif "keys" in field:
            self.ids = {(int(k, 16) if isinstance(k, str) else k): 1 + i for i, k in enumerate(field["keys"])}

    def base(self, cell, missing):
        if missing:
            return 1
        if self.kind == "category":
            return self.ids.get(cell, 0)
        if self.kind == "bins":
            value = number(cell)
            return 1 if math.isnan(value) else 2 + bisect.bisect_left(self.field["cuts"], value)
        items = [item.strip(" \t") for item in cell.split(self.separator)]
        items = [item for item in items if item]
        if self.kind == "item":
            return 3 if self.field["item"] in items else 2
        return 2 + min(len(items), self.field["ids"] - 3)

    def cross(self, all_ids):
        members = [all_ids[m] for m in self.field["members"]]
        if "combinations" in self.field:
            return self.ids.get(tuple(members), 0)
        key = members[0]
        for m, value in zip(self.field["members"][1:], members[1:]):
            if self.field["exact_keys"]:
                key = key * self.fields[m]["ids"] + value
            else:
                key = mix((key * 0x9E3779B97F4A7C15 + value + 1) & MASK)
        if not self.field["exact_keys"]:
            key >>= 1
        return 1 + (mix(key) >> (64 - self.field["bits"])) if "bits" in self.field else self.ids.get(key, 0)


def main(export, data, scores):
    document, rows_of = load(export)
    assert document["format"] == "fieldwise export" and document["version"] == 1 and document["model"] == "lr"
    fields = [Field(field, document) for field in document["fields"]]
    weights = [None] * len(fields)
    for p in document["parameters"]:
        if p["kind"] == "bias":
            bias = rows_of(p["name"])[0][0]
        else:
            weights[p["field"]] = [row[0] for row in rows_of(p["name"])]
            assert len(weights[p["field"]]) == document["fields"][p["field"]]["ids"]
    reading, calibration = document["plan"]["reading"], document["calibration"]
    missing = MISSING | set(reading["missing"])
    with open(scores, encoding="ascii") as file:
        expected = [float(line) for line in file.readlines()[1:]]
    worst, n = 0.0, 0
    with open(data, encoding="utf-8", newline="") as file:
        table = csv.reader(file, delimiter=reading["delimiter"])
        names = next(table) if reading["header"] else [str(i + 1) for i in range(len(expected))]
        place = {name: i for i, name in enumerate(names)}
        for row in table:
            ids = []
            for f in fields:
                if f.kind == "cross":
                    ids.append(f.cross(ids))
                else:
                    cell = row[place[f.field["column"]]].strip(" \t")
                    ids.append(f.base(cell, cell in missing))
            logit = bias + sum(w[i] for w, i in zip(weights, ids))
            p = 1 / (1 + math.exp(-(calibration["scale"] * logit + calibration["shift"])))
            worst = max(worst, abs(p - expected[n]))
            n += 1
    assert n == len(expected), "%d rows, %d scores" % (n, len(expected))
    print("%s: %d rows, %d fields, largest difference %.2g" % (export.rsplit("/", 1)[-1], n, len(fields), worst))
    return 0 if worst <= 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
