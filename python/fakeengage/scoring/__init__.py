"""From a table of counts to a verdict per account: the two passes behind ``fakeengage score``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.calibration import MIN_STEPS, SMALL_BATCH, strata
from fakeengage.expectation import PlatformFactor
from fakeengage.models.attack_kinds import best_attacks
from fakeengage.models.auditor import REFERENCE_PREVALENCE, Auditor, shipped_auditor
from fakeengage.panel import Panel
from fakeengage.policies import Policy
from fakeengage.reasons import reasons
from fakeengage.scoring.company import cohort_evidence, cohorts_of, with_cohorts
from fakeengage.scoring.findings import highest_window, hour_scores, volumes, window_table
from fakeengage.scoring.looks import Look, look_at
from fakeengage.scoring.nulls import by_metric, p_values

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.result import Result

NOT_ENOUGH = {
    "too_short": f"not enough data: fewer than {MIN_STEPS} observed steps",
    "no_activity": "not enough data: every count is zero",
    "unusable": "not enough data: no usable count",
    "irregular_cadence": "not judged: its steps are not those of the file; see --resample",
}
"""Why an account that is not judged has no verdict, in words."""

LEAST_ATTACK = 0.35
"""Probability that the likeliest attack must have; below, a flagged account's attack is ``unknown``."""


def score(
    source: Any,
    model: Auditor | str | os.PathLike[str] | None = None,
    fdr: float = 0.05,
    *,
    policy: Policy | None = None,
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
    policy
        Another rule for flags, see :class:`~fakeengage.Policy`; `fdr` then does not matter.
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
    30 accounts share 24 steps, the platform-wide factor is removed before windows and volumes are
    computed, and cohorts are searched. A p-value is the larger of two, so both must find the account
    odd: its rank among organic accounts of its kind from other platforms, and the batch's own majority.
    With fewer than 30 accounts, or where only one metric was given, a bootstrap of the account's own
    residuals must agree too; it hardly ever does. A model calibrated on organic accounts of your own
    (:meth:`~fakeengage.models.Auditor.calibrate`) ranks among those instead. Where cohorts were found,
    ``p = min(1, 2 min(p, p_cohort))``. A flag is a reason to look, not proof.

    Examples
    --------
    >>> import fakeengage as fe
    >>> result = fe.score(fe.simulate(n_users=5, seed=1).panel)
    >>> result.accounts.shape[0]
    5
    """
    rule = Policy("fdr", fdr) if policy is None else policy
    auditor = resolve_model(model)
    panel = as_panel(source, **reading)
    return _assemble(panel, auditor, look_at(panel, auditor, threads), rule, threads)


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
        return shipped_auditor()
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


def _assemble(panel: Panel, auditor: Auditor, look: Look, policy: Policy, threads: int | None) -> Result:
    import pandas as pd

    from fakeengage.result import REJECTED_COLUMNS, WINDOW_COLUMNS, Result

    stratum = strata(panel)
    status = _status(panel, stratum)
    judged = status == "ok"
    known = np.where(judged, stratum, -1)
    cohorts = cohorts_of(panel, look, judged, threads)
    own_p = p_values(panel, auditor, look, known, threads)
    p_value = with_cohorts(own_p, cohorts)
    score_ = auditor.probabilities(look.judgement, known)
    flagged = policy.flags(p_value, score_)
    found = auditor.localiser.windows(panel, look.batch_hours, judged, threads=threads)
    windows = window_table(panel, found)
    attack, chance = best_attacks(auditor.attacks, look.found.answers)
    accounts = pd.DataFrame(
        {
            "account_id": panel.account_ids,
            "score": score_,
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
    accounts["cohort_id"] = pd.array(cohorts.cohort_id, dtype="string")
    accounts["cohort_score"] = np.where(judged, cohorts.score, np.nan)
    detectable = by_metric(panel, look.batch, "detectable_share")
    accounts["detectable_share"] = np.where(
        judged & ~np.isnan(detectable).all(axis=1),
        np.min(np.where(np.isnan(detectable), np.inf, detectable), axis=1, initial=np.inf),
        np.nan,
    )
    told = reasons(
        panel,
        windows,
        look.batch,
        look.found.features,
        auditor,
        judged,
        look.platform is not None,
        cohorts=cohort_evidence(panel, cohorts),
        threads=threads,
    )
    accounts["reasons"] = [text or NOT_ENOUGH.get(s, "") for text, s in zip(told, status, strict=True)]
    accounts["hours_observed"] = [
        int((~np.isnan(panel.block(i))).any(axis=0).sum()) if panel.lengths[i] else 0
        for i in range(len(panel))
    ]
    accounts["status"] = status
    reading = panel.reading
    return Result(
        accounts=accounts,
        windows=windows[list(WINDOW_COLUMNS)],
        cohorts=cohorts.table,
        rejected=pd.DataFrame(columns=list(REJECTED_COLUMNS)) if reading is None else reading.rejected,
        summary=_summary(panel, auditor, accounts, windows, look.platform, policy),
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
    policy: Policy,
) -> dict[str, Any]:
    from fakeengage import __version__

    judged = int((accounts["status"] == "ok").sum())
    notes = []
    if len(panel.metrics) == 1:
        notes.append(
            f"only {panel.metrics[0]} was given: a rise of one metric alone is not evidence of fraud, "
            "so p-values are nominal and rises are called unusual, not attributable"
        )
    if judged < SMALL_BATCH and policy.kind == "fdr":
        notes.append(
            f"fewer than {SMALL_BATCH} judged accounts: flags need p <= fdr / 5 = {policy.value / 5:g}"
        )
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
        "fdr": policy.value if policy.kind == "fdr" else None,
        "policy": {"kind": policy.kind, "value": policy.value, "words": str(policy)},
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
