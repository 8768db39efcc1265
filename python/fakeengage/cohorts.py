"""With whom: accounts that one operator runs, found by the hours at which they rise together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.expectation import Expectation
    from fakeengage.panel import Panel

_NO_OWNER = np.iinfo(np.uint32).max
# Nats beyond chance at which the score is 0.63.
_NATS = 8.0


@dataclass(frozen=True)
class Cohorts:
    """Cohorts of a panel.

    Parameters
    ----------
    table
        One row per member, cohorts by first shared hour and members by ``p_value``: ``cohort_id``,
        ``account_id``, ``p_value``, ``shared_hours`` (steps of the other members at which the account
        rises), ``first``, ``last`` (start of the first and of the last of them, UTC).
    p_value
        ``(n_accounts,)``: chance that an account without operator keeps the steps of some cohort as well
        as this one does; 1 for accounts in no cohort.
    score
        ``(n_accounts,)`` in 0–1: ``1 - p_value ** (1 / 8)``; 0 for accounts in no cohort.
    cohort_id
        ``(n_accounts,)``: text, ``None`` for accounts in no cohort.

    Notes
    -----
    A flag is a reason to look, not proof: fans of one event, or accounts that one agency plans, act
    together as well. Give ``owner_id`` where owners are known.
    """

    table: pd.DataFrame
    p_value: NDArray[np.float64]
    score: NDArray[np.float64]
    cohort_id: NDArray[np.object_]

    def __repr__(self) -> str:
        n = self.table["cohort_id"].nunique()
        return f"Cohorts({n} cohort{'s' * (n != 1)} of {len(self.table)} accounts)"


def find_cohorts(
    panel: Panel, *, expectation: Expectation | None = None, threads: int | None = None
) -> Cohorts:
    """Find the accounts of a panel that one operator runs.

    Parameters
    ----------
    panel
        Accounts on one platform, on any clock; those with fewer than 48 observed steps take no part.
        ``owner_ids`` say which accounts have one owner: they are one voice, and no cohort by themselves.
    expectation
        What to measure against. Left out, trend and daily and weekly cycles are fitted robustly on the
        way.
    threads
        Threads to use; all cores by default. The result depends neither on it nor on the order of
        the accounts.

    Returns
    -------
    Cohorts
        Cohorts of at least three owners, their members, and a p-value and a score for every account.

    Notes
    -----
    Residuals of the log counts, mean over the metrics, are freed from a running median over a day, from
    each account's own habits (median of the hour of the day, daily waves that change over the week) and
    from the platform's factor (median over accounts). *Rises* are an account's highest tenth of steps at
    most. Two accounts are a seed if they share ``k`` rises where the activity of both and the crowd at
    those steps lead to expect ``m``, and ``k log(k / m) - k + m`` exceeds the log of the number of
    accounts.

    A seed grows: steps at which most members rise are its template; every account is held against the
    template of the *other* members by its exponential score, the sum over those steps of ``-log(share of
    its own steps at least as high)`` less the crowd's mean. By chance the sum follows a gamma law
    (Savage 1956) whose variance is that of other accounts at the same steps, since neighbouring steps
    are alike. Members are those that pass at a false share of .02 (Benjamini and Hochberg 1995); then the
    template is made anew, until nothing changes. It is a cohort if three members pass at .0001, or if the
    number of members is one that a Poisson law gives a chance below .001 in the whole batch, and if they
    come back: three times at least, half a day apart, none of them with two thirds of all. ``p_value`` is
    the chance of a member's sum times the number of templates that were tried.

    Accounts in no such cohort are compared by their one strong window, if they have one that lasts for a
    day or more: sleepers of one operator start within a day and last equally long, to the step.

    Series longer than a month are searched in parts of three weeks. Accounts whose counters refresh at
    a fixed interval and show nothing between, and windows that the data cuts, are left out. Time grows
    with accounts times accounts per rising step, which are cut to 8192.

    References
    ----------
    Beutel et al. (2013), CopyCatch, doi:10.1145/2488388.2488400; Cao et al. (2014), SynchroTrap,
    doi:10.1145/2660267.2660269; Savage (1956), doi:10.1214/aoms/1177728173; Benjamini and Hochberg
    (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    >>> import fakeengage as fe
    >>> from fakeengage.cohorts import find_cohorts
    >>> panel = fe.simulate(n_users=300, fake_ratio=0, seed=1).panel
    >>> waves = fe.inject(panel, "wave_spam", accounts=panel.account_ids[10:18], intensity=8, seed=1)
    >>> find_cohorts(waves.panel)
    Cohorts(1 cohort of 8 accounts)
    """
    found = _native.find_cohorts(
        panel.data,
        None if expectation is None else expectation.expected,
        panel.offsets,
        panel.starts,
        len(panel.metrics),
        panel.cadence.steps_per_day,
        panel.cadence.steps_per_week,
        _owner_numbers(panel),
        _ranks(panel.account_ids),
        threads=threads or 0,
    )
    return _named(panel, found)


def _owner_numbers(panel: Panel) -> NDArray[np.uint32]:
    """One number per owner, the largest for accounts without a known one."""
    import pandas as pd

    if panel.owner_ids is None:
        return np.full(len(panel), _NO_OWNER, np.uint32)
    codes, _ = pd.factorize(panel.owner_ids)
    return np.where(codes < 0, _NO_OWNER, codes).astype(np.uint32)


def _ranks(ids: NDArray[Any]) -> NDArray[np.uint32]:
    """Place of each account among all, by its id: text by text, numbers by value, numbers first."""
    if ids.dtype.kind in "iu":
        order = np.argsort(ids, kind="stable")
    else:
        keys = [(isinstance(i, str), i if isinstance(i, str) else float(i), str(i)) for i in ids.tolist()]
        order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
    ranks = np.empty(len(ids), np.uint32)
    ranks[order] = np.arange(len(ids))
    return ranks


def _named(panel: Panel, found: dict[str, Any]) -> Cohorts:
    """The cohorts with ids and timestamps."""
    import pandas as pd

    n = len(panel)
    account = found["account"]
    p_value, cohort_id = np.ones(n), np.full(n, None, dtype=object)
    p_value[account] = np.exp(np.minimum(found["log_chance"], 0.0))
    ranks = _ranks(panel.account_ids)
    for k in np.unique(found["cohort"]):
        members = account[found["cohort"] == k]
        cohort_id[members] = f"cohort_{panel.account_ids[members[np.argmin(ranks[members])]]}"
    begins = panel.starts[account]

    def moments(steps: NDArray[np.int64]) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(panel.cadence.timestamps(begins + steps)).tz_localize("UTC")

    table = pd.DataFrame(
        {
            "cohort_id": cohort_id[account],
            "account_id": panel.account_ids[account],
            "p_value": p_value[account],
            "shared_hours": found["shared"],
            "first": moments(found["first"]),
            "last": moments(found["last"]),
        }
    )
    begin = table.groupby("cohort_id")["first"].transform("min")
    rank = ranks[account]
    order = table.assign(begin=begin, rank=rank).sort_values(["begin", "cohort_id", "p_value", "rank"]).index
    score = 1.0 - p_value ** (1 / _NATS)
    return Cohorts(table.loc[order].reset_index(drop=True), p_value, score, cohort_id)
