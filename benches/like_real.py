"""How well presets estimated from real series imitate them: statistics side by side, two-sample tests.

usage: python benches/like_real.py FOLDER [--only NAME ...] [--seed 1] [--rounds 15] [--held-out]

FOLDER holds long tables such as youtube_sakamichi.csv.gz. Series longer than two weeks are cut into weeks.
For each file a preset is estimated (`like`), and as many organic accounts are simulated with the starts,
lengths, gaps and metrics of the real ones, from it and from the presets `realistic` and `published`.
Classifiers then try to tell real from simulated accounts by the statistics of one account, cross-validated
by account (all weeks of one real series on one side): AUROC 0.5 is chance, 1 is told apart at sight.
`shape` leaves out size and ratios, by which any other platform is known at once; `shape of` a metric also
leaves out the other metrics and hours below zero. `again` is two independent simulations from the same
preset: the noise of the test itself.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

import fakeengage as fe
from fakeengage.estimation import estimate_preset, simulate_alike

FILES = ("youtube_sakamichi", "reddit_top100", "uci_news_facebook", "uk_petition_2024")
LONGEST, WEEK, DAY = 336, 168, 24
ENOUGH = 6  # observed hours of a chunk
FOLDS = 5
FEWEST = 20  # series below which no classifier is trained
BOOTSTRAPS = 300

Table = dict[str, NDArray[np.float64]]


def chunks(panel: fe.Panel) -> tuple[fe.Panel, NDArray[np.int64]]:
    """Weeks of the long series, the others whole; and which series each came from."""
    blocks, starts, source = [], [], []
    for i in range(len(panel)):
        block = panel.block(i)
        size = WEEK if block.shape[1] > LONGEST else block.shape[1]
        for begin in range(0, block.shape[1] - min(size, WEEK) // 2, max(size, 1)):
            part = block[:, begin : begin + size]
            if (~np.isnan(part)).all(axis=0).sum() >= ENOUGH:
                blocks.append(part)
                starts.append(panel.starts[i] + begin)
                source.append(i)
    lengths = [block.shape[1] for block in blocks]
    cut = fe.Panel(
        np.concatenate([block.reshape(-1) for block in blocks]),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.array(starts),
        panel.metrics,
        np.arange(len(blocks)),
        panel.cadence,
    )
    return cut, np.array(source)


def statistics(panel: fe.Panel) -> Table:
    """One row per account: what `fakeengage validate` looks at, and the shape of the course."""
    rows = [
        _account(panel.block(i).astype(np.float64), int(panel.starts[i]), panel.metrics)
        for i in range(len(panel))
    ]
    names = rows[0].keys()
    return {name: np.array([row[name] for row in rows]) for name in names}


def _account(block: NDArray[np.float64], start: int, metrics: tuple[str, ...]) -> dict[str, float]:
    out: dict[str, float] = {}
    for metric, x in zip(metrics, block, strict=True):
        seen = ~np.isnan(x)
        y = x[seen]
        mean, middle = y.mean(), float(np.median(y))
        up = np.maximum(y, 0.0)
        logs = np.log1p(up)
        out[f"{metric} size"] = float(np.log1p(max(mean, 0.0)))
        out[f"{metric} dispersion"] = float(np.log1p(np.diff(y).var() / (2 * max(mean, 0.1))))
        out[f"{metric} tail"] = float(np.log1p(y.max() / max(middle, 1.0)))
        out[f"{metric} spread"] = float(logs.std())
        out[f"{metric} skew"] = _skew(logs)
        out[f"{metric} memory"] = _memory(logs)
        out[f"{metric} zeros"] = float((y == 0).mean())
        out[f"{metric} negative"] = float((y < 0).mean())
        out[f"{metric} silence"] = _longest_run(y == 0) / len(y)
        third = max(len(y) // 3, 1)
        out[f"{metric} course"] = float(np.log((up[-third:].mean() + 0.5) / (up[:third].mean() + 0.5)))
        out[f"{metric} peak time"] = float(np.argmax(y)) / len(y)
        if len(x) >= 3 * DAY:
            out[f"{metric} cycle"] = _cycle(x, start)
    for a in range(len(metrics)):
        for b in range(a + 1, len(metrics)):
            x, y = block[[a, b]][:, ~np.isnan(block[[a, b]]).any(axis=0)]
            names = f"{metrics[a]} {metrics[b]}"
            flat = len(x) < 3 or x.std() == 0 or y.std() == 0
            out[f"{names} correlation"] = 0.0 if flat else float(np.corrcoef(x, y)[0, 1])
            out[f"{names} ratio"] = float(np.log((max(y.sum(), 0) + 0.5) / (max(x.sum(), 0) + 0.5)))
    return out


def _skew(x: NDArray[np.float64]) -> float:
    sd = x.std()
    return float((((x - x.mean()) / sd) ** 3).mean()) if sd > 0 else 0.0


def _memory(x: NDArray[np.float64]) -> float:
    centred = x - x.mean()
    power = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / power if power > 0 else 0.0


def _longest_run(hit: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hit.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _cycle(x: NDArray[np.float64], start: int) -> float:
    """Depth of the daily wave of the logarithms, trend removed."""
    t = np.arange(len(x))
    turn = 2 * np.pi * ((start + t) % DAY) / DAY
    design = np.column_stack([np.ones(len(x)), t, np.log1p(t), np.cos(turn), np.sin(turn)])
    seen = ~np.isnan(x)
    found = np.linalg.lstsq(design[seen], np.log1p(np.maximum(x[seen], 0.0)), rcond=None)[0]
    return float(np.hypot(*found[3:5]))


def told_apart(
    real: Table, made: Table, source: NDArray[np.int64], names: list[str], seed: int
) -> dict[str, tuple[float, float, float]]:
    """AUROC of two classifiers with its bootstrap interval over accounts."""
    X = np.vstack([np.column_stack([table[name] for name in names]) for table in (real, made)])
    label = np.repeat([0, 1], [len(source), len(X) - len(source)])
    groups = np.concatenate([source, source.max() + 1 + np.arange(len(X) - len(source))])
    if len(set(source)) < FOLDS:
        groups = np.arange(len(X))  # one or two real series: their weeks must stand for accounts
    models = {
        "logistic": make_pipeline(
            QuantileTransformer(
                n_quantiles=max(10, len(X) // 3), output_distribution="normal", random_state=0
            ),
            LogisticRegression(C=0.1, max_iter=2000),
        ),
        "forest": RandomForestClassifier(300, min_samples_leaf=3, random_state=seed, n_jobs=1),
    }
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    rng = np.random.default_rng(seed)
    out = {}
    for name, model in models.items():
        scores = np.zeros(len(X))
        for train, test in folds.split(X, label, groups):
            scores[test] = model.fit(X[train], label[train]).predict_proba(X[test])[:, 1]
        draws = []
        members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
        while len(draws) < BOOTSTRAPS:
            take = np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])
            if 0 < label[take].mean() < 1:
                draws.append(roc_auc_score(label[take], scores[take]))
        low, high = np.quantile(draws, [0.025, 0.975])
        out[name] = (float(roc_auc_score(label, scores)), float(low), float(high))
    return out


def distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Largest gap between two distribution functions (Kolmogorov)."""
    at = np.sort(np.concatenate([a, b]))
    left, right = (np.searchsorted(np.sort(x), at, side="right") / len(x) for x in (a, b))
    return float(np.abs(left - right).max())


