"""Puts an attack into series that exist: the user's own, or simulated ones."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.attacks.placing import chosen_positions, chosen_steps, first_hours
from fakeengage.panel import METRICS, Panel

if TYPE_CHECKING:
    import pandas as pd

ATTACKS: tuple[str, ...] = tuple(_native.attack_names())
"""Names of the twelve attacks."""

COHORT_ATTACKS: frozenset[str] = frozenset(_native.cohort_attack_names())
"""Attacks that one operator runs on many accounts at the same hours."""

LEVEL_ATTACKS = frozenset({"drip_feed", "sleeper_reactivation", "timezone_shifted_farm"})
"""Attacks whose intensity is an added level in account means; of the others it is a multiplier."""

PAUSE_HOURS = 24
"""Changed steps with a longer pause between them belong to different windows."""

_NEEDS = {
    "like_only_inflation": ("likes", "comments"),
    "delivery_purge": ("views", "likes", "comments"),
}


@dataclass(frozen=True)
class Injection:
    """Series with an attack in them, and what it changed.

    Parameters
    ----------
    attack
        Name of the attack.
    panel
        The panel with the attack: accounts, clock and missing readings as they were. ``is_fake`` is
        ``True`` for attacked accounts and as before for the others.
    clean
        The panel without it.
    windows
        ``account_id, attack, metric, start, end, injected``: what changed, joined over pauses of at
        most 24 hours; ``start`` and ``end`` (first step outside) in UTC, ``injected`` = sum of
        attacked − clean.
    intensity
        ``account_id`` → intensity that was drawn or asked for.
    untouched
        Ids of chosen accounts without a reading where the attack would have acted.
    """

    attack: str
    panel: Panel
    clean: Panel
    windows: pd.DataFrame
    intensity: dict[Any, float]
    untouched: tuple[Any, ...]

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Whether each value of ``panel.data`` was changed."""
        before, after = self.clean.data, self.panel.data
        differs: NDArray[np.bool_] = (before != after) & ~np.isnan(before)
        return differs

    @property
    def mask(self) -> NDArray[np.bool_]:
        """``(n_accounts, n_steps, n_metrics)`` on the common clock: exactly the changed cells."""
        flags = Panel(
            self.changed.astype(np.float32),
            self.panel.offsets,
            self.panel.starts,
            self.panel.metrics,
            self.panel.account_ids,
            self.panel.cadence,
        )
        return np.equal(flags.values, 1)

    def to_frame(self, *, labels: bool = False) -> pd.DataFrame:
        """Long table of the attacked series.

        Parameters
        ----------
        labels
            Adds ``label`` (``fake`` for attacked accounts) and, on the rows inside a window,
            ``window_start`` and ``window_end``, as :func:`fakeengage.read_panel` reads them.
        """
        import pandas as pd

        frame = self.panel.to_frame()
        if not labels:
            return frame
        verdict = {True: "fake", False: "normal", None: None}
        known = self.panel.is_fake if self.panel.is_fake is not None else np.full(len(self.panel), None)
        by_id = {account: verdict.get(known[i]) for i, account in enumerate(self.panel.account_ids)}
        frame["label"] = frame["account_id"].map(by_id)
        for column in ("window_start", "window_end"):
            frame[column] = pd.Series(pd.NaT, index=frame.index, dtype=frame["timestamp"].dtype)
        for account, group in _account_windows(self.windows).groupby("account_id", sort=False):
            rows = frame["account_id"] == account
            for start, end in zip(group["start"], group["end"], strict=True):
                inside = rows & (frame["timestamp"] >= start) & (frame["timestamp"] < end)
                frame.loc[inside, "window_start"] = start
                frame.loc[inside, "window_end"] = end
        return frame

    def __repr__(self) -> str:
        n = len(self.intensity)
        return f"Injection({self.attack} in {n} account{'s' * (n != 1)}, {len(self.windows)} windows)"


