"""Detectors on preset `published` beside trivial baselines: mean and spread over seeds.

usage: python benches/detectors_published.py [--seeds 8] [--n-users 500] [--record]

The shipped auditor was trained on preset `realistic` only. The isolation forest is fitted on the
accounts that it scores, without labels, as the published baseline is. Boosting and the combination
are measured by five folds of the same 500 accounts: no account is scored by trees that saw it.
"""

from __future__ import annotations

import argparse
import platform
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

import fakeengage as fe
from fakeengage.baselines import trivial_scores
from fakeengage.models.base import evidence_matrix
from fakeengage.ranking import FIGURES

RECORD = Path(__file__).parent / "record" / "detectors_published.md"


def scores_of(data: fe.Dataset, seed: int) -> tuple[dict[str, NDArray[np.float64]], fe.Result]:
    """Every detector's scores of one data set, and the verdicts of the shipped model."""
    fake = data.accounts["is_fake"].to_numpy(dtype=bool)
    features = evidence_matrix(data.panel)
    scores = trivial_scores(data.panel, seed)
    forest = fe.models.IsolationForestDetector(seed=seed).fit_features(data.panel, features)
    scores["Isolation Forest, own features, no labels"] = forest.score_features(data.panel, features)
    boosted = np.empty(len(fake))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(features, fake):
        model = fe.models.GradientBoostingDetector(seed=seed)
        model.fit_features(data.panel, features[train], fake[train])
        boosted[test] = model.score_features(data.panel, features[test])
    scores["Gradient boosting, own features, 5 folds"] = boosted
    result = fe.score(data.panel)
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
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--n-users", type=int, default=500)
    parser.add_argument("--record", action="store_true", help="keep the table in benches/record/")
    arguments = parser.parse_args()
    collected: dict[str, dict[str, list[float]]] = {}
    flags, overlaps = [], []
    for seed in range(arguments.seeds):
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
        f"seeds 0–{arguments.seeds - 1}: mean ± sd over seeds.",
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
        command = f"python benches/detectors_published.py --seeds {arguments.seeds} --record"
        RECORD.write_text(
            f"# Detectors on preset `published`\n\n{date}, {machine}. `{command}`\n\n{text}", "utf-8"
        )


if __name__ == "__main__":
    main()