def _span(x: NDArray[np.float64]) -> str:
    low, middle, high = np.quantile(x, [0.1, 0.5, 0.9])
    return f"{middle:7.2f} ({low:5.2f}, {high:5.2f})"


def estimate_anchor(panel: fe.Panel) -> str:
    """Views, or else the metric with most counts."""
    totals = {metric: np.median([np.nansum(x) for x in panel.series(metric)]) for metric in panel.metrics}
    return "views" if "views" in totals else max(totals, key=lambda metric: totals[metric])


def study(path: Path, seed: int, rounds: int, held_out: bool) -> None:
    panel, source = chunks(fe.read_panel(path))
    given = panel
    if held_out:
        given, panel, source = (
            panel.select(source % 2 == 0),
            panel.select(source % 2 == 1),
            source[source % 2 == 1],
        )
    estimate = estimate_preset(given, rounds=rounds)
    worlds = max(1, len(panel) // 50)
    likes = {"preset": estimate.base, "overrides": estimate.overrides}
    made = {
        "like": simulate_alike(panel, seed=seed + 100, **likes),
        "again": simulate_alike(panel, seed=seed + 200, **likes),
        "realistic": simulate_alike(panel, preset="realistic", seed=seed, n_worlds=worlds),
        "published": simulate_alike(panel, preset="published", seed=seed),
    }
    real = statistics(panel)
    tables = {name: statistics(other) for name, other in made.items()}
    n_series = len(set(source.tolist()))
    print(f"\n## {path.name}: {len(panel)} series from {n_series} accounts, {panel.lengths.max()} h at most")
    print("\n".join(f"  {line}" for line in estimate.sentences))
    print(f"{'median (10 %, 90 %) over accounts':36s} {'real':>22s} {'like':>22s} {'distance':>9s}")
    for name in real:
        cells = [_span(table[name]) for table in (real, tables["like"])]
        print(f"{name:36s} {cells[0]:>22s} {cells[1]:>22s} {distance(real[name], tables['like'][name]):9.2f}")
    names = [
        name for name in real if len(set(real[name].tolist())) + len(set(tables["like"][name].tolist())) > 2
    ]
    shape = [name for name in names if not name.endswith(("size", "ratio"))]
    if len(panel) < FEWEST:
        print(f"AUROC: not given for {len(panel)} series; at least {FEWEST} are needed")
        return
    first = estimate_anchor(panel)
    main = [
        name
        for name in shape
        if name.startswith(f"{first} ") and name.count(" ") == 1 and "negative" not in name
    ]
    sets = {"all": names, "shape": shape, f"shape of {first}": main}
    heads = [f"{model}, {chosen}" for chosen in sets for model in ("logistic", "forest")]
    print(f"{'AUROC, real against':20s} " + " ".join(f"{head:>26s}" for head in heads))
    for name, table in tables.items():
        against = tables["like"] if name == "again" else real
        groups = np.arange(len(panel)) if name == "again" else source
        cells = []
        for chosen in sets.values():
            found = told_apart(against, table, groups, chosen, seed)
            cells += [f"{area:.2f} ({low:.2f}-{high:.2f})" for area, low, high in found.values()]
        print(f"{name:20s} " + " ".join(f"{cell:>26s}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=FILES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--held-out", action="store_true", help="estimate from every other account, test the rest"
    )
    options = parser.parse_args()
    warnings.simplefilter("error")
    for name in options.only:
        path = options.folder / f"{name}.csv.gz"
        if path.is_file():
            study(path, options.seed, options.rounds, options.held_out)
        else:
            print(f"\n## {path.name}: not in {options.folder}")


if __name__ == "__main__":
    main()
