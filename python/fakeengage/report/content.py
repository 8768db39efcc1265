"""What the report says: a result turned into words, rows and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

import fakeengage
from fakeengage.reasons import BATCH_NOTE
from fakeengage.report import overview, words
from fakeengage.report.gallery import Picture, pictures, span_style
from fakeengage.result import REASON_SEPARATOR

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.result import Result

MAX_ROWS = 1000
"""Accounts listed in the table; the files beside the report hold all of them."""

UNUSUAL_P, UNUSUAL_SCORE = 0.05, 0.5
"""An account with windows that is not flagged is called unusual from this p-value down or this score up."""

MAX_COHORTS = 50
MAX_MEMBERS = 30
MAX_REJECTED = 20


@dataclass(frozen=True)
class Row:
    """One account in the ranked table; `*_sort` are what the columns sort by."""

    position: int
    name: str
    full_name: str
    score: str
    score_sort: float
    bar: int
    p_value: str
    p_sort: float
    verdict: str
    kind: str
    windows: int
    when: str
    inflated: str
    inflated_sort: float
    reasons: list[str]
    attack: str
    cohort: str
    drawn: bool


@dataclass(frozen=True)
class Page:
    """Everything that the template prints."""

    title: str
    version: str
    headline: str
    subline: str
    promise: str
    figures: list[tuple[str, str, list[str]]]
    facts: list[tuple[str, str]]
    notes: list[str]
    statuses: list[tuple[str, str, str]]
    rejected: list[dict[str, str]]
    n_rejected: int
    rows: list[Row]
    n_accounts: int
    pictures: list[Picture]
    cohorts: list[dict[str, Any]]
    n_cohorts: int
    nominal: bool
    smallest_p: str
    batch: bool
    legend_band: str = "90 % of ordinary steps"
    columns: list[tuple[str, str]] = field(
        default_factory=lambda: [
            ("account", "text"),
            ("score", "number"),
            ("p", "least"),
            ("verdict", "text"),
            ("windows", "number"),
            ("inflated", "number"),
            ("why", "text"),
        ]
    )


def build(result: Result, title: str, accounts: Sequence[int] | None) -> Page:
    """Page of `result`."""
    table = result.accounts.reset_index(drop=True)
    judged = table["score"].notna().to_numpy()
    flagged = table["flagged"].fillna(False).to_numpy(dtype=bool) & judged
    order = rank(table)
    windows = dict(iter(result.windows.groupby("account_id", sort=False)))
    drawn = pictures(result, order, flagged, windows, accounts)
    on_page = {p.position for p in drawn}
    style = span_style(result.panel)
    rows = [_row(table.iloc[i], i, flagged[i], windows, i in on_page, style) for i in order[:MAX_ROWS]]
    by_position = {row.position: row for row in rows}
    for picture in drawn:
        row = by_position.get(picture.position)
        picture.row = row or _row(
            table.iloc[picture.position], picture.position, flagged[picture.position], windows, True, style
        )
    summary = result.summary
    nominal = str(summary.get("calibration", "nominal")) == "nominal"
    p_value, score = (table[name].to_numpy(dtype=float, na_value=np.nan) for name in ("p_value", "score"))
    has_windows = table["account_id"].isin(windows.keys()).to_numpy()
    odd = judged & ~flagged & has_windows & _unusual(p_value, score)
    cohorts = _cohorts(result.cohorts, style)
    smallest = summary.get("smallest_p")
    return Page(
        title=title,
        version=fakeengage.__version__,
        headline=overview.headline(int(flagged.sum()), int(judged.sum()), len(table)),
        subline=overview.subline(int(flagged.sum()), int(odd.sum()), int(judged.sum())),
        promise=overview.promise(summary.get("fdr"), nominal, int(judged.sum())),
        figures=overview.figures(result, table, judged, flagged, nominal),
        facts=overview.facts(result, summary),
        notes=[
            str(note)
            for source in (summary, summary.get("reading") or {})
            for note in source.get("notes") or []
        ],
        statuses=overview.statuses(table),
        rejected=_rejected(result.rejected),
        n_rejected=len(result.rejected),
        rows=rows,
        n_accounts=len(table),
        pictures=drawn,
        cohorts=cohorts[:MAX_COHORTS],
        n_cohorts=len(cohorts),
        nominal=nominal,
        smallest_p=words.probability(smallest) if smallest else "",
        batch=bool(summary.get("batch_pass")),
    )


def rank(table: pd.DataFrame) -> list[int]:
    """Positions, flagged first, then by falling score, accounts that were not judged last."""
    score = table["score"].to_numpy(dtype=float, na_value=np.nan)
    flagged = table["flagged"].fillna(False).to_numpy(dtype=bool)
    keys = (np.arange(len(table)), np.nan_to_num(-score, nan=np.inf), ~flagged)
    return [int(i) for i in np.lexsort(keys)]


def _unusual(p_value: Any, score: Any) -> Any:
    return (p_value <= UNUSUAL_P) | (score >= UNUSUAL_SCORE)


def _rejected(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            str(key): "" if words.missing(value) else words.identifier(value, 80)
            for key, value in record.items()
        }
        for record in frame.head(MAX_REJECTED).to_dict("records")
    ]


def _row(
    record: pd.Series[Any],
    position: int,
    flagged: bool,
    windows: dict[Any, pd.DataFrame],
    drawn: bool,
    style: dict[str, bool],
) -> Row:
    score = None if words.missing(record["score"]) else float(record["score"])
    p_value = None if words.missing(record["p_value"]) else float(record["p_value"])
    found = windows.get(record["account_id"])
    n_windows = 0 if found is None else len(found)
    status = str(record["status"])
    if score is None:
        kind, verdict = "none", status.replace("_", " ")
    elif flagged:
        kind, verdict = "flag", "flagged"
    elif n_windows and _unusual(np.nan if p_value is None else p_value, score):
        kind, verdict = "odd", "unusual, not attributable"
    else:
        kind, verdict = "calm", "ordinary"
    share = record["inflated_share"]
    share = 0.0 if words.missing(share) else float(share)
    reasons = record["reasons"]
    listed = (
        list(reasons) if isinstance(reasons, (list, tuple)) else str(reasons or "").split(REASON_SEPARATOR)
    )
    attack = record["attack"]
    text = ""
    if flagged and not words.missing(attack) and attack != "unknown":
        chance = record["attack_probability"]
        text = str(attack).replace("_", " ") + (
            "" if words.missing(chance) else f" ({words.percent(float(chance))})"
        )
    return Row(
        position=position,
        name=words.identifier(record["account_id"]),
        full_name=words.identifier(record["account_id"], 1000),
        score="" if score is None else f"{score:.2f}",
        score_sort=-1.0 if score is None else score,
        bar=0 if score is None else round(100 * min(max(score, 0.0), 1.0)),
        p_value="" if p_value is None else words.probability(p_value),
        p_sort=2.0 if p_value is None else p_value,
        verdict=verdict,
        kind=kind,
        windows=n_windows,
        when=words.span(record["window_start"], record["window_end"], **style),
        inflated=_inflated(record, share),
        inflated_sort=share,
        # The page says once, at the top of its table, what every row of the tables on disk must say.
        reasons=[r.removesuffix(BATCH_NOTE) for r in listed if r and r != "nan"]
        or ([overview.STATUS_WORDS[status]] if status in overview.STATUS_WORDS else []),
        attack=text,
        cohort="" if words.missing(record["cohort_id"]) else words.identifier(record["cohort_id"]),
        drawn=drawn,
    )


def _inflated(record: pd.Series[Any], share: float) -> str:
    """The metric with the largest share, as a count and a share."""
    names = [
        str(n).removeprefix("inflated_share_") for n in record.index if str(n).startswith("inflated_share_")
    ]
    shares = {
        n: record[f"inflated_share_{n}"] for n in names if not words.missing(record[f"inflated_share_{n}"])
    }
    if not share or not shares:
        return ""
    metric = max(shares, key=lambda n: abs(float(shares[n])))
    amount: Any = record.get(f"inflated_{metric}")
    counted = "" if words.missing(amount) else words.count(float(amount), sign=True) + " "
    return f"{counted}{metric} ({words.percent(float(shares[metric]))})"


def _cohorts(frame: pd.DataFrame, style: dict[str, bool]) -> list[dict[str, Any]]:
    out = []
    for name, part in frame.groupby("cohort_id", sort=False):
        members = [words.identifier(i, 40) for i in part["account_id"].tolist()]
        p_values = part["p_value"].dropna()
        hours = part["shared_hours"].dropna()
        out.append(
            {
                "name": words.identifier(name),
                "size": len(members),
                "members": members[:MAX_MEMBERS],
                "more": max(0, len(members) - MAX_MEMBERS),
                "p_value": words.probability(float(p_values.min())) if len(p_values) else "",
                "hours": words.number(int(hours.max())) if len(hours) else "",
                "when": words.span(part["first"].min(), part["last"].max(), **style),
            }
        )
    return out
