"""Presumed genuine real series as labelled panels: untouched, and attacked by :mod:`foreign.injection`.

The series stay where they are (a folder beside the checkout, or the one that the variable
``FAKEENGAGE_DATA`` names); nothing of them is kept in the project. They are for measuring, never for
training.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import fakeengage as fe
from foreign.injection import inject, kinds_for

FOLDER = Path(os.environ.get("FAKEENGAGE_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))

CHUNK = 336
SHORTEST = {"youtube_sakamichi": 168, "nab_tweets": 168, "uci_news_facebook": 48, "starscout_monthly": 14}
"""Sets that attacks are put into, and the fewest observed steps of a series."""

NO_CLOCK = frozenset({"uci_news_facebook", "starscout_monthly"})
"""Sets whose hours of the day mean nothing."""

GENUINE = ("youtube_sakamichi", "nab_tweets", "uci_news_facebook", "reddit_top100", "uk_petition_2024")
"""Sets in which next to nothing should be flagged."""


@dataclass(frozen=True)
class Labelled:
    """Accounts of any lengths with labels: what `World` is for accounts that share one clock.

    Attributes
    ----------
    panel
        The series as a detector sees them.
    clean
        The same accounts before attacks.
    is_fake
        bool ``(n_accounts,)``.
    attack
        Kind of attack, None for normal accounts.
    source
        Number of the real account that a series was cut from: series of one source are not independent.
    """

    panel: fe.Panel
    clean: fe.Panel
    is_fake: NDArray[np.bool_]
    attack: NDArray[Any]
    source: NDArray[np.int64]

    @property
    def mask(self) -> list[NDArray[np.bool_]]:
        """Per account the cells ``(n_metrics, n_steps)`` that an attack changed."""
        cells = np.nan_to_num(self.panel.data) != np.nan_to_num(self.clean.data)
        m = len(self.panel.metrics)
        ends = m * self.panel.offsets
        return [cells[begin:end].reshape(m, -1) for begin, end in pairwise(ends.tolist())]


def available(name: str) -> bool:
    """Whether a set is at hand."""
    return (FOLDER / f"{name}.csv.gz").is_file()


def whole(name: str) -> fe.Panel:
    """A set as its file holds it."""
    return fe.read_panel(FOLDER / f"{name}.csv.gz")


def organic(
    name: str, *, most: int = 200, seed: int = 0, news: bool = False
) -> tuple[fe.Panel, NDArray[np.int64]]:
    """Presumed genuine series of a set, and the account of the set that each was cut from.

    Parameters
    ----------
    name
        A name of :data:`SHORTEST`.
    most
        Most series; more are thinned out at random.
    seed
        Seed of the thinning.
    news
        Of ``nab_tweets`` only: keep the chunks that hold a window of unusual news, and the windows in
        them (hard negatives), instead of taking the windows out of all chunks as missing.
    """
    panel = whole(name)
    hidden = _windows(panel)
    blocks, starts, source = [], [], []
    for i in range(len(panel)):
        block, begin_step = panel.block(i), int(panel.starts[i])
        unusual = np.zeros(block.shape[1], dtype=bool)
        for first, end in hidden.get(panel.account_ids[i], []):
            unusual[max(first - begin_step, 0) : max(end - begin_step, 0)] = True
        if name == "starscout_monthly" and unusual.any():
            continue  # a detector suspects it: not presumed genuine, in no month
        for begin in range(0, block.shape[1], CHUNK):
            piece, odd = block[:, begin : begin + CHUNK].copy(), unusual[begin : begin + CHUNK]
            if news and not odd.any():
                continue
            if not news:
                piece[:, odd] = np.nan
            if (~np.isnan(piece)).all(axis=0).sum() >= SHORTEST[name]:
                blocks.append(piece)
                starts.append(begin_step + begin)
                source.append(i)
    kept = np.sort(np.random.default_rng(seed).permutation(len(blocks))[:most])
    owners = panel.account_ids[np.array(source)[kept]].astype(str)
    chosen = _panel([blocks[k] for k in kept], np.array(starts)[kept], panel, owners)
    return chosen, np.array(source, dtype=np.int64)[kept]


def attacked(name: str, panel: fe.Panel, kinds: Sequence[str | None], seed: int) -> fe.Panel:
    """The accounts of a panel with one attack each; None leaves an account as it is.

    An account's attack depends on the seed, its number and the kind, not on the other accounts.
    """
    clock = name not in NO_CLOCK
    every = kinds_for(panel.metrics, clock=clock)
    corrections = bool(np.nanmin(panel.data, initial=0.0) < 0)
    blocks = []
    for i, kind in enumerate(kinds):
        block = panel.block(i)
        if kind is not None:
            rng = np.random.default_rng([seed, i, every.index(kind)])
            start = int(panel.starts[i])
            block = inject(block, panel.metrics, kind, rng, start=start, clock=clock, corrections=corrections)
        blocks.append(block)
    return _panel(blocks, panel.starts, panel, panel.owner_ids)


def twins(name: str, *, most: int = 200, seed: int = 0) -> list[Labelled]:
    """Untouched series, then one panel per kind of attack with all of their attacked twins.

    Twins must not meet in one batch, where each would give the other away: scorers see the panels one
    by one, and their scores are pooled.
    """
    panel, source = organic(name, most=most, seed=seed)
    kinds = kinds_for(panel.metrics, clock=name not in NO_CLOCK)
    return [_labelled(name, panel, source, [kind] * len(panel), seed) for kind in (None, *kinds)]


def halves(name: str, *, most: int = 200, draws: int = 2, seed: int = 0) -> list[Labelled]:
    """Batches in which a random half of the series is attacked, kinds evenly; then the other half.

    Each draw gives two panels, so that every series serves as fake and as normal.
    """
    panel, source = organic(name, most=most, seed=seed)
    every = kinds_for(panel.metrics, clock=name not in NO_CLOCK)
    parts = []
    for draw in range(draws):
        rng = np.random.default_rng([seed, draw])
        order = rng.permutation(len(panel))
        for half in (order[: len(panel) // 2], order[len(panel) // 2 :]):
            kinds: list[str | None] = [None] * len(panel)
            for place, i in enumerate(half):
                kinds[i] = every[(place + draw) % len(every)]
            parts.append(_labelled(name, panel, source, kinds, seed + 1 + draw))
    return parts


def suspected(*, shortest: int = 1) -> tuple[Labelled, list[NDArray[np.bool_]]]:
    """Monthly stars: which repositories have a window that a detector flagged, which months are in one.

    Suspicion, not truth. `clean` is the panel itself: nobody knows the series without the suspected stars.
    """
    panel = whole("starscout_monthly")
    hidden = _windows(panel)
    panel = panel.select(np.flatnonzero(panel.lengths >= shortest))
    months = []
    for i in range(len(panel)):
        inside = np.zeros(int(panel.lengths[i]), dtype=bool)
        for first, end in hidden.get(panel.account_ids[i], []):
            inside[max(first - panel.starts[i], 0) : max(end - panel.starts[i], 0)] = True
        months.append(inside)
    fake = np.array([inside.any() for inside in months])
    kinds = np.array([("suspected" if f else None) for f in fake], dtype=object)
    return Labelled(panel, panel, fake, kinds, np.arange(len(panel))), months


def _labelled(
    name: str, panel: fe.Panel, source: NDArray[np.int64], kinds: Sequence[str | None], seed: int
) -> Labelled:
    fake = np.array([kind is not None for kind in kinds])
    return Labelled(attacked(name, panel, kinds, seed), panel, fake, np.array(kinds, dtype=object), source)


def _windows(panel: fe.Panel) -> dict[Any, list[tuple[int, int]]]:
    """Labelled windows of a set by account, as step numbers ``[first, end)`` that cover them."""
    out: dict[Any, list[tuple[int, int]]] = {}
    windows = panel.label_windows
    if windows is None:
        return out
    step = panel.cadence.step_of
    for row in windows.itertuples():
        first, last = (step(pd.Timestamp(t).tz_convert(None).to_datetime64()) for t in (row.start, row.end))
        # Windows of monthly data end with the first moment outside; those of news may end within an hour.
        inclusive = int(panel.cadence.steps_per_day > 0)
        out.setdefault(row.account_id, []).append((first, max(last + inclusive, first + 1)))
    return out


def _panel(
    blocks: Sequence[NDArray[np.float32]],
    starts: NDArray[np.int64],
    like: fe.Panel,
    owners: NDArray[Any] | None,
) -> fe.Panel:
    lengths = [block.shape[1] for block in blocks]
    return fe.Panel(
        np.concatenate([block.reshape(-1) for block in blocks]),
        np.concatenate([[0], np.cumsum(lengths)]),
        starts,
        like.metrics,
        np.arange(len(blocks)),
        like.cadence,
        owner_ids=owners,
    )
