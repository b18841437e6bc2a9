"""Prepares tables and sums up results for bench/sizes.

    sizes.py movielens FOLDER OUT.csv     ml-100k as one table: rating >= 4 from user, item and what is known of them
    sizes.py rows NAME SEED VARIANT       result of `fieldwise embed --json` on standard input -> CSV rows
    sizes.py table FILE...                CSV rows -> means over seeds, standard errors, verdicts
"""
import collections
import csv
import json
import math
import sys


def movielens(folder, out):
    def lines(name):
        with open(f"{folder}/{name}", encoding="latin1") as file:
            return [line.rstrip("\n") for line in file if line.strip()]

    users = {u: rest for u, *rest in (line.split("|") for line in lines("u.user"))}
    genres = [line.split("|")[0] for line in lines("u.genre")]
    items = {}
    for line in lines("u.item"):
        parts = line.split("|")
        items[parts[0]] = (parts[2][-4:], "|".join(g for g, flag in zip(genres, parts[5:]) if flag == "1"))
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow("label user item age gender occupation zip year genres hour weekday".split())
        for line in lines("u.data"):
            user, item, rating, time = line.split()
            age, gender, occupation, code = users[user]
            time = int(time)
            writer.writerow([int(int(rating) >= 4), "u" + user, "i" + item, age, gender, occupation, "z" + code,
                             *items[item], f"h{time // 3600 % 24}", f"d{time // 86400 % 7}"])


def rows(name, seed, variant):
    result = json.load(sys.stdin)
    full = result["full_bytes"]
    for trial in result["trials"]:
        method = trial["method"]
        if variant and method == "nis":
            method += variant
        share = "full" if trial["memory"] is None else f"{100 * trial['memory'] / full:.0f}%"
        print(name, seed, share, method, trial["bytes"], f"{trial['quality']:.6f}", f"{trial['test']:.6f}",
              f"{trial['search_seconds']:.2f}", f"{trial['fit_seconds']:.2f}", sep=",")


def table(files):
    runs = {}
    costs = collections.defaultdict(float)
    for file in files:
        for name, seed, share, method, size, valid, test, search, fit in csv.reader(open(file, encoding="utf-8")):
            key = (name, share, method, seed)
            costs[key] += float(search) + float(fit)
            if key not in runs or float(valid) > runs[key][0]:  # of several answers the best on validation rows
                runs[key] = (float(valid), float(test), int(size))
    groups = collections.defaultdict(dict)
    for (name, share, method, seed), (_, test, _) in runs.items():
        groups[name, share].setdefault(method, {})[seed] = test
    for (name, share), methods in groups.items():
        print(f"\n{name} {share}")
        best = max((m for m in methods if m.startswith("nis")), key=lambda m: sum(methods[m].values()) / len(methods[m]),
                   default=None)
        for method, values in sorted(methods.items(), key=lambda item: -sum(item[1].values()) / len(item[1])):
            mean = sum(values.values()) / len(values)
            text = f"  {method:22} {mean:.5f}  ({len(values)} seeds)"
            shared = sorted(set(values) & set(methods.get(best, {})))
            if best and method != best and len(shared) > 1:
                gaps = [methods[best][seed] - values[seed] for seed in shared]
                gap = sum(gaps) / len(gaps)
                error = math.sqrt(sum((g - gap) ** 2 for g in gaps) / (len(gaps) - 1) / len(gaps))
                verdict = "behind it" if gap < -error else "level" if gap < error else "ahead of it"
                text += f"  {best} {gap:+.5f} +- {error:.5f} {verdict}"
            print(text)
    ratios = []
    for (name, share, method, seed), cost in costs.items():
        full = costs.get((name, "full", "full", seed))
        if method.startswith("nis") and full:
            ratios.append(cost / full)
    if ratios:
        ratios.sort()
        print(f"\ncost of a search by nis, trainings of its answers included, in trainings of the full model: "
              f"median {ratios[len(ratios) // 2]:.2f}, largest {ratios[-1]:.2f}")


if __name__ == "__main__":
    {"movielens": movielens, "rows": rows}.get(sys.argv[1], lambda *a: table(a))(*sys.argv[2:])
