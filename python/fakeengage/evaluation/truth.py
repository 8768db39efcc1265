"""What is known of a labelled data set: labels, changed hours, injected counts, cohorts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.base import known_labels
from fakeengage.panel import Panel

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Truth:
    """Labelled accounts, those without a label left out.

    Attributes
    ----------
    panel
        The series.
    accounts
        One row per account: at least ``account_id`` and ``is_fake``.
    fake
        ``(n,)`` labels.
    changed
        One value per account and step, account after account: whether an attack changed it. None where
        the data do not say.
    injected
        Counts that attacks added to each metric, ``(n,)`` each. None where the data do not say.
    """

    panel: Panel
    accounts: pd.DataFrame
    fake: NDArray[np.bool_]
    changed: NDArray[np.bool_] | None = None
    injected: dict[str, NDArray[np.float64]] | None = None

    @property
    def account_of_step(self) -> NDArray[np.int64]:
        """Position of the account that each step belongs to."""
        return np.repeat(np.arange(len(self.panel)), self.panel.lengths)

    @property
    def observed(self) -> NDArray[np.bool_]:
        """Steps with at least one count, account after account."""
        seen = [(~np.isnan(self.panel.block(i))).any(axis=0) for i in range(len(self.panel))]
        return np.concatenate(seen) if seen else np.empty(0, bool)

    def column(self, name: str) -> NDArray[np.object_] | None:
        """Entries of a column of :attr:`accounts`, None where missing; None without such a column."""
        if name not in self.accounts:
            return None
        column = self.accounts[name]
        return column.astype(object).where(column.notna(), None).to_numpy(dtype=object)


def truth_of(source: Any) -> Truth:
    """What a data set, a labelled panel, or anything with a ``panel`` and ``accounts`` knows.

    Raises
    ------
    ValueError
        If there are no labels, or all accounts have the same.
    """
    import pandas as pd

    panel: Panel = source if isinstance(source, Panel) else source.panel
    accounts = getattr(source, "accounts", None)
    if accounts is None and panel.is_fake is not None:
        accounts = pd.DataFrame({"account_id": panel.account_ids, "is_fake": panel.is_fake})
    if accounts is None or "is_fake" not in accounts:
        raise ValueError(
            "dataset: has no labels; give a column `label` (fake or normal), or a folder of "
            "`fakeengage simulate`"
        )
    known, fake = known_labels(accounts["is_fake"], len(panel))
    if fake.all() or not fake.any():
        raise ValueError(f"dataset: all {len(fake)} accounts have one label; fake and normal ones are needed")
    changed = _changed(source, panel)
    whole = panel
    if not known.all():
        panel, accounts = panel.select(known), accounts[known].reset_index(drop=True)
        if changed is not None:
            changed = changed[np.repeat(known, whole.lengths)]
    return Truth(panel, accounts, fake, changed, _injected(source, panel))


def _changed(source: Any, panel: Panel) -> NDArray[np.bool_] | None:
    """From the mask of a data set, or the windows of a labelled table."""
    mask = getattr(source, "mask", None)
    if mask is not None:
        hit = np.logical_or.reduce(np.asarray(mask, dtype=bool), axis=2)
        first = panel.starts - panel.origin
        rows = [hit[i, first[i] : first[i] + panel.lengths[i]] for i in range(len(panel))]
        return np.concatenate(rows) if rows else np.empty(0, bool)
    windows = panel.label_windows
    if windows is None or not len(windows):
        return None
    return covered_steps(panel, windows[windows["start"].notna()])


def covered_steps(panel: Panel, windows: pd.DataFrame) -> NDArray[np.bool_]:
    """Steps inside any window (``account_id, start, end``), account after account.

    A window without an end lasts to the end of the series; accounts that the panel lacks are passed over.
    """
    covered = np.zeros(int(panel.offsets[-1]), dtype=bool)
    place = {account: i for i, account in enumerate(panel.account_ids.tolist())}
    for account, start, end in zip(windows["account_id"], windows["start"], windows["end"], strict=True):
        i = place.get(account)
        if i is None:
            continue
        length = int(panel.lengths[i])
        begin = min(max(_step(panel, start) - int(panel.starts[i]), 0), length)
        stop = length if end != end else min(max(_step(panel, end) - int(panel.starts[i]), begin), length)
        covered[panel.offsets[i] + begin : panel.offsets[i] + stop] = True
    return covered


def _step(panel: Panel, moment: Any) -> int:
    utc = moment.tz_convert("UTC").tz_localize(None) if moment.tzinfo is not None else moment
    return panel.cadence.step_of(utc.to_datetime64())


def _injected(source: Any, panel: Panel) -> dict[str, NDArray[np.float64]] | None:
    windows = getattr(source, "windows", None)
    if windows is None or "injected" not in windows:
        return None
    sums = windows.groupby(["account_id", "metric"])["injected"].sum()
    out = {}
    for metric in panel.metrics:
        mine = sums.xs(metric, level="metric") if metric in sums.index.get_level_values("metric") else None
        out[metric] = (
            np.zeros(len(panel))
            if mine is None
            else mine.reindex(panel.account_ids).fillna(0.0).to_numpy(dtype=np.float64)
        )
    return out
