"""How sure: whether probabilities mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.resampling import account_weights, percentile_interval

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

N_BINS = 10


def prevalence_weights(fake: ArrayLike, prevalence: float) -> Floats:
    """Weight of each account that gives fakes the share `prevalence`; they sum to one.

    Examples
    --------
    >>> prevalence_weights([True, False, False], 0.1).tolist()
    [0.1, 0.45, 0.45]
    """
    y = np.asarray(fake, dtype=bool)
    n_fake, n_normal = int(y.sum()), int((~y).sum())
    return np.where(y, prevalence / max(n_fake, 1), (1 - prevalence) / max(n_normal, 1))


def brier(fake: ArrayLike, probability: ArrayLike, prevalence: float) -> float:
    """Mean squared distance of probability and truth, accounts weighted to a share of fakes.

    Brier (1950). Always saying the prevalence p scores ``p (1 - p)``: .09 at 10 %.

    Examples
    --------
    >>> round(brier([True, False], [0.1, 0.1], 0.1), 3)
    0.09
    """
    y = np.asarray(fake, dtype=np.float64)
    return float(prevalence_weights(fake, prevalence) @ (np.asarray(probability) - y) ** 2)


def at_prevalence(probability: ArrayLike, stated: float, wanted: float) -> Floats:
    """Probabilities stated at one share of fakes, as they are at another: odds times the ratio of odds.

    Saerens, Latinne & Decaestecker (2002), doi:10.1162/089976602753284446.

    Examples
    --------
    >>> at_prevalence([0.1], 0.1, 0.02).round(3).tolist()
    [0.02]
    """
    p = np.asarray(probability, dtype=np.float64)
    up, down = wanted / stated * p, (1 - wanted) / (1 - stated) * (1 - p)
    return np.asarray(up / (up + down))


def reliability(
    fake: ArrayLike,
    probability: ArrayLike,
    prevalence: float,
    *,
    n_bins: int = N_BINS,
    n_resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Reliability curve: what share of accounts with about this probability is fake.

    Parameters
    ----------
    fake, probability
        ``(n,)`` labels and probabilities.
    prevalence
        Share of fakes to which accounts are weighted: the one at which the probabilities are stated.
    n_bins
        Bins of about equal numbers of accounts.
    n_resamples, seed
        Bootstrap over accounts, fakes and normals apart.

    Returns
    -------
    pandas.DataFrame
        ``bin, accounts, predicted, observed, low, high``: weighted mean probability and weighted share of
        fakes with its 95 % interval.
    """
    import pandas as pd

    y, p = np.asarray(fake, dtype=bool), np.asarray(probability, dtype=np.float64)
    edges = np.quantile(p, np.linspace(0, 1, n_bins + 1)[1:-1])
    place = np.searchsorted(np.unique(edges), p, side="right")
    member = np.zeros((len(p), int(place.max(initial=0)) + 1))
    member[np.arange(len(p)), place] = 1
    member = member[:, member.any(axis=0)]
    weight = prevalence_weights(y, prevalence)
    draws = [_shares(w * weight, y, member) for w in account_weights(y, n_resamples, seed)]
    observed = _shares(weight[None], y, member)[0]
    predicted = (weight * p) @ member / (weight @ member)
    bounds = [percentile_interval(d) for d in np.concatenate(draws).T] if draws else []
    return pd.DataFrame(
        {
            "bin": np.arange(member.shape[1]),
            "accounts": member.sum(axis=0).astype(int),
            "predicted": predicted,
            "observed": observed,
            "low": [low for low, _ in bounds] or np.nan,
            "high": [high for _, high in bounds] or np.nan,
        }
    )


def _shares(weights: Floats, fake: NDArray[np.bool_], member: Floats) -> Floats:
    """Weighted share of fakes in each bin, ``(n_weightings, n_bins)``."""
    found, all_ = (weights * fake) @ member, weights @ member
    return np.asarray(np.divide(found, all_, out=np.full(all_.shape, np.nan), where=all_ > 0))
