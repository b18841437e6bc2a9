"""Scores of a model (lr, fm, deepfm) computed from its export alone, compared with those of `fieldwise predict`.

    check_export.py EXPORT.json|EXPORT.npz DATA.csv SCORES.csv

Written from docs/export.md and nothing else of fieldwise. Ends with 1 when a score differs by more than 1e-6, of a network,
which computes in 32 bits, 1e-5."""
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


class Logistic:
    def __init__(self, document, rows_of):
        self.weights = [None] * len(document["fields"])
        for p in document["parameters"]:
            if p["kind"] == "bias":
                self.bias = rows_of(p["name"])[0][0]
            else:
                self.weights[p["field"]] = [row[0] for row in rows_of(p["name"])]
                assert len(self.weights[p["field"]]) == document["fields"][p["field"]]["ids"]

    def logit(self, ids, numbers):
        return self.bias + sum(w[i] for w, i in zip(self.weights, ids))


class Input:
    """An entry of `embeddings`."""

    def __init__(self, entry, dim, behind, rows_of):
        self.field, self.number, self.dim, self.behind = entry.get("field"), entry.get("number"), dim, behind
        self.strips = []
        for strip in entry["strips"]:
            rows = rows_of(strip["array"])
            assert len(rows) == strip["ids"] and len(rows[0]) == strip["width"]
            assert ("projection" in strip) == entry["projected"]
            self.strips.append((rows, rows_of(strip["projection"]) if entry["projected"] else None))
        self.projected = entry["projected"]

    def vector(self, ids, numbers):
        id = ids[self.field] if self.field is not None else 0
        id = id if id < len(self.strips[0][0]) else self.behind
        x = [0.0] * self.dim if self.projected else []
        for rows, projection in self.strips:
            row = rows[id] if id < len(rows) else [0.0] * len(rows[0])
            if self.projected:
                for value, line in zip(row, projection):
                    x = [a + value * b for a, b in zip(x, line)]
            else:
                x = x + row
        x += [0.0] * (self.dim - len(x))
        return x if self.number is None else [numbers[self.number] * a for a in x]


class Network:
    def __init__(self, document, rows_of):
        settings = document["settings"]
        arrays = {p["name"]: rows_of(p["name"]) for p in document["parameters"]}
        of_kind = lambda kind: {p["field"]: arrays[p["name"]] for p in document["parameters"] if p["kind"] == kind}
        self.bias = arrays["linear.bias"][0][0] if "linear.bias" in arrays else 0.0
        self.linear, dim = of_kind("linear"), settings["dim"]
        if "embeddings" in document:
            sized = document["embeddings"]
            assert sized["dim"] == dim
            self.inputs = [Input(entry, dim, sized["behind"], rows_of) for entry in sized["inputs"]]
        else:
            whole = lambda name, key, place: {"strips": [{"array": name, "ids": len(arrays[name]), "width": dim}],
                                              "projected": False, key: place}
            self.inputs = [Input(whole(p["name"], "field", p["field"]), dim, 0, rows_of)
                           for p in document["parameters"] if p["kind"] == "embedding"]
            for k, row in enumerate(arrays.get("embedding.values", [])):
                self.inputs.append(Input({"strips": [{"array": k, "ids": 1, "width": dim}], "projected": False,
                                          "number": k}, dim, 0, lambda k: [arrays["embedding.values"][k]]))
        self.layers = []
        if document["model"] == "deepfm":
            assert settings["batch_norm"] == "off"
            self.layers = [(arrays["deep.%d.kernel" % n], arrays["deep.%d.bias" % n][0])
                           for n in range(1, settings["layers"] + 1)]
            self.layers.append((arrays["out.kernel"], arrays["out.bias"][0]))

    def logit(self, ids, numbers):
        vectors = [i.vector(ids, numbers) for i in self.inputs]
        logit = self.bias + sum(table[ids[f]][0] for f, table in self.linear.items())
        for column in zip(*vectors):
            logit += (sum(column) ** 2 - sum(a * a for a in column)) / 2
        h = [a for x in vectors for a in x]
        for n, (kernel, bias) in enumerate(self.layers):
            y = list(bias)
            for a, line in zip(h, kernel):
                if a != 0:
                    y = [b + a * c for b, c in zip(y, line)]
            h = y if n == len(self.layers) - 1 else [max(0.0, b) for b in y]
        return logit + (h[0] if self.layers else 0.0)


def scaled(entry, cell, missing):
    """A cell as a network reads it."""
    value = math.nan if missing else number(cell)
    if math.isnan(value):
        return 0.0
    if entry["logarithmic"]:
        value = math.copysign(math.log1p(abs(value)), value)
    return max(-entry["clip"], min(entry["clip"], (value - entry["mean"]) * entry["scale"]))


MODELS = {"lr": Logistic, "fm": Network, "deepfm": Network}


def main(export, data, scores):
    document, rows_of = load(export)
    assert document["format"] == "fieldwise export" and document["version"] == 1
    fields = [Field(field, document) for field in document["fields"]]
    model = MODELS[document["model"]](document, rows_of)
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
            cells = {name: row[at].strip(" \t") for name, at in place.items()}
            ids = []
            for f in fields:
                if f.kind == "cross":
                    ids.append(f.cross(ids))
                else:
                    cell = cells[f.field["column"]]
                    ids.append(f.base(cell, cell in missing))
            columns = [(entry, cells[entry["column"]]) for entry in document["numbers"]]
            logit = model.logit(ids, [scaled(entry, cell, cell in missing) for entry, cell in columns])
            p = 1 / (1 + math.exp(-(calibration["scale"] * logit + calibration["shift"])))
            worst = max(worst, abs(p - expected[n]))
            n += 1
    assert n == len(expected), "%d rows, %d scores" % (n, len(expected))
    how = document["model"] + (", sized" if "embeddings" in document else "")
    print("%s (%s): %d rows, %d fields, largest difference %.2g"
          % (export.rsplit("/", 1)[-1], how, n, len(fields), worst))
    return 0 if worst <= (1e-6 if document["model"] == "lr" else 1e-5) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
