"""What each feature adds to the score of each account, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.features.sources import column_sources, families_by_measure, named_columns
from fakeengage.models.base import evidence_matrix
from fakeengage.models.contributions import contributions_of
from fakeengage.panel import Panel

if TYPE_CHECKING:
    import pandas as pd


def contributions(
    model: Any,
    panel: Panel,
    *,
    features: NDArray[np.float64] | None = None,
    top: int | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """What each feature adds to the score of each account.

    Parameters
    ----------
    model
        An :class:`~fakeengage.models.Auditor` or a detector on trees.
    panel
        The accounts.
    features
        Feature matrix of `panel`; extracted when left out.
    top
        Rows per account, those of largest size; all when left out.
    threads
        Threads to use; all cores by default. The values do not depend on it.

    Returns
    -------
    pandas.DataFrame
        ``account_id``, ``feature``, ``family``, ``metric`` (the metric or pair that the feature speaks of:
        for an ``any`` column the one with the largest value; ``metrics`` or ``ratios`` for means and
        what they do together), ``value`` (NaN = not known), ``usual`` (median of the accounts fitted on),
        ``contribution`` (in the unit of the score; positive = more suspicious). Accounts in the panel's
        order, the largest contribution first.

    Raises
    ------
    TypeError
        If the model does not say what a feature adds.
    ValueError
        If the model is not fitted, or `top` is not positive.

    Notes
    -----
    Of a tree ensemble these are exact Shapley values of the path-dependent game (Lundberg et al. 2018,
    arXiv:1802.03888): all of an account's contributions and a constant add up to its score – that of
    :meth:`score` for a detector; for an auditor the part of the raw score that its trees give. A
    contribution says what the *model* makes of a feature. It is no cause.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=40, length=168, seed=3)
    >>> detector = fe.models.IsolationForestDetector(n_estimators=20).fit(data.panel)
    >>> frame = fe.contributions(detector, data.panel, top=3)
    >>> len(frame)
    120
    """
    import pandas as pd

    if top is not None and top < 1:
        raise ValueError(f"top: {top} is not allowed; at least 1, or None for all features")
    matrix = evidence_matrix(panel, threads=threads) if features is None else features
    found = contributions_of(model, panel, matrix, threads=threads)
    family = families_by_measure()
    families = [family[name.partition("__")[2]] for name in found.names]
    values = named_columns(panel.metrics, matrix, found.names)
    codes, sources = column_sources(panel.metrics, matrix, found.names)
    # Ties keep the registry's order, so that the table is the same on every machine.
    order = np.argsort(-np.abs(found.values), axis=1, kind="stable")[:, :top]
    rows = np.arange(len(matrix))[:, None]
    return pd.DataFrame(
        {
            "account_id": np.repeat(panel.account_ids, order.shape[1]),
            "feature": np.array(found.names, dtype=object)[order].ravel(),
            "family": np.array(families, dtype=object)[order].ravel(),
            "metric": np.array(sources, dtype=object)[codes[rows, order]].ravel(),
            "value": values[rows, order].ravel(),
            "usual": found.usual[order].ravel(),
            "contribution": found.values[rows, order].ravel(),
        }
    )


def grouped(frame: pd.DataFrame, by: str = "family") -> pd.DataFrame:
    """Contributions added up by family or metric.

    Parameters
    ----------
    frame
        What :func:`contributions` gave, with all features.
    by
        ``family``, ``metric`` or ``feature``.

    Returns
    -------
    pandas.DataFrame
        ``account_id``, `by`, ``contribution``; accounts in their order, the largest sum first.

    Raises
    ------
    ValueError
        If `by` is none of these.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("a", "burst", 1.0), ("a", "ratio", 0.5), ("a", "burst", 2.0)]
    >>> frame = pd.DataFrame(rows, columns=["account_id", "family", "contribution"])
    >>> grouped(frame).contribution.tolist()
    [3.0, 0.5]
    """
    if by not in ("family", "metric", "feature"):
        raise ValueError(f"by: {by!r} is not allowed; 'family', 'metric' or 'feature'")
    sums = frame.groupby(["account_id", by], sort=False)["contribution"].sum().reset_index()
    place = {account: k for k, account in enumerate(dict.fromkeys(frame["account_id"]))}
    sums["place"] = sums["account_id"].map(place)
    sums["size"] = -sums["contribution"].abs()
    sums = sums.sort_values(["place", "size", by], kind="stable", ignore_index=True)
    return sums[["account_id", by, "contribution"]]
