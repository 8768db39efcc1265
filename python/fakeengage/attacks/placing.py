"""Which accounts and steps of a panel a caller means by ids and moments."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.panel import Panel

_LEAST_SHARED_HOURS = 24
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0.


def chosen_positions(panel: Panel, accounts: Any) -> NDArray[np.int64]:
    if accounts is None:
        return np.flatnonzero(panel.lengths > 0).astype(np.int64)
    single = isinstance(accounts, (str, bytes, int, np.integer))
    chosen: Sequence[Any] = [accounts] if single else list(accounts)
    if not chosen:
        raise ValueError("accounts: is empty; give at least one account id, or None for all")
    place = {account: i for i, account in enumerate(panel.account_ids.tolist())}
    for account in chosen:
        if account not in place:
            texts = [str(known) for known in place]
            close = difflib.get_close_matches(str(account), texts, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "see panel.account_ids"
            raise ValueError(f"accounts: {account!r} is not in this panel; {hint}")
    return np.array(sorted({place[account] for account in chosen}), dtype=np.int64)


def chosen_steps(
    panel: Panel, positions: NDArray[np.int64], window: tuple[Any, Any] | None, shared: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last step of each account between which the attack is placed; -1 = anywhere."""
    starts, lengths = panel.starts[positions], panel.lengths[positions]
    if window is not None:
        begin, end = _window_steps(panel, window)
        first = np.clip(begin - starts, 0, lengths)
        last = np.clip(end - starts, 0, lengths)
        if (first >= last).all():
            stamps = panel.timestamps
            raise ValueError(
                f"window: {window[0]} to {window[1]} lies outside the chosen accounts' series; "
                f"the panel runs from {stamps[0]} to {stamps[-1]}"
            )
        return first, last
    if not shared:
        nowhere = np.full(len(positions), -1, dtype=np.int64)
        return nowhere, nowhere
    begin, end = int(starts.max()), int((starts + lengths).min())
    n_shared = max(end - begin, 0)
    if n_shared * panel.cadence.hours < _LEAST_SHARED_HOURS and 2 * n_shared < lengths.min():
        raise ValueError(
            f"accounts: the {len(positions)} chosen share {n_shared} steps, and a cohort attack runs on one "
            f"clock of at least {_LEAST_SHARED_HOURS} hours; choose accounts that overlap, or inject into "
            "one at a time"
        )
    return begin - starts, end - starts


def _window_steps(panel: Panel, window: tuple[Any, Any]) -> tuple[int, int]:
    if isinstance(window, (str, bytes)) or len(window) != 2:
        raise ValueError(f"window: {window!r} is not allowed; a pair (start, end), end exclusive")
    steps = []
    for moment, is_end in zip(window, (False, True), strict=True):
        if isinstance(moment, (int, np.integer)):
            steps.append(panel.origin + int(moment))
            continue
        when = _utc(moment)
        # The step that holds the last second before the end is the last one inside.
        steps.append(
            panel.cadence.step_of(when - np.timedelta64(1, "s")) + 1
            if is_end
            else panel.cadence.step_of(when)
        )
    if steps[0] >= steps[1]:
        raise ValueError(f"window: {window[0]} to {window[1]} is empty; the end comes after the start")
    return steps[0], steps[1]


def _utc(moment: Any) -> np.datetime64:
    import pandas as pd

    try:
        stamp = pd.DatetimeIndex(pd.to_datetime([moment], utc=True)).tz_localize(None)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"window: {moment!r} is not a moment; ISO 8601 such as '2024-01-03T06:00'"
        ) from error
    if stamp.isna().any():
        raise ValueError(f"window: {moment!r} is not a moment; ISO 8601 such as '2024-01-03T06:00'")
    return np.datetime64(stamp.to_numpy()[0], "s")


def first_hours(panel: Panel, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hour of the day and weekday of each account's first step."""
    seconds = panel.cadence.timestamps(panel.starts[positions]).astype("datetime64[s]").astype(np.int64)
    return seconds // 3600 % 24, (seconds // 86_400 + _EPOCH_WEEKDAY) % 7
