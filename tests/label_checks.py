"""What must hold for the labels of any simulated data set, said as broken promises.

Each check takes a data set made with ``keep_clean=True`` and yields one sentence per broken promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import fakeengage as fe
import spec_space
from fakeengage.attacks import COHORT_ATTACKS, LEVEL_ATTACKS

BLOCK = 100
"""Accounts among which an exact number of fakes is drawn."""
PAUSE_HOURS = 24
"""Changed cells of one metric share a window over pauses up to this long."""
VIEWLESS = {"like_only_inflation", "delivery_purge"}
"""Attacks that may leave more likes than views in an hour, whatever their weights."""
BY_PRODUCT = 0.5
"""Views that weigh less than this share of the heaviest metric are not what was bought."""
SIZE_FACTOR = (0.5, 2.0)
"""By how much the size of an account bends the gain of an attack."""
COMMENT_FACTOR = 1.75
"""Comments sold alone are a larger multiple of what is usual than likes are."""


def counts(data: fe.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Attacked and clean counts in double precision, which tells whole float32 numbers apart."""
    return np.asarray(data.panel.values, dtype=float), np.asarray(data.clean, dtype=float)


def windows_of(change: np.ndarray, n_hours: int) -> dict[str, np.ndarray]:
    """Windows rebuilt from what an attack added, `(n_accounts, n_hours, n_metrics)`.

    They stand in the order account, metric, time.
    """
    by_metric = change.transpose(0, 2, 1)
    account, metric, hour = np.nonzero(by_metric)
    series = account * change.shape[2] + metric
    # A pause of 24 unchanged hours puts 25 between two changed ones.
    apart = np.diff(series * 10 * n_hours + hour) > PAUSE_HOURS + 1
    first = np.flatnonzero(np.r_[True, apart]) if len(hour) else np.zeros(0, dtype=int)
    last = np.r_[first[1:], len(hour)] - 1 if len(hour) else first
    added = by_metric[account, metric, hour]
    injected = np.add.reduceat(added, first) if len(hour) else np.zeros(0)
    return {
        "account": account[first],
        "metric": metric[first],
        "start": hour[first],
        "end": hour[last] + 1,
        "injected": injected,
    }


def broken_windows(data: fe.Dataset) -> Iterator[str]:
    """The mask is the change, each window joins changed cells and states exactly what was injected."""
    values, clean = counts(data)
    change = values - clean
    fake = data.accounts["is_fake"].to_numpy()
    if not np.array_equal(data.mask, change != 0):
        yield "the mask is not where attacked and clean counts differ"
    for account in data.accounts["account_id"][fake & ~data.mask.any((1, 2))]:
        yield f"{account}: the attack is lost, no cell changed"
    for account in data.accounts["account_id"][~fake & data.mask.any((1, 2))]:
        yield f"{account}: normal, yet changed"
    want = windows_of(change, values.shape[1])
    position = {account: i for i, account in enumerate(data.panel.account_ids)}
    numbers = {metric: m for m, metric in enumerate(data.panel.metrics)}
    got = {
        "account": data.windows["account_id"].map(position).to_numpy(),
        "metric": data.windows["metric"].map(numbers).to_numpy(),
        **{name: data.windows[name].to_numpy() for name in ("start", "end", "injected")},
    }
    for name, column in want.items():
        if not np.array_equal(column, got[name]):
            yield f"windows: {name} is not that of the changed cells"
    attack = data.accounts["attack"].to_numpy()[want["account"]]
    if not np.array_equal(attack, data.windows["attack"].to_numpy()):
        yield "windows: attack is not that of the account"


def broken_counts(data: fe.Dataset, law: dict[str, Any]) -> Iterator[str]:
    """Counts are whole; below 0 and likes above views only where a rule of `law` says so."""
    values, clean = counts(data)
    scenario, attack = data.accounts["scenario"], data.accounts["attack"]
    if not (np.isfinite(values).all() and np.isfinite(clean).all()):
        yield "counts are not finite"
    if not (np.array_equal(values, np.rint(values)) and np.array_equal(clean, np.rint(clean))):
        yield "counts are not whole"
    corrected = scenario.eq("counter_correction").to_numpy()
    purged = attack.eq("delivery_purge").to_numpy()
    if (clean[~corrected] < 0).any():
        yield "clean counts below 0 without a counter correction"
    if (values[~corrected & ~purged] < 0).any():
        yield "attacked counts below 0 without purge or counter correction"
    if law["attacks.corrections"] == "clipped" and (values < np.minimum(clean, 0)).any():
        yield "clipped corrections fell below 0"
    rose = values >= clean
    if not rose[~purged & ~attack.eq("like_only_inflation").to_numpy()].all():
        yield "an attack that takes nothing back lowered a count"
    artefact = scenario.isin(["counter_correction", "counter_lag"]).to_numpy()
    if (clean[~artefact, :, 1:] > clean[~artefact, :, :1]).any():
        yield "organic likes, comments or shares above views without a counter artefact"
    weights = {name: law[f"attacks.{name}.weights"] for name in fe.ATTACKS}
    by_product = {name for name, weight in weights.items() if weight[0] < BY_PRODUCT * max(weight)}
    sold = attack.isin(VIEWLESS | by_product).to_numpy()
    if (values[~artefact & ~sold, :, 1] > values[~artefact & ~sold, :, 0]).any():
        yield "likes above views without an attack that sells likes alone"