def inject(
    panel_or_frame: Any,
    attack: str,
    accounts: Any = None,
    window: tuple[Any, Any] | None = None,
    intensity: float | None = None,
    seed: int = 0,
    *,
    law: Mapping[str, Any] | None = None,
    threads: int | None = None,
) -> Injection:
    """Puts an attack into series that exist, such as a user's own.

    Attacked = clean + draw(added rate): what the account was expected to do times a gain, plus a
    level in account means for the attacks that add one. The expectation is fitted to each account;
    where a series is too short for that, a week's trimmed mean times an hour-of-day factor serves.

    Parameters
    ----------
    panel_or_frame
        A :class:`~fakeengage.Panel`, or a long table that :meth:`~fakeengage.Panel.from_frame` reads.
        Any subset of the metrics, any cadence; missing readings stay missing.
    attack
        One of :data:`ATTACKS`.
    accounts
        Id or ids of the accounts to attack; all of them by default. A cohort attack on several
        accounts runs on one clock.
    window
        ``(start, end)`` to fill, end exclusive: moments, or steps of the common clock counted from
        its first. Drawn for each account when left out, leaving at least three clean days wherever
        the series is a week long.
    intensity
        Peak multiplier (10 = ten times the expected count), or for ``drip_feed``,
        ``sleeper_reactivation`` and ``timezone_shifted_farm`` the added level in account means
        (0.25 = a quarter more). Drawn when left out.
    seed
        Same seed, same counts.
    law
        Fields of the attack law to change, as in a preset's ``attacks`` section; fields left out,
        those of a single attack too, keep their defaults.
    threads
        Threads; all cores by default. The result does not depend on them.

    Raises
    ------
    ValueError
        Naming the argument: unknown attack, account or metric; a window outside the data.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import Panel, inject
    >>> panel = Panel.from_arrays(np.full((2, 240, 2), 50.0), metrics=["views", "likes"])
    >>> inject(panel, "single_spike", accounts=1, intensity=10, seed=3)
    Injection(single_spike in 1 account, 2 windows)
    """
    panel = panel_or_frame if isinstance(panel_or_frame, Panel) else Panel.from_frame(panel_or_frame)
    _check(panel, attack, intensity, seed)
    chosen = chosen_positions(panel, accounts)
    shared = attack in COHORT_ATTACKS and len(chosen) > 1
    first, last = chosen_steps(panel, chosen, window, shared)
    request = {
        "attack": attack,
        "law": _law(law or {}),
        "metrics": [METRICS.index(metric) for metric in panel.metrics],
        "typical": _typical_means(panel),
        "intensity": None if intensity is None else float(intensity),
        "cohort": shared,
        "fill": window is not None,
        "hours_per_step": panel.cadence.hours,
        "seed": seed,
        "threads": threads or 0,
    }
    hours, weekdays = first_hours(panel, chosen)
    made = _native.inject_attack(
        panel.data,
        _expected(panel, chosen, threads),
        panel.offsets,
        chosen,
        first,
        last,
        hours,
        weekdays,
        request,
    )
    drawn: NDArray[np.float64] = made["intensity"]
    done = np.isfinite(drawn)
    if not done.any():
        raise ValueError(
            f"accounts: none of the {len(chosen)} chosen has a reading where {attack!r} would act; "
            "choose others, or another window"
        )
    return _injection(panel, attack, made["data"], chosen[done], drawn[done], chosen[~done])


def _law(changes: Mapping[str, Any]) -> str:
    """The default law with some fields changed, as JSON: an attack names only the fields that differ."""
    law: dict[str, Any] = json.loads(_native.default_attack_law())
    for name, value in {"full_length_share": 0.0, **changes}.items():
        known = law.get(name)
        law[name] = {**known, **value} if isinstance(known, dict) and isinstance(value, Mapping) else value
    return json.dumps(law)


def _check(panel: Panel, attack: str, intensity: float | None, seed: int) -> None:
    if attack not in ATTACKS:
        close = difflib.get_close_matches(str(attack), ATTACKS, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"attack: {attack!r} is not known; {hint}one of {', '.join(ATTACKS)}")
    needed = _NEEDS.get(attack, METRICS)
    if not set(needed) & set(panel.metrics):
        raise ValueError(
            f"attack: {attack!r} acts on {' or '.join(needed)}, "
            f"this panel has only {', '.join(panel.metrics)}"
        )
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed: {seed!r} is not a whole number")
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed: {seed} is not allowed; 0 to 2**64 - 1")
    if intensity is None:
        return
    least = 0.0 if attack in LEVEL_ATTACKS else 1.0
    if not np.isfinite(intensity) or intensity <= least:
        meaning = "account means added" if attack in LEVEL_ATTACKS else "times the expected count"
        raise ValueError(f"intensity: {intensity} is not allowed; above {least:g} ({meaning})")


