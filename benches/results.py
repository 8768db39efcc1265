"""The whole table of results of the shipped auditor, made again.

usage: python benches/results.py [--out docs/results] [--seeds 6] [--discovery-seeds 20] [--users 500]
       [--check]

Every question that the auditor answers, on accounts of seeds that neither training nor tuning has seen,
with 95 % intervals over seeds and trivial baselines beside each figure: ``results.md`` for people,
``results.json`` and CSV files for programs. Tables are written as they are done. ``--check`` runs the
smallest size.
"""

from __future__ import annotations

import argparse
import platform
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fakeengage as fe
from fakeengage.evaluation import Results, cross_validation, discovery_table, flag_runs, leave_one_attack_out
from fakeengage.evaluation.evaluating import QUESTIONS
from fakeengage.evaluation.results import attack_summary
from fakeengage.evaluation.seeds import evaluate_seeds, over_seeds
from fakeengage.evaluation.studies import leave_one_world_out
from fakeengage.models.base import evidence_matrix
from fakeengage.planting import plant_panel

FIRST = 101
IN_DOMAIN = 3000
IN_DOMAIN_SEED = 900


class Open:
    """Supervised and one-class evidence together, shown generic windows beside the attacks it knows.

    The open part of an auditor without its net: a net that has seen every attack cannot be asked how it
    meets one that it has not seen.
    """

    def __init__(self) -> None:
        self.parts: list[Any] = [
            fe.models.RandomForestDetector(),
            fe.models.LogisticRegressionDetector(),
            fe.models.OneClassDetector(),
        ]
        self.usual: list[tuple[float, float]] = []

    def fit(self, panel: fe.Panel, labels: ArrayLike) -> Open:
        fake = np.asarray(labels, dtype=bool)
        normal = panel.select(np.flatnonzero(~fake)[: max(int(fake.sum()) // 2, 1)])
        features = evidence_matrix(panel)
        rows = np.concatenate([features, evidence_matrix(plant_panel(normal, 1))])
        label = np.concatenate([fake, np.ones(len(normal), dtype=bool)])
        for part in self.parts:
            part.fit_features(panel, rows, label)
            scores = part.score_features(panel, features)[~fake]
            low, high = np.quantile(scores, [0.5, 0.9])
            self.usual.append((float(low), float(max(high - low, 1e-9))))
        return self

    def score(self, panel: fe.Panel) -> NDArray[np.float64]:
        features = evidence_matrix(panel)
        parts = [
            np.arcsinh((part.score_features(panel, features) - low) / unit)
            for part, (low, unit) in zip(self.parts, self.usual, strict=True)
        ]
        return np.asarray(sum(parts), dtype=np.float64)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--out", default="docs/results")
    arguments.add_argument("--seeds", type=int, default=6)
    arguments.add_argument("--discovery-seeds", type=int, default=20)
    arguments.add_argument("--users", type=int, default=500)
    arguments.add_argument("--check", action="store_true", help="smallest size, writes nothing")
    given = arguments.parse_args()
    if given.check:
        given.seeds, given.discovery_seeds, given.users = 1, 1, 100
    seeds = list(range(FIRST, FIRST + given.seeds))
    results = Results(
        {
            "made": f"{datetime.now(timezone.utc):%Y-%m-%d} by `python benches/results.py` with fakeengage "
            f"{fe.__version__} on {platform.machine()}",
            "seeds": f"{seeds[0]}–{seeds[-1]}",
            "seeds of the false discovery rate": f"{FIRST}–{FIRST + given.discovery_seeds - 1}",
            "accounts per data set": given.users,
        }
    )
    begun = time.monotonic()

    def done(title: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {title}", flush=True)
        if not given.check:
            results.save(Path(given.out))

    for preset in ("published", "realistic", "evasive"):
        found = evaluate_seeds(None, preset=preset, seeds=seeds, n_users=given.users)
        for name, title in (*QUESTIONS.items(), ("groups", "Groups")):
            if len(found[name]):
                results.tables[f"{preset}: {title}"] = found[name]
        done(f"preset {preset}")
    n_taught = 500 if given.check else IN_DOMAIN
    taught = fe.simulate(n_users=n_taught, seed=IN_DOMAIN_SEED)
    own = fe.models.Auditor().fit(taught.panel, taught.accounts["is_fake"])
    found = evaluate_seeds(own, seeds=seeds, n_users=given.users)
    results.tables[f"The same architecture fitted to {n_taught} accounts of published"] = found["table"]
    done("in-domain")
    runs = flag_runs(None, seeds=range(FIRST, FIRST + given.discovery_seeds), n_users=min(given.users, 300))
    results.tables["Realised false discovery rate at .05"] = discovery_table(runs)
    done("false discovery rate")
    factories = {"Open": Open, "Random Forest": fe.models.RandomForestDetector}
    rows = leave_one_attack_out(factories, seeds=seeds[:2], n_users=given.users, n_test=given.users)
    results.tables["Leave one attack out, trained on one platform of published"] = attack_summary(rows)
    each = rows[rows["figure"] == "AUROC"].assign(figure=rows["attack"])
    results.tables["Leave one attack out: each"] = over_seeds(each, ["detector", "training", "figure"])
    done("leave one attack out")
    rows = leave_one_world_out(
        {"Auditor, fitted": fe.models.Auditor},
        seeds=seeds[:1],
        n_users=1500 if given.check else 3000,
        n_worlds=2 if given.check else 5,
    )
    results.tables["Leave one world out, preset realistic"] = over_seeds(
        rows.groupby(["detector", "training", "seed", "figure"], sort=False)["value"].mean().reset_index(),
        ["detector", "training", "figure"],
    )
    done("leave one world out")
    rows = cross_validation(
        {"Auditor, fitted in 5 folds": fe.models.Auditor}, seeds=seeds, n_users=max(given.users, 500)
    )
    results.tables["Auditor fitted to 500 accounts of published, 5 folds"] = over_seeds(
        rows, ["detector", "figure"]
    )
    done("folds")


if __name__ == "__main__":
    main()
