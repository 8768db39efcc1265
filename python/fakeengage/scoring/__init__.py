"""From a table of counts to a verdict per account: the two passes behind ``fakeengage score``."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.calibration import MIN_STEPS, SMALL_BATCH, flag, strata
from fakeengage.expectation import PlatformFactor
from fakeengage.models.auditor import REFERENCE_PREVALENCE, Auditor, best_attacks, shipped_auditor
from fakeengage.panel import Panel
from fakeengage.reasons import reasons
from fakeengage.scoring.findings import highest_window, hour_scores, volumes, window_table
from fakeengage.scoring.looks import Look, look_at
from fakeengage.scoring.nulls import by_metric, p_values

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.result import Result

LEAST_ATTACK = 0.4
"""Probability that the likeliest attack must have; below, a flagged account's attack is ``unknown``."""


def score(
    source: Any,
    model: Auditor | str | os.PathLike[str] | None = None,
    fdr: float = 0.05,
    *,
    threads: int | None = None,
    **reading: Any,
) -> Result:
    """Judges every account: is it fake, when, how much, how sure, why.

    Parameters
    ----------
    source
        A :class:`~fakeengage.Panel`, a long table (pandas, polars, Arrow) or a path.
    model
        A fitted :class:`~fakeengage.models.Auditor` or the folder of one; the shipped model by default.
    fdr
        False discovery rate of the flags, between 0 and 1.
    threads
        Threads to use; all cores by default. The result does not depend on it.
    **reading
        Options of :func:`~fakeengage.read_panel`, such as ``columns`` or ``counts``.

    Returns
    -------
    Result
        Tables ``accounts``, ``windows``, ``cohorts``, ``rejected`` and what charts need.

    Raises
    ------
    ValueError
        If the input cannot be read, or an option is out of range.

    Notes
    -----
    ``score`` comes from the account's own series alone and is the same in any batch. When at least
    30 accounts share 24 steps, the platform-wide factor is removed before windows, volumes and
    p-values are computed. A p-value is the larger of two, so both must find the account odd: its
    rank among organic accounts of its kind from other platforms, and the batch's own majority. With
    fewer than 30 accounts, or where only one metric speaks, a bootstrap of the account's own
    residuals takes the second place; it hardly ever flags. A flag is a reason to look, not proof.

    Examples
    --------
    >>> import fakeengage as fe
    >>> result = fe.score(fe.simulate(n_users=5, seed=1).panel)
    >>> result.accounts.shape[0]
    5
    """
    if not 0.0 < fdr < 1.0:
        raise ValueError(f"fdr: {fdr} is not allowed; a share between 0 and 1, such as 0.05")
    auditor = resolve_model(model)
    panel = as_panel(source, **reading)
    return _assemble(panel, auditor, look_at(panel, auditor, threads), fdr, threads)


def as_panel(source: Any, **reading: Any) -> Panel:
    """The panel itself, or one read from a table, path or data set."""
    if isinstance(source, Panel):
        if reading:
            raise ValueError(
                f"{next(iter(reading))}: applies to tables and files, the input is a Panel already"
            )
        return source
    inner = getattr(source, "panel", None)
    if isinstance(inner, Panel):
        return inner
    from fakeengage.reading import read_panel

    return read_panel(source, **reading)


def resolve_model(model: Auditor | str | os.PathLike[str] | None) -> Auditor:
    """A model given as such, as a folder, or the shipped one."""
    if model is None:
        return _shipped()
    if isinstance(model, Auditor):
        return model
    if isinstance(model, (str, os.PathLike)):
        from fakeengage.models import load_model

        loaded = load_model(model)
        if not isinstance(loaded, Auditor):
            raise ValueError(
                f"model: {os.fspath(model)} holds a {loaded.kind}, which has no calibration; "
                "score needs an auditor: retrain with `fakeengage train`"
            )
        return loaded
    raise TypeError(f"model: {type(model).__name__} is not a model; give an Auditor or the folder of one")


@lru_cache(maxsize=1)
def _shipped() -> Auditor:
    return shipped_auditor()


def _status(panel: Panel, stratum: NDArray[np.int64]) -> NDArray[Any]:
    """Why an account is not judged, or ``ok``."""
    status = np.array(panel.status, dtype=object)
    for i in np.flatnonzero(status == "ok"):
        block = panel.block(int(i))
        if block.size == 0 or np.isnan(block).all():
            status[i] = "unusable"
        elif stratum[i] < 0:
            status[i] = "too_short"
        elif not np.nan_to_num(block).any():
            status[i] = "no_activity"
    return status