def _typical_means(panel: Panel) -> list[float]:
    """Median over active accounts of the mean per step, for accounts too idle to have their own."""
    typical = [1.0] * len(METRICS)
    for metric in panel.metrics:
        means = []
        for counts in panel.series(metric):
            known = counts[~np.isnan(counts)]
            if known.size and known.sum() > 0:
                means.append(float(known.mean(dtype=np.float64)))
        if means:
            typical[METRICS.index(metric)] = max(float(np.median(means)), 0.0)
    return typical


def _expected(panel: Panel, positions: NDArray[np.int64], threads: int | None) -> NDArray[np.float32]:
    """Fitted expectation in the panel's layout, NaN for accounts that are not attacked."""
    from fakeengage.expectation import fit_expectation

    fitted = fit_expectation(panel.select(positions), threads=threads).expected
    if len(positions) == len(panel):
        return fitted
    expected = np.full_like(panel.data, np.nan)
    m, done = len(panel.metrics), 0
    for i in positions:
        block = slice(m * panel.offsets[i], m * panel.offsets[i + 1])
        size = block.stop - block.start
        expected[block] = fitted[done : done + size]
        done += size
    return expected


def _injection(
    panel: Panel,
    attack: str,
    data: NDArray[np.float32],
    touched: NDArray[np.int64],
    drawn: NDArray[np.float64],
    untouched: NDArray[np.int64],
) -> Injection:
    import pandas as pd

    found = _native.changed_windows(
        panel.data, data, panel.offsets, len(panel.metrics), int(PAUSE_HOURS / panel.cadence.hours)
    )
    account = found["account"]
    begins = panel.starts[account]
    start, end = (panel.cadence.timestamps(begins + found[side]) for side in ("start", "end"))
    windows = pd.DataFrame(
        {
            "account_id": panel.account_ids[account],
            "attack": attack,
            "metric": np.array(panel.metrics, dtype=object)[found["metric"]],
            "start": pd.DatetimeIndex(start).tz_localize("UTC"),
            "end": pd.DatetimeIndex(end).tz_localize("UTC"),
            "injected": found["injected"],
        }
    )
    is_fake = (
        np.full(len(panel), None, dtype=object) if panel.is_fake is None else panel.is_fake.astype(object)
    )
    is_fake[touched] = True
    labels = _account_windows(windows).assign(label="fake")
    known = panel.label_windows
    attacked = Panel(
        data,
        panel.offsets,
        panel.starts,
        panel.metrics,
        panel.account_ids,
        panel.cadence,
        owner_ids=panel.owner_ids,
        is_fake=is_fake,
        label_windows=labels
        if known is None or known.empty
        else pd.concat([known, labels], ignore_index=True),
        status=panel.status,
        reading=panel.reading,
    )
    ids = panel.account_ids.tolist()
    return Injection(
        attack,
        attacked,
        panel,
        windows,
        {ids[i]: float(value) for i, value in zip(touched, drawn, strict=True)},
        tuple(ids[i] for i in untouched),
    )


def _account_windows(windows: pd.DataFrame) -> pd.DataFrame:
    """Windows of all metrics of an account merged where they overlap: ``account_id, start, end``."""
    rows: list[list[Any]] = []
    ordered = windows.sort_values(["start", "end"], kind="stable")
    for account, group in ordered.groupby("account_id", sort=False):
        first = len(rows)
        for start, end in zip(group["start"], group["end"], strict=True):
            if len(rows) > first and start <= rows[-1][2]:
                rows[-1][2] = max(rows[-1][2], end)
            else:
                rows.append([account, start, end])
    import pandas as pd

    merged = pd.DataFrame(rows, columns=["account_id", "start", "end"])
    return merged.astype({"start": windows["start"].dtype, "end": windows["end"].dtype})
