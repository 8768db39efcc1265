"""Detectors on preset `published` beside trivial baselines: mean and spread over seeds.

usage: python benches/detectors_published.py [--seeds 6] [--first 101] [--n-users 500] [--record]

Detectors without labels are fitted on the very accounts that they score, as the published baseline is.
All others are measured by five stratified folds of the same accounts: no account is scored by a model
that saw it. "Normal-only" are those that are given the normal accounts of the other folds. The
combination is the mean of ranks of five of them. The shipped auditor was trained on preset `realistic` only.
Choices were made on seeds 1 to 6.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

import fakeengage as fe
from fakeengage.baselines import trivial_scores
from fakeengage.models.base import evidence_matrix
from fakeengage.ranking import FIGURES

RECORD = Path(__file__).parent / "record" / "detectors_published.md"
MODELS = fe.models

UNLABELLED: dict[str, Callable[[int], Any]] = {
    "Isolation Forest, no labels": lambda seed: MODELS.IsolationForestDetector(seed=seed),
    "one-class, no labels": lambda _: MODELS.OneClassDetector(),
    "Autoencoder, no labels": lambda seed: MODELS.AutoencoderDetector(seed=seed, device="cpu"),
}
LABELLED: dict[str, Callable[[int], Any]] = {
    "one-class, normal-only, 5 folds": lambda _: MODELS.OneClassDetector(),
    "Autoencoder, normal-only, 5 folds": lambda seed: MODELS.AutoencoderDetector(seed=seed, device="cpu"),
    "Logistic Regression, 5 folds": lambda _: MODELS.LogisticRegressionDetector(),
    "Random Forest (random splits), 5 folds": lambda seed: MODELS.RandomForestDetector(seed=seed),
    "Random Forest (best splits), 5 folds": lambda seed: MODELS.RandomForestDetector(
        seed=seed, splits="best"
    ),
    "gradient boosting, 5 folds": lambda seed: MODELS.GradientBoostingDetector(seed=seed),
}
COMBINED = [name for name in LABELLED if not name.startswith(("Autoencoder", "Random Forest (best"))]


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable") / len(values)


def scores_of(data: fe.Dataset, seed: int) -> tuple[dict[str, NDArray[np.float64]], fe.Result]:
    """Every detector's scores of one data set, and the verdicts of the shipped model."""
    panel = data.panel
    fake = data.accounts["is_fake"].to_numpy(dtype=bool)
    features = evidence_matrix(panel)
    scores = trivial_scores(panel, seed)
    torch = find_spec("torch") is not None
    for name, make in UNLABELLED.items():
        if torch or "Autoencoder" not in name:
            scores[name] = make(seed).fit_features(panel, features).score_features(panel, features)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=seed).split(features, fake))
    for name, make in LABELLED.items():
        if torch or "Autoencoder" not in name:
            scores[name] = np.empty(len(fake))
            for train, test in folds:
                model = make(seed).fit_features(panel, features[train], fake[train])
                scores[name][test] = model.score_features(panel, features[test])
    scores["combination, 5 folds"] = np.mean([ranks(scores[name]) for name in COMBINED], axis=0)
    result = fe.score(panel)
    own = result.accounts["score"].to_numpy(dtype=np.float64)
    scores["shipped Auditor, trained on `realistic`"] = np.where(np.isnan(own), -np.inf, own)
    return scores, result


def overlap(data: fe.Dataset, result: fe.Result) -> float:
    """Mean over fakes of intersection over union: hours in listed windows against hours changed."""
    changed = np.asarray(data.mask).any(axis=2)
    found = np.zeros_like(changed)
    place = {account: i for i, account in enumerate(data.panel.account_ids)}
    first = np.datetime64(data.panel.timestamps[0], "h")
    for row in result.windows.itertuples():
        hours = [
            int((np.datetime64(t.tz_localize(None), "h") - first).astype(int)) for t in (row.start, row.end)
        ]
        found[place[row.account_id], hours[0] : hours[1]] = True
    fake = changed.any(axis=1)
    both, either = (found & changed)[fake].sum(axis=1), (found | changed)[fake].sum(axis=1)
    return float(np.mean(both / either))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=101, help="first seed")
    parser.add_argument("--n-users", type=int, default=500)
    parser.add_argument("--record", action="store_true", help="keep the table in benches/record/")
    arguments = parser.parse_args()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    collected: dict[str, dict[str, list[float]]] = {}
    flags, overlaps = [], []
    for seed in seeds:
        data = fe.simulate(n_users=arguments.n_users, seed=seed, preset="published")
        fake = data.accounts["is_fake"].to_numpy(dtype=bool)
        scores, result = scores_of(data, seed)
        for name, values in scores.items():
            for title, figure in FIGURES.items():
                collected.setdefault(name, {}).setdefault(title, []).append(figure(fake, values))
        flagged = result.accounts["flagged"].to_numpy(dtype=bool)
        overlaps.append(overlap(data, result))
        flags.append((int(flagged.sum()), int((flagged & fake).sum()), int(fake.sum())))
    lines = [
        f"Preset `published`, {arguments.n_users} accounts, 336 hours, 35 % fake, "
        f"seeds {seeds[0]}–{seeds[-1]}: mean ± sd over seeds.",
        "",
        "| detector | " + " | ".join(FIGURES) + " |",
        "|---|" + "---|" * len(FIGURES),
    ]
    for name, by_title in collected.items():
        cells = [f"{np.mean(by_title[t]):.3f} ± {np.std(by_title[t]):.3f}" for t in FIGURES]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    n, right, fakes = (sum(column) for column in zip(*flags, strict=True))
    shares = [1 - right / n if n else 0.0 for n, right, _ in flags]
    lines += [
        "",
        "The combination is the mean of ranks of " + "; ".join(COMBINED) + ".",
        "",
        f"Flags of the shipped Auditor at a nominal false discovery rate of 0.05: {n} in all, "
        f"{right} right, of {fakes} fakes; mean share of wrong flags per data set {np.mean(shares):.3f} "
        f"(largest {max(shares):.3f}). Listed windows overlap the hours that an attack changed by "
        f"{np.mean(overlaps):.2f} (intersection over union, mean over fakes).",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.record:
        machine = (
            f"{platform.machine()}, 2 cores, Python {platform.python_version()}, fakeengage {fe.__version__}"
        )
        date = datetime.now(timezone.utc).date().isoformat()
        command = (
            f"python benches/detectors_published.py --first {arguments.first} "
            f"--seeds {arguments.seeds} --record"
        )
        RECORD.write_text(
            f"# Detectors on preset `published`\n\n{date}, {machine}. `{command}`\n\n{text}", "utf-8"
        )


if __name__ == "__main__":
    main()
