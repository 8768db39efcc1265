"""Figures of many data sets: each seed is a platform of its own, so the spread over seeds is the error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from fakeengage.resampling import LEVEL

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.dataset import Dataset

Say = Callable[[str], None]
"""Is told what a long study is about to do."""

TEST_SEEDS = 1_000_000
"""Added to the seed of training data for the data that tests: other accounts of another platform."""


def seed_interval(values: ArrayLike, level: float = LEVEL) -> tuple[float, float, float]:
    """Mean over seeds and its interval by Student's t, cut to 0–1 as every share; NaN values are left out.

    Examples
    --------
    >>> [round(v, 3) for v in seed_interval([0.9, 0.92, 0.94])]
    [0.92, 0.87, 0.97]
    """
    from scipy.stats import t

    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        return float("nan"), float("nan"), float("nan")
    mean = float(known.mean())
    if known.size < 2:
        return mean, float("nan"), float("nan")
    half = float(t.ppf(0.5 + level / 2, known.size - 1) * known.std(ddof=1) / np.sqrt(known.size))
    return mean, max(mean - half, 0.0), min(mean + half, 1.0)


def over_seeds(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Means over seeds: the columns `by`, then ``value, low, high, sd, seeds``, in order of appearance.

    Parameters
    ----------
    rows
        One row per seed and figure, with a column ``value``.
    by
        Columns that tell figures apart.
    """
    import pandas as pd

    out: list[dict[str, Any]] = []
    for key, group in rows.groupby(list(by), sort=False, dropna=False):
        value, low, high = seed_interval(group["value"])
        n = int(group["value"].notna().sum())
        sd = float(group["value"].std()) if n > 1 else float("nan")
        out.append(
            dict(zip(by, key, strict=True)) | {"value": value, "low": low, "high": high, "sd": sd, "seeds": n}
        )
    return pd.DataFrame(out, columns=[*by, "value", "low", "high", "sd", "seeds"])


def evaluate_seeds(
    model: Any,
    *,
    preset: str = "published",
    seeds: Iterable[int] = range(6),
    n_users: int = 500,
    fake_ratio: float = 0.35,
    fdr: float = 0.05,
    threads: int | None = None,
    say: Say | None = None,
) -> dict[str, pd.DataFrame]:
    """The tables of :func:`fakeengage.evaluate` as means over simulated data sets.

    Parameters
    ----------
    model
        As :func:`fakeengage.evaluate` takes it; not fitted on these seeds.
    preset, n_users, fake_ratio
        What is simulated, one platform per seed.
    seeds
        Seeds of the data sets.
    fdr, threads
        As in :func:`fakeengage.evaluate`.
    say
        Is told of each seed.

    Returns
    -------
    dict
        Per question ``detector, figure, value, low, high, sd, seeds``, and ``groups`` with ``group`` and
        ``name`` beside them.
    """
    import pandas as pd

    from fakeengage.evaluation.evaluating import QUESTIONS, evaluate

    parts: dict[str, list[pd.DataFrame]] = {}
    for seed in seeds:
        if say is not None:
            say(f"{preset}, seed {seed}")
        data = simulated(preset, seed, n_users, fake_ratio=fake_ratio, threads=threads)
        measured = evaluate(model, data, n_resamples=0, seed=seed, fdr=fdr, threads=threads)
        for name in (*QUESTIONS, "groups"):
            parts.setdefault(name, []).append(getattr(measured, name))
    out = {}
    for name, frames in parts.items():
        by = ["detector", "group", "name", "figure"] if name == "groups" else ["detector", "figure"]
        out[name] = over_seeds(pd.concat(frames, ignore_index=True), by)
    return out


def simulated(
    preset: str,
    seed: int,
    n_users: int,
    *,
    fake_ratio: float = 0.35,
    n_worlds: int = 1,
    threads: int | None = None,
) -> Dataset:
    """Accounts of a preset."""
    from fakeengage.simulation import simulate

    return simulate(
        n_users, fake_ratio=fake_ratio, seed=seed, preset=preset, n_worlds=n_worlds, threads=threads
    )


def by_name(make_detector: Any) -> Mapping[str, Callable[[], Any]]:
    """Factories by name; one alone is called ``detector``."""
    return make_detector if isinstance(make_detector, Mapping) else {"detector": make_detector}
