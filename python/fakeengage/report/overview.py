"""The top of the report: what was found, how sure it is, and what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fakeengage.report import words

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.result import Result

STATUS_WORDS = {
    "too_short": "fewer steps than a judgement needs",
    "no_activity": "no or almost no engagement to judge",
    "irregular_cadence": "its timestamps do not follow the cadence of the file",
    "unusable": "none of its rows could be used",
}


def headline(flagged: int, judged: int, seen: int) -> str:
    """How many accounts are flagged, out of those that could be judged."""
    noun = "account" if judged == seen else "judged account"
    if not judged:
        return "No account could be judged"
    if not flagged:
        return (
            f"None of {words.plural(judged, noun)} is flagged" if judged > 1 else "The account is not flagged"
        )
    if judged == 1:
        return "The account is flagged"
    verb = "is" if flagged == 1 else "are"
    return f"{words.number(flagged)} of {words.plural(judged, noun)} {verb} flagged"


def subline(flagged: int, others: int, judged: int) -> str:
    """What a flag means, and how many others are unusual."""
    out = ["A flag is a reason to look, not proof."] if flagged else []
    if others:
        more = " more" if flagged else ""
        who = f"One{more} account has" if others == 1 else f"{words.number(others)}{more} accounts have"
        who = "It has" if judged == 1 else who
        out.append(f"{who} unusual windows that organic events explain as well: not attributable.")
    return " ".join(out)


def promise(fdr: Any, nominal: bool, judged: int) -> str:
    """What the false discovery rate promises, and when."""
    if fdr is None or not judged:
        return ""
    share = words.percent(float(fdr))
    out = f"Flags are set at a false discovery rate of {share}: on average at most {share} of the flags "
    out += "would be organic accounts"
    if nominal:
        out += (
            ", if your organic accounts behave like those that the model was calibrated on. "
            "That has not been checked on your data, so the rate is nominal."
        )
    else:
        out += ", as calibrated on organic accounts."
    if judged < 20:
        out += " With fewer than 20 accounts only p ≤ rate / 5 is flagged."
    return out


def figures(
    result: Result, table: pd.DataFrame, judged: Any, flagged: Any, nominal: bool
) -> list[tuple[str, str, list[str]]]:
    """Name, value and notes of the figures at the top."""
    n, n_judged, n_flagged = len(table), int(judged.sum()), int(flagged.sum())
    fdr = result.summary.get("fdr")
    rate = (
        [f"false discovery rate {words.percent(float(fdr))}, {'nominal' if nominal else 'calibrated'}"]
        if fdr
        else []
    )
    out = [
        ("judged", words.number(n_judged), [f"of {words.plural(n, 'account')} seen"]),
        ("flagged", words.number(n_flagged), rate),
    ]
    if not n_judged:
        return out
    shares = _inflation(result, table, judged, flagged) if n_flagged else []
    if not shares:
        return [
            *out,
            ("estimated inflated", "0 %", ["no flagged account" if not n_flagged else "no net excess"]),
        ]
    best = max(shares, key=lambda entry: abs(entry[0]))
    notes = [f"{metric} {amount}" for _, metric, amount in shares]
    return [
        *out,
        (f"of {best[1]} estimated inflated", words.percent(best[0]), [*notes, "in brackets: 90 % interval"]),
    ]


def _inflation(
    result: Result, table: pd.DataFrame, judged: Any, flagged: Any
) -> list[tuple[float, str, str]]:
    """Per metric, the excess inside the windows of flagged accounts as a share of all that was judged."""
    panel, out = result.panel, []
    for k, metric in enumerate(panel.metrics):
        if f"inflated_{metric}" not in table:
            continue
        total = float(sum(np.nansum(panel.block(int(i))[k], dtype=float) for i in np.flatnonzero(judged)))
        value, low, high = (
            np.nan_to_num(table[f"inflated_{metric}{end}"].to_numpy(dtype=float, na_value=0.0)[flagged])
            for end in ("", "_low", "_high")
        )
        if total <= 0 or not value.any():
            continue
        # Errors of different accounts are taken as independent, so they add up as squares.
        best = float(value.sum())
        below, above = float(np.hypot.reduce(value - low)), float(np.hypot.reduce(high - value))
        share, least, most = (part / total for part in (best, best - below, best + above))
        interval = f"{words.percent(least)} to {words.percent(most)}"
        out.append((share, metric, f"{words.count(best, sign=True)}: {words.percent(share)} ({interval})"))
    return out


def facts(result: Result, summary: dict[str, Any]) -> list[tuple[str, str]]:
    """What was read, as names and values."""
    panel = result.panel
    reading = summary.get("reading") or {}
    out = [("accounts", words.number(len(panel)))]
    if panel.n_steps:
        moments = panel.timestamps
        end = panel.cadence.timestamps(panel.origin + panel.n_steps)
        period = f"{str(moments[0]).replace('T', ' ')[:16]} to {str(end).replace('T', ' ')[:16]} UTC"
        out.append(("period", period))
        used = panel.lengths[panel.lengths > 0]
        length = (
            str(used.min())
            if used.min() == used.max()
            else f"{used.min()} to {used.max()} (median {int(np.median(used))})"
        )
        out.append(("steps per account", f"{length}, of {panel.cadence} each"))
    counts = reading.get("counts") or {}
    out.append(("metrics", ", ".join(f"{m} ({counts[m]})" if m in counts else m for m in panel.metrics)))
    for key, name in (
        ("n_rows", "rows read"),
        ("n_rejected", "rows not used"),
        ("duplicates", "duplicate rows, last kept"),
    ):
        if isinstance(reading.get(key), int):
            out.append((name, words.number(reading[key])))
    missing = int(np.isnan(panel.data).sum())
    if missing:
        out.append(
            (
                "missing values",
                f"{words.number(missing)} ({words.percent(missing / panel.data.size)}), never filled in",
            )
        )
    model = summary.get("model")
    if isinstance(model, dict):
        model = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in model.items() if _short(value))
    if model:
        out.append(("model", str(model)))
    return out


def _short(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, str) and len(value) <= 60)


def statuses(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Why accounts were not judged: status, how many, meaning."""
    counted = table["status"].value_counts()
    return [
        (str(status), words.plural(int(n), "account"), STATUS_WORDS.get(str(status), ""))
        for status, n in counted.items()
        if status != "ok"
    ]
