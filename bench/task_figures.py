"""Figures that bench/funnel and bench/positions share, on plain lists."""
import csv
import math


def columns(path, names):
    """Columns of a CSV file as lists of numbers."""
    with open(path, encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader)
        places = [header.index(name) for name in names]
        return [list(column) for column in zip(*([float(row[p]) for p in places] for row in reader))]


def ranks(values):
    """Ranks from 1, ties sharing theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    out = [0.0] * len(values)
    i = 0
    while i < len(order):
        j = i
        while j + 1 < len(order) and values[order[j + 1]] == values[order[i]]:
            j += 1
        for k in range(i, j + 1):
            out[order[k]] = (i + j) / 2 + 1
        i = j + 1
    return out


def auc(scores, labels):
    of = ranks(scores)
    positives = sum(1 for y in labels if y > 0)
    total = sum(r for r, y in zip(of, labels) if y > 0)
    return (total - positives * (positives + 1) / 2) / (positives * (len(labels) - positives))


def correlation(a, b):
    n = len(a)
    mean_a, mean_b = sum(a) / n, sum(b) / n
    cross = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    return cross / math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))


def divergence(truth, predicted):
    """Mean Kullback-Leibler distance of two probabilities: how much logloss is above the least there can be."""
    total = 0.0
    for q, p in zip(truth, predicted):
        p = min(max(p, 1e-7), 1 - 1e-7)
        total += q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))
    return total / len(truth)


def rmse(truth, predicted):
    return math.sqrt(sum((q - p) ** 2 for q, p in zip(truth, predicted)) / len(truth))


def mean_and_error(values):
    n = len(values)
    mean = sum(values) / n
    if n < 2:
        return mean, float("nan")
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1) / n)


def table(runs, baseline=None):
    """runs: {row: {figure: [a number a seed]}}. Prints means and standard errors, and by baseline the mean difference
    from it with the standard error of the paired difference."""
    figures = list(next(iter(runs.values())))
    print("method".ljust(16) + "".join(figure.rjust(20) for figure in figures))
    for name, row in runs.items():
        cells = ["%.4f ± %.4f" % mean_and_error(row[figure]) for figure in figures]
        print(name.ljust(16) + "".join(cell.rjust(20) for cell in cells))
    if baseline is None:
        return
    print(f"\n{baseline} less the method".ljust(17))
    for name, row in runs.items():
        if name != baseline:
            cells = ["%+.4f ± %.4f" % mean_and_error([a - b for a, b in zip(runs[baseline][f], row[f])])
                     for f in figures]
            print(name.ljust(16) + "".join(cell.rjust(20) for cell in cells))