def _assemble(panel: Panel, auditor: Auditor, look: Look, fdr: float, threads: int | None) -> Result:
    import pandas as pd

    from fakeengage.result import COHORT_COLUMNS, REJECTED_COLUMNS, WINDOW_COLUMNS, Result

    stratum = strata(panel)
    status = _status(panel, stratum)
    judged = status == "ok"
    known = np.where(judged, stratum, -1)
    p_value = p_values(panel, auditor, look, known, threads)
    flagged = flag(p_value, fdr)
    found = auditor.localiser.windows(panel, look.batch_hours, judged, threads=threads)
    windows = window_table(panel, found)
    attack, chance = best_attacks(auditor, look.found.answers)
    accounts = pd.DataFrame(
        {
            "account_id": panel.account_ids,
            "score": auditor.probabilities(look.judgement, known),
            "p_value": p_value,
            "flagged": flagged,
            "attack": pd.Series(_attack_names(attack, chance, flagged), dtype="string"),
            "attack_probability": np.where(flagged, chance, np.nan),
        }
    )
    accounts = pd.concat(
        [
            accounts,
            highest_window(panel, windows),
            volumes(panel, found, auditor.localiser, judged),
        ],
        axis=1,
    )
    accounts["cohort_id"] = pd.array([None] * len(panel), dtype="string")
    accounts["cohort_score"] = np.nan
    detectable = by_metric(panel, look.batch, "detectable_share")
    accounts["detectable_share"] = np.where(
        judged & ~np.isnan(detectable).all(axis=1),
        np.min(np.where(np.isnan(detectable), np.inf, detectable), axis=1, initial=np.inf),
        np.nan,
    )
    accounts["reasons"] = reasons(
        panel, windows, look.batch, look.found.features, auditor, judged, look.platform is not None
    )
    accounts["hours_observed"] = [
        int((~np.isnan(panel.block(i))).any(axis=0).sum()) if panel.lengths[i] else 0
        for i in range(len(panel))
    ]
    accounts["status"] = status
    reading = panel.reading
    return Result(
        accounts=accounts,
        windows=windows[list(WINDOW_COLUMNS)],
        cohorts=pd.DataFrame(columns=list(COHORT_COLUMNS)),
        rejected=pd.DataFrame(columns=list(REJECTED_COLUMNS)) if reading is None else reading.rejected,
        summary=_summary(panel, auditor, accounts, windows, look.platform, fdr),
        panel=panel,
        expectation=look.batch,
        hour_scores=hour_scores(panel, look.hours, judged),
    )


def _attack_names(
    names: NDArray[np.object_], chances: NDArray[np.float64], flagged: NDArray[np.bool_]
) -> list[str | None]:
    """The likeliest attack of flagged accounts, or ``unknown`` where none is likely enough."""
    return [
        None if not flag_ else str(name) if chance >= LEAST_ATTACK else "unknown"
        for name, chance, flag_ in zip(names, chances, flagged, strict=True)
    ]


def _summary(
    panel: Panel,
    auditor: Auditor,
    accounts: pd.DataFrame,
    windows: pd.DataFrame,
    platform: PlatformFactor | None,
    fdr: float,
) -> dict[str, Any]:
    from fakeengage import __version__

    judged = int((accounts["status"] == "ok").sum())
    notes = []
    if len(panel.metrics) == 1:
        notes.append(
            f"only {panel.metrics[0]} was given: a rise of one metric alone is not evidence of fraud, "
            "so p-values are nominal and rises are called unusual, not attributable"
        )
    if judged < SMALL_BATCH:
        notes.append(f"fewer than {SMALL_BATCH} judged accounts: flags need p <= fdr / 5 = {fdr / 5:g}")
    flagged = accounts[accounts["flagged"]]
    return {
        "version": __version__,
        "accounts": len(panel),
        "judged": judged,
        "flagged": len(flagged),
        "windows": len(windows),
        "status": {str(k): int(v) for k, v in accounts["status"].value_counts(sort=False).items()},
        "metrics": list(panel.metrics),
        "cadence": str(panel.cadence),
        "fdr": fdr,
        "calibration": "own organic accounts" if auditor.calibrated_on_peers else "nominal",
        "smallest_p": auditor.reference.smallest_p,
        "smallest_steps": MIN_STEPS,
        "score_prevalence": REFERENCE_PREVALENCE,
        "batch_pass": platform is not None,
        "inflated": {
            metric: {
                "estimate": float(flagged[f"inflated_{metric}"].sum()),
                "low": float(flagged[f"inflated_{metric}_low"].sum()),
                "high": float(flagged[f"inflated_{metric}_high"].sum()),
                "observed": float(
                    sum(np.nansum(np.maximum(s, 0.0), dtype=np.float64) for s in panel.series(metric))
                ),
            }
            for metric in panel.metrics
        },
        "model": auditor.training,
        "notes": notes,
        "reading": None if panel.reading is None else panel.reading.to_dict(),
    }
