"""From a panel to features: one row per account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.features.registry import FAMILIES, check_families, list_features

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.expectation import Expectation
    from fakeengage.panel import Panel


def feature_matrix(
    panel: Panel,
    expectation: Expectation | None = None,
    *,
    families: str | Iterable[str] | None = None,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Features as a plain ``(n_accounts, n_features)`` array: :func:`extract_features` without names."""
    wanted = check_families(families)
    alone = [family for family in wanted if family in FAMILIES]
    arrays = (
        panel.data,
        None if expectation is None else expectation.expected,
        panel.offsets,
        panel.starts,
        len(panel.metrics),
        panel.cadence.steps_per_day,
        panel.cadence.steps_per_week,
    )
    parts = []
    if alone or not wanted:
        parts.append(_native.extract_features(*arrays, alone, threads=threads or 0))
    if len(alone) < len(wanted):
        parts.append(_native.coordination_features(*arrays, threads=threads or 0))
    return parts[0] if len(parts) == 1 else np.hstack(parts)


def extract_features(
    panel: Panel,
    families: str | Iterable[str] | None = None,
    threads: int | None = None,
    *,
    expectation: Expectation | None = None,
) -> pd.DataFrame:
    """Features of every account, relative to its own expectation.

    Parameters
    ----------
    panel
        Accounts with any metrics, cadence and lengths.
    families
        Names out of :data:`~fakeengage.features.FAMILIES`, all of them by default, and
        ``"coordination"``, which compares the accounts of `panel` with one another.
    threads
        Threads to use; all cores by default. The values do not depend on it.
    expectation
        What to measure against. Left out, trend and daily and weekly cycles are fitted robustly on
        the way, in a hundredth of the time of :func:`fit_expectation`; give its result to measure
        against the expectation that ``score`` uses.

    Returns
    -------
    pandas.DataFrame
        One row per account, indexed by ``account_id``; NaN where a series is shorter than the
        feature's ``min_steps`` or the metric is missing.

    Raises
    ------
    ValueError
        If a family is unknown.

    Notes
    -----
    The features of an account are the same bits alone or in any batch, except for the family
    ``coordination``: it says with how many others *of this panel* an account rises at the same steps.
    Extract it separately for training and test accounts, or the test accounts are seen in training.

    Steps of rise are those at which a metric lies above its expectation and the account's standardised
    log residual, mean over its metrics, 1.5 robust standard deviations above its own day (a running
    median) once the median of all accounts is out; at most a tenth of its steps. ``coincidence``
    compares the number shared with a partner with a Poisson law whose mean follows from how active both
    are and how many accounts rise at those steps: ``k log(k / mean) - k + mean``, mean over the best
    three partners, less the log of the number of possible partners. Accounts of one owner rise together
    without any fraud.

    References
    ----------
    Beutel et al. (2013), CopyCatch, doi:10.1145/2488388.2488400; Cao et al. (2014), SynchroTrap,
    doi:10.1145/2660267.2660269: accounts that act together time and again.

    Examples
    --------
    >>> import fakeengage as fe
    >>> panel = fe.simulate(n_users=3, length=96, seed=1).panel
    >>> frame = fe.extract_features(panel, families=["ratio"])
    >>> frame.shape[0]
    3
    """
    import pandas as pd

    wanted = check_families(families)
    return pd.DataFrame(
        feature_matrix(panel, expectation, families=wanted, threads=threads),
        index=pd.Index(panel.account_ids, name="account_id"),
        columns=[feature.name for feature in list_features(panel.metrics, wanted)],
        # The matrix is nobody else's.
        copy=False,
    )
