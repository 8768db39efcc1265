"""How a sample is looked at: what its lengths and starts allow to be told, fixed by the real one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fakeengage.estimation.sample import Sample

Floats = NDArray[np.float64]

ACCOUNTS_PER_GROUP = 50
"""Accounts needed for a group of similar size to have numbers of its own."""

MOST_GROUPS = 7  # as many as a preset has profiles

DAY = 24
_OWN_CYCLE = 72  # hours from which an account shows a daily curve of its own
_WEEKEND = 264  # eleven days: at least one whole weekend between weekdays
_TREND = 168
FAST = 2.5  # from the first third of a series to the last: too fast for a standing account
_SIGMAS = 3.0  # residuals beyond are bursts, not memory


@dataclass(frozen=True)
class View:
    """How a sample is looked at: fixed by the real one, so that both are measured alike.

    Parameters
    ----------
    groups
        Number of groups of accounts of similar size.
    cycle
        ``own`` (each account shows its daily curve), ``shared`` (only all together do) or ``none``.
    weekend, trend, posts, platform
        Whether weekends, growth, lives of single posts, common ups and downs can be told.
    limit
        Per group, log residual beyond which an hour belongs to a burst.
    """

    groups: int
    cycle: str
    weekend: bool
    trend: bool
    posts: bool
    platform: bool
    limit: Floats = field(default_factory=lambda: np.empty(0))


def view_of(sample: Sample) -> View:
    """What the lengths and starts of a sample allow to be told."""
    n = len(sample.counts)
    steps = _steps(sample)
    spread = abs(np.exp(2j * np.pi * (sample.starts % DAY) / DAY).mean())
    posts = post_share(sample)
    cycle = "own" if steps >= _OWN_CYCLE else "shared" if spread < 0.5 and n >= 30 else "none"
    view = View(
        groups=int(np.clip(n // ACCOUNTS_PER_GROUP, 1, MOST_GROUPS)),
        cycle=cycle,
        weekend=steps >= _WEEKEND,
        trend=posts < 1 and (steps >= _TREND or falling_share(sample) > 0.25),
        posts=posts > 0,
        platform=sample.shares_clock and n >= 20 and steps >= _OWN_CYCLE,
    )
    group = groups_of(levels(sample), view.groups)
    rest, _ = residuals(sample, view)
    limit = [max(_SIGMAS * robust_sd(rest[group == g]), np.log(2.0)) for g in range(view.groups)]
    return View(**{**view.__dict__, "limit": np.array(limit)})


def falling_share(sample: Sample, factor: float = 1.33) -> float:
    """Share of accounts that lose volume, less those that gain it: from first to last third by `factor`.

    Standing accounts rise as often as they fall; posts only fall.
    """
    x = np.maximum(sample.counts[:, :, sample.anchor], 0.0)
    first, last = (mean_over(x, part) for part in thirds(x))
    some = (first + last) > 0
    excess = float(np.mean(first[some] > factor * last[some]) - np.mean(last[some] > factor * first[some]))
    return excess if some.any() else 0.0


def post_share(sample: Sample) -> float:
    """Share of accounts that are the life of one post: falling, and too fast for a standing account."""
    if _steps(sample) < _OWN_CYCLE:
        share = falling_share(sample) if begins_inside(sample) else 0.0
    else:
        share = falling_share(sample, FAST)
    if share < 0.1:
        return 0.0
    # Late releases rise: where most fall, all are posts.
    return 1.0 if share > 0.4 else share


def _steps(sample: Sample) -> float:
    """Hours that the median account was read in."""
    return float(np.median((~np.isnan(sample.counts[:, :, sample.anchor])).sum(axis=1)))


def days_of(sample: Sample) -> float:
    """Days from the middle of the first third of the median account to that of its last."""
    return _steps(sample) * 2 / 3 / DAY


def begins_inside(sample: Sample) -> bool:
    """Whether most series start before the post they show: low at first, then rising to a peak."""
    x = np.maximum(np.nan_to_num(sample.counts[:, :, sample.anchor]), 0.0)
    return bool(np.median(x[:, 0] / np.maximum(x.max(axis=1), 1.0)) < 0.2)


def thirds(x: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells of the first and of the last third of each account's own length."""
    seen = ~np.isnan(x)
    length = x.shape[1] - np.argmax(seen[:, ::-1], axis=1)
    step = np.arange(x.shape[1])
    return step < length[:, None] / 3, (step >= length[:, None] * 2 / 3) & (step < length[:, None])


def mean_over(x: Floats, cells: NDArray[np.bool_]) -> Floats:
    use = cells & ~np.isnan(x)
    return np.asarray(np.where(use, x, 0.0).sum(axis=1) / np.maximum(use.sum(axis=1), 1))


def levels(sample: Sample) -> Floats:
    """Logarithm of each account's mean count per hour."""
    x = np.maximum(sample.counts[:, :, sample.anchor], 0.0)
    seen = ~np.isnan(x)
    return np.asarray(np.log((np.nansum(x, axis=1) + 0.5) / np.maximum(seen.sum(axis=1), 1)))


def group_sizes(sample: Sample, groups: int) -> list[float]:
    """Log size of each group of accounts, in standard deviations from the median account."""
    level = levels(sample)
    group = groups_of(level, groups)
    scale = max(float(level.std()), 1e-6)
    return [float(np.median(level[group == g]) - np.median(level)) / scale for g in range(groups)]


def groups_of(level: Floats, n_groups: int) -> NDArray[np.int64]:
    """Group of each account: equally many in each, by size."""
    rank = np.empty(len(level), dtype=np.int64)
    rank[np.argsort(level, kind="stable")] = np.arange(len(level))
    return rank * n_groups // len(level)


def robust_sd(x: Floats) -> float:
    known = x[~np.isnan(x)]
    if not known.size:
        return 0.0
    return float(1.4826 * np.median(np.abs(known - np.median(known))))


def residuals(sample: Sample, view: View) -> tuple[Floats, Floats]:
    """Log counts less level, trend and rhythm of each account, and the coefficients of the rhythm.

    Silent hours are left out: they are counted on their own.
    """
    x = sample.counts[:, :, sample.anchor]
    n_hours = x.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(x > 0, np.log(x), np.nan)
    step = np.broadcast_to(np.arange(n_hours, dtype=np.float64), x.shape)
    columns = [np.ones_like(step), step / n_hours - 0.5]
    if view.posts:
        columns.append(np.log1p(step))
    base = len(columns)
    if view.cycle == "own":
        turn = 2 * np.pi * (sample.hours % DAY) / DAY
        columns += [np.cos(turn), np.sin(turn), np.cos(2 * turn), np.sin(2 * turn)]
    if view.weekend:
        columns.append(((sample.hours // DAY + 3) % 7 >= 5).astype(np.float64))
    design = np.stack(columns, axis=-1)
    known = ~np.isnan(logs)
    weighted = design * known[:, :, None]
    gram = np.einsum("ntp,ntq->npq", weighted, design) + 1e-3 * np.eye(design.shape[2])
    right = np.einsum("ntp,nt->np", weighted, np.nan_to_num(logs))
    found = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
    rest = logs - np.einsum("ntp,np->nt", design, found)
    thin = known.sum(axis=1) < design.shape[2] + 3
    rest[thin] = np.nan
    found[thin] = np.nan
    return rest, found[:, base:]


def ranks(groups: int) -> Floats:
    """Place of each group of accounts from the smallest (-1) to the largest (1)."""
    return np.linspace(-1.0, 1.0, groups) if groups > 1 else np.zeros(1)
