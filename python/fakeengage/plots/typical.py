"""Which accounts of a data set show best what a profile or an attack is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fakeengage.dataset import Dataset

Floats = NDArray[np.float64]

STEADY_PROFILES = ("regular", "power")
"""Profiles whose own course is calm enough for an attack to stand out."""

ENOUGH_PER_STEP = 50.0
"""Mean count from which the daily cycle is seen through the noise of counting."""

CLEAN_SHARE = 0.05
"""So much of a series stays clean before and after an attack that stands clear."""

LEAST_SIZE = 1e-9
"""Keeps logarithms finite."""


def normal_accounts(dataset: Dataset, profile: str) -> NDArray[np.int64]:
    """Positions of the normal accounts of a profile, those without a special event where there are any."""
    accounts = dataset.accounts
    chosen = ~accounts["is_fake"].to_numpy(dtype=bool) & (accounts["profile"] == profile).to_numpy()
    plain = chosen & (accounts["scenario"] == "none").to_numpy()
    return np.flatnonzero(plain if plain.any() else chosen)


def at_sizes(dataset: Dataset, positions: NDArray[np.int64], shares: tuple[float, ...]) -> list[int]:
    """The accounts at these shares of the order by mean count, smallest first, none twice."""
    if not len(positions):
        return []
    order = positions[np.argsort([_mean(counts(dataset, int(i), 0)) for i in positions], kind="stable")]
    ranks = {round(share * (len(order) - 1)) for share in shares}
    return [int(order[rank]) for rank in sorted(ranks)]


def typical_fake(dataset: Dataset, attack: str) -> int | None:
    """The account that shows an attack best; None if the data set has no such attack.

    It stands clear, is busy, is attacked where most others are, has no special event and a steady
    profile, as far as there is such an account, and is among those the most usual in intensity, in
    the volume added and in how much of its time was changed.
    """
    accounts = dataset.accounts
    positions = [int(i) for i in np.flatnonzero((accounts["attack"] == attack).to_numpy())]
    if not positions:
        return None
    sizes = (
        accounts["intensity"].to_numpy(dtype=float)[positions],
        [_grown(dataset, i) for i in positions],
        [_changed_share(dataset, i) for i in positions],
    )
    logs = [np.log(np.maximum(size, LEAST_SIZE)) for size in sizes]
    unusual = np.sum([np.abs(log - np.median(log)) for log in logs], axis=0)
    metrics = [concerned_metric(dataset, i) for i in positions]
    usual_metric = int(np.bincount(metrics).argmax())

    def rank(k: int) -> tuple[bool | float, ...]:
        i = positions[k]
        return (
            not stands_clear(dataset, i),
            _mean(counts(dataset, i, 0)[_span(dataset, i)]) < ENOUGH_PER_STEP,
            _usual_clean(dataset, i) < ENOUGH_PER_STEP,
            metrics[k] != usual_metric,
            str(accounts["scenario"].iat[i]) != "none",
            str(accounts["profile"].iat[i]) not in STEADY_PROFILES,
            float(unusual[k]),
            k,
        )

    return positions[min(range(len(positions)), key=rank)]


def cohort_members(dataset: Dataset, account: int, most: int) -> list[int]:
    """Up to `most` other accounts of the cohort, in the order of the data set."""
    cohort = dataset.accounts["cohort_id"]
    if not isinstance(cohort.iat[account], str):
        return []
    same = np.flatnonzero((cohort == cohort.iat[account]).to_numpy())
    return [int(i) for i in same if i != account][:most]


def concerned_metric(dataset: Dataset, account: int) -> int:
    """Metric in which an attack is seen best: what was added, over the noise of counting."""
    assert dataset.clean is not None
    here = dataset.mask[account].any(axis=1)
    seen = []
    for m in range(len(dataset.panel.metrics)):
        before, after = dataset.clean[account, here, m].astype(float), counts(dataset, account, m)[here]
        added, size = np.nansum(np.maximum(after - before, 0)), np.nansum(np.abs(before) + np.abs(after))
        seen.append(added / np.sqrt(max(size, 1.0)))
    return int(np.argmax(seen))


def windows_of(dataset: Dataset, account: int, metric: int) -> list[tuple[int, int]]:
    """Start and end (excluded) of the windows of one metric, as steps of the account."""
    table = dataset.windows
    here = (table["account_id"] == dataset.panel.account_ids[account]) & (
        table["metric"] == dataset.panel.metrics[metric]
    )
    pairs = table.loc[here, ["start", "end"]].itertuples(index=False)
    return [(int(start), int(end)) for start, end in pairs]


def stands_clear(dataset: Dataset, account: int) -> bool:
    """Whether an attack has clean steps on both sides."""
    span, n_steps = _span(dataset, account), dataset.mask.shape[1]
    margin = CLEAN_SHARE * n_steps
    return bool(span.start >= margin and span.stop <= n_steps - margin)


def counts(dataset: Dataset, account: int, metric: int) -> Floats:
    """Counts of one metric of one account."""
    return np.asarray(dataset.panel.block(account)[metric], dtype=np.float64)


def _span(dataset: Dataset, account: int) -> slice:
    """From the first changed step to the last; the whole series where none was observed."""
    changed = np.flatnonzero(dataset.mask[account].any(axis=1))
    return slice(int(changed[0]), int(changed[-1]) + 1) if len(changed) else slice(0, dataset.mask.shape[1])


def _changed_share(dataset: Dataset, account: int) -> float:
    """Share of changed steps from the first to the last: bursts have gaps, hills have none."""
    return float(dataset.mask[account, _span(dataset, account)].any(axis=1).mean())


def _usual_clean(dataset: Dataset, account: int) -> float:
    """Median clean count: small for the long tail of a single post, whatever its mean."""
    assert dataset.clean is not None
    known = dataset.clean[account, :, 0]
    known = known[~np.isnan(known)]
    return float(np.median(known)) if len(known) else 0.0


def _grown(dataset: Dataset, account: int) -> float:
    """Volume with the attack over volume without, in the metric that it is about."""
    assert dataset.clean is not None
    metric = concerned_metric(dataset, account)
    before = float(np.nansum(np.abs(dataset.clean[account, :, metric])))
    after = float(np.nansum(np.abs(counts(dataset, account, metric))))
    return after / max(before, 1.0)


def _mean(values: Any) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
