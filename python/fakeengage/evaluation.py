"""Evaluation of detectors against labels, beside trivial baselines, with intervals over accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.baselines import trivial_scores
from fakeengage.models.base import known_labels
from fakeengage.ranking import FIGURES, auroc, bootstrap_interval

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.dataset import Dataset

GROUPS = ("attack", "profile", "scenario")


@dataclass(frozen=True)
class Evaluation:
    """Figures of one or more detectors on one labelled data set.

    Attributes
    ----------
    table
        ``detector, figure, value, low, high`` (95 % interval by bootstrap over accounts).
    groups
        ``detector, group, name, accounts, auroc``: fakes of one attack against all normals; fakes
        and normals of one profile; all fakes against normals of one scenario.
    windows
        ``figure, value``: how well hour scores point at the changed hours of fakes, where known.
    scores
        Scores by detector, and the labels, for curves.
    fake
        Label of each account.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    windows: pd.DataFrame
    scores: dict[str, NDArray[np.float64]] = field(repr=False)
    fake: NDArray[np.bool_] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Figures as plain values, for a JSON file."""
        return {
            "accounts": len(self.fake),
            "fakes": int(self.fake.sum()),
            "table": self.table.to_dict(orient="records"),
            "groups": self.groups.to_dict(orient="records"),
            "windows": self.windows.to_dict(orient="records"),
        }


def evaluate(model: Any, dataset: Dataset, *, seed: int = 0, n_resamples: int = 1000) -> Evaluation:
    """Scores a labelled data set and compares with trivial baselines.

    Parameters
    ----------
    model
        Anything with ``score(panel)`` (or several of them by name); ``None`` is the shipped model.
        It must not have been fitted on these labels.
    dataset
        A simulated :class:`~fakeengage.Dataset`, or anything with a ``panel`` and an ``accounts``
        table that has ``is_fake``; accounts without a label are left out.
    seed
        Seed of the bootstrap and of the random baseline.
    n_resamples
        Resamples behind each interval.

    Returns
    -------
    Evaluation
        AUROC, AUPRC, recall at 1 % false positives and precision at 2 % prevalence, by group, and
        of hours where the data set knows what was changed.

    Raises
    ------
    ValueError
        If the data set lacks labels, or all accounts have the same.
    """
    import pandas as pd

    from fakeengage.scoring import resolve_model

    panel, accounts = dataset.panel, dataset.accounts
    if "is_fake" not in accounts:
        raise ValueError("dataset: has no labels (column is_fake); evaluate needs fake and normal accounts")
    known, fake = known_labels(accounts["is_fake"], len(panel))
    if not known.all():
        panel, accounts = panel.select(known), accounts[known].reset_index(drop=True)
    if fake.all() or not fake.any():
        raise ValueError(f"dataset: all {len(fake)} accounts have one label; fake and normal ones are needed")
    detectors = (
        model if isinstance(model, dict) else {"Auditor": resolve_model(model) if model is None else model}
    )
    scores = {name: _known(detector.score(panel)) for name, detector in detectors.items()}
    scores |= trivial_scores(panel, seed)
    rows = []
    for name, values in scores.items():
        for title, figure in FIGURES.items():
            value, low, high = bootstrap_interval(figure, fake, values, n_resamples=n_resamples, seed=seed)
            rows.append({"detector": name, "figure": title, "value": value, "low": low, "high": high})
    return Evaluation(
        table=pd.DataFrame(rows),
        groups=_groups(accounts, fake, scores),
        windows=_windows(dataset),
        scores=scores,
        fake=fake,
    )


def _known(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Accounts that cannot be judged rank last: not flagging them is the answer that they get."""
    return np.where(np.isnan(scores), -np.inf, scores)


def _groups(
    accounts: pd.DataFrame, fake: NDArray[np.bool_], scores: dict[str, NDArray[np.float64]]
) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for group in (g for g in GROUPS if g in accounts):
        for name in sorted(accounts[group].dropna().unique()):
            member = (accounts[group] == name).to_numpy(dtype=bool)
            # Attacks have no normals and scenarios no fakes: the other side is everybody.
            compared = {"attack": member | ~fake, "scenario": member | fake}.get(group, member)
            for detector, values in scores.items():
                rows.append(
                    {
                        "detector": detector,
                        "group": group,
                        "name": str(name),
                        "accounts": int(member.sum()),
                        "auroc": auroc(fake[compared], values[compared]),
                    }
                )
    return pd.DataFrame(rows, columns=["detector", "group", "name", "accounts", "auroc"])


def _windows(dataset: Any) -> pd.DataFrame:
    """Mean over fakes of the hour scores' AUROC against the hours that the attack changed."""
    import pandas as pd

    from fakeengage.expectation import fit_expectation
    from fakeengage.scoring.findings import hour_scores

    columns = ["figure", "value", "accounts"]
    mask = getattr(dataset, "mask", None)
    if mask is None:
        return pd.DataFrame(columns=columns)
    panel = dataset.panel
    changed = np.logical_or.reduce(np.asarray(mask, dtype=bool), axis=2)
    share = changed.mean(axis=1)
    some = (share > 0) & (share < 1)
    if not some.any():
        return pd.DataFrame(columns=columns)
    hours = hour_scores(panel, fit_expectation(panel))
    own, plain = [], []
    for i in np.flatnonzero(some):
        mine = hours[panel.offsets[i] : panel.offsets[i + 1]].astype(np.float64)
        own.append(auroc(changed[i], np.nan_to_num(mine)))
        plain.append(auroc(changed[i], np.nan_to_num(panel.block(i)[0]).astype(np.float64)))
    return pd.DataFrame(
        [
            {"figure": "hour AUROC per fake: excess", "value": float(np.mean(own)), "accounts": len(own)},
            {
                "figure": "hour AUROC per fake: raw counts",
                "value": float(np.mean(plain)),
                "accounts": len(plain),
            },
        ],
        columns=columns,
    )
