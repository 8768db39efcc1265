"""With whom: pairs of accounts of one cohort, found and true."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fakeengage.evaluation.answers import Answers
from fakeengage.evaluation.rows import Bootstrap, Row, row
from fakeengage.evaluation.truth import Truth
from fakeengage.resampling import account_weights, percentile_interval

Floats = NDArray[np.float64]
Names = NDArray[np.object_]


def pair_figures(true: Names, found: Names, weights: Floats | None = None) -> dict[str, Floats]:
    """Precision, recall and F1 over pairs of accounts.

    Parameters
    ----------
    true, found
        ``(n,)`` name of the cohort of each account, None for none.
    weights
        ``(n_resamples, n)`` how often each account counts; once when left out.

    Returns
    -------
    dict
        ``pair precision``, ``pair recall``, ``pair F1``: one value per row of `weights`. Precision is NaN
        where no pair was found, recall where there is none; F1 is NaN only where neither is.

    Notes
    -----
    A pair counts as found when both accounts are in one found cohort, and as true when both are in one
    true cohort: a cohort split in two, or two merged, costs as much as it misleads. An account drawn twice
    makes no pair with itself.

    Examples
    --------
    >>> true = np.array(["a", "a", "a", None, None], dtype=object)
    >>> found = np.array([1, 1, None, 1, None], dtype=object)
    >>> {name: round(float(v[0]), 2) for name, v in pair_figures(true, found).items()}
    {'pair precision': 0.33, 'pair recall': 0.33, 'pair F1': 0.33}
    """
    w = np.ones((1, len(true))) if weights is None else weights
    a, b = _codes(true), _codes(found)
    both = np.where((a >= 0) & (b >= 0), a * (b.max(initial=0) + 1) + b, -1)
    right, n_true, n_found = (_pairs(w, codes) for codes in (both, a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "pair precision": np.where(n_found > 0, right / n_found, np.nan),
            "pair recall": np.where(n_true > 0, right / n_true, np.nan),
            "pair F1": np.where(n_true + n_found > 0, 2 * right / (n_true + n_found), np.nan),
        }


def cohort_rows(truth: Truth, answers: Mapping[str, Answers], bootstrap: Bootstrap) -> list[Row]:
    """With whom: pairs of one cohort, over all accounts and over the fakes of each attack with normals."""
    true, attack = truth.column("cohort_id"), truth.column("attack")
    if true is None or attack is None:
        return []
    together = {str(a) for a, c in zip(attack, true, strict=True) if a is not None and c is not None}
    parts = {"": np.ones(len(true), dtype=bool)}
    parts |= {f", {name}": ~truth.fake | (attack == name) for name in sorted(together)}
    rows: list[Row] = []
    for name, mine in answers.items():
        if mine.cohort is None:
            continue
        for end, member in parts.items():
            a, b = true[member], mine.cohort[member]
            draws: dict[str, list[Floats]] = {}
            for weights in account_weights(truth.fake[member], bootstrap.n_resamples, bootstrap.seed):
                for figure, values in pair_figures(a, b, weights).items():
                    draws.setdefault(figure, []).append(values)
            for figure, value in pair_figures(a, b).items():
                drawn = np.concatenate(draws[figure]) if figure in draws else np.empty(0)
                rows.append(row(name, figure + end, (float(value[0]), *percentile_interval(drawn))))
    return rows


def _codes(names: Names) -> NDArray[np.int64]:
    """Cohorts as numbers from 0; -1 for none."""
    numbers: dict[object, int] = {}
    return np.array(
        [-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names.tolist()],
        dtype=np.int64,
    )


def _pairs(weights: Floats, codes: NDArray[np.int64]) -> Floats:
    """Weight of the pairs of accounts with equal code: ``((sum w)² − sum w²) / 2`` per code."""
    inside = codes >= 0
    _, place = np.unique(codes[inside], return_inverse=True)
    order = np.argsort(place, kind="stable")
    mine = weights[:, inside][:, order]
    if not mine.shape[1]:
        return np.zeros(len(weights))
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    sums = np.add.reduceat(mine, starts, axis=1)
    return np.asarray((sums**2).sum(axis=1) - (mine**2).sum(axis=1)) / 2