def broken_shares(data: fe.Dataset, ratio: float) -> Iterator[str]:
    """Exactly `ratio` of each run of whole blocks from account 0 on is fake; normals carry no label."""
    accounts = data.accounts
    fake = accounts["is_fake"].to_numpy()
    for n in range(BLOCK, len(accounts) + 1, BLOCK):
        if fake[:n].sum() != round(n * ratio):
            yield f"{fake[:n].sum()} fakes among the first {n}, not {round(n * ratio)}"
    labels = ["attack", "cohort_id", "intensity"]
    if accounts.loc[~fake, labels].notna().any(axis=None):
        yield "a normal account has attack, cohort or intensity"
    if accounts.loc[fake, ["attack", "intensity"]].isna().any(axis=None):
        yield "a fake account lacks attack or intensity"


def broken_turns(accounts: pd.DataFrame) -> Iterator[str]:
    """Among each 12 consecutive fakes of a world each attack occurs once; cohorts are runs of them.

    `accounts` starts a neighbourhood of every world.
    """
    for world, fakes in accounts[accounts["is_fake"]].groupby("world"):
        attacks = fakes["attack"].to_numpy()
        for first in range(0, len(attacks), len(fe.ATTACKS)):
            turn = attacks[first : first + len(fe.ATTACKS)]
            if len(set(turn)) != len(turn):
                yield f"world {world}: an attack twice among fakes {first} to {first + len(turn)}"
        for attack, same in fakes.groupby("attack"):
            cohort = same["cohort_id"].fillna("none").to_numpy()
            if attack in COHORT_ATTACKS and (cohort == "none").any():
                yield f"world {world}: {attack} without a cohort"
            began = np.r_[True, cohort[1:] != cohort[:-1]]
            runs = cohort[began]
            named = runs[runs != "none"]
            if len(set(named)) != len(named):
                yield f"world {world}: a cohort of {attack} is not a run of consecutive fakes"
            shown = np.diff(np.r_[np.flatnonzero(began), len(cohort)])
            size = same["cohort_size"].to_numpy()[began]
            whole = np.arange(len(runs)) < len(runs) - 1
            wrong = (runs != "none") & ((shown > size) | (whole & (shown != size)))
            if wrong.any():
                yield f"world {world}: a cohort of {attack} has another number of members than it says"
    kinds = accounts.dropna(subset="cohort_id")[["cohort_id", "attack", "world"]].drop_duplicates()
    if kinds["cohort_id"].duplicated().any():
        yield "a cohort spans two attacks or worlds"


def broken_intensities(data: fe.Dataset, law: dict[str, Any]) -> Iterator[str]:
    """Each intensity lies within the range of `law`, bent by gain and size of the account only."""
    gain = spec_space.ends(law["attacks.gain"])
    bends = spec_space.ends(law["attacks.size_exponent"])[1] > 0
    size = SIZE_FACTOR if bends else (1.0, 1.0)
    for attack, same in data.accounts.dropna(subset="attack").groupby("attack"):
        low, high = law[f"attacks.{attack}.intensity"]
        least = 0 if attack in LEVEL_ATTACKS else 1
        most = COMMENT_FACTOR if attack == "like_only_inflation" else 1
        lowest = least + (low - least) * gain[0] * size[0]
        highest = least + (high - least) * gain[1] * size[1] * most
        slack = 1e-5 * highest
        drawn = same["intensity"]
        if not drawn.between(lowest - slack, highest + slack).all():
            yield f"{attack}: intensity {drawn.min()} to {drawn.max()} outside {lowest} to {highest}"


def broken_gaps(gappy: fe.Dataset, full: fe.Dataset) -> Iterator[str]:
    """Missing hours hide all metrics of an account at once and change nothing else.

    Windows tell what the attack changed, seen or not; the mask marks only what is seen.
    """
    values, clean = counts(gappy)
    hidden = np.isnan(values)
    if not (hidden.all(2) == hidden.any(2)).all() or not np.array_equal(hidden, np.isnan(clean)):
        yield "a missing hour shows one of its counts"
    for shown, whole in zip((values, clean), counts(full), strict=True):
        if not np.array_equal(shown[~hidden], whole[~hidden]):
            yield "missing hours moved other counts"
    if not np.array_equal(gappy.mask, full.mask & ~hidden):
        yield "the mask is not the change that is seen"
    if not gappy.windows.equals(full.windows) or not gappy.accounts.equals(full.accounts):
        yield "missing hours moved a label"
