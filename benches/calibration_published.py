"""Where preset `published` lands beside the published reference: one row per figure, mean and sd over seeds.

usage: python benches/calibration_published.py [--seeds 8] [--full] [--preset published]
`--full` adds a figure that keeps the exam honest (slower): a random forest on the naive list.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

import fakeengage as fe
from fakeengage.baselines import naive_aggregates

# Columns of the naive list that hold the six correlations.
CORRELATIONS = slice(20, 26)


def figures(seed: int, preset: str, n_users: int, full: bool) -> dict[str, float]:
    data = fe.simulate(n_users=n_users, seed=seed, preset=preset)
    values = np.asarray(data.panel.values, dtype=np.float64)
    fake = data.accounts["is_fake"].to_numpy()
    features = naive_aggregates(data.panel)
    forest = IsolationForest(n_estimators=200, random_state=seed).fit(features)
    pairs = features[:, CORRELATIONS].mean(1)
    views = values[:, :, 0]
    spread = views.std(1) / np.maximum(views.mean(1), 1e-9)
    centred = views - views.mean(1, keepdims=True)
    variance = np.maximum((centred**2).mean(1), 1e-12)
    tails = (centred**4).mean(1) / variance**2 - 3
    out = {
        "AUC of the naive Isolation Forest": roc_auc_score(fake, -forest.score_samples(features)),
        "correlation of metrics, normal": pairs[~fake].mean(),
        "correlation of metrics, fake": pairs[fake].mean(),
        "median sd / mean of views, normal": np.median(spread[~fake]),
        "median sd / mean of views, fake": np.median(spread[fake]),
        "median excess kurtosis of views, normal": np.median(tails[~fake]),
        "median excess kurtosis of views, fake": np.median(tails[fake]),
    }
    if full:
        trees = RandomForestClassifier(300, random_state=seed, n_jobs=1)
        chance = cross_val_predict(trees, features, fake, cv=5, method="predict_proba")[:, 1]
        out["AUC of a random forest on the naive list"] = roc_auc_score(fake, chance)
    return out


REFERENCE = {
    "AUC of the naive Isolation Forest": "0.63",
    "correlation of metrics, normal": "0.86",
    "correlation of metrics, fake": "0.91",
    "median sd / mean of views, fake": "above normal",
    "median excess kurtosis of views, fake": "above normal",
    "AUC of a random forest on the naive list": "0.85",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--n-users", type=int, default=500)
    parser.add_argument("--preset", default="published")
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("error")
    rows = [figures(s, options.preset, options.n_users, options.full) for s in range(options.seeds)]
    print(f"preset {options.preset}, {options.n_users} accounts, {options.seeds} seeds")
    print(f"{'figure':44s} {'mean':>8s} {'sd':>7s}  reference")
    for name in rows[0]:
        drawn = np.array([row[name] for row in rows])
        print(f"{name:44s} {drawn.mean():8.3f} {drawn.std():7.3f}  {REFERENCE.get(name, '')}")


if __name__ == "__main__":
    main()
