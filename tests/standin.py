"""A result with made-up numbers, so that tables, report and figures are tested apart from detection."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from fakeengage.panel import METRICS, Panel
from fakeengage.result import COHORT_COLUMNS, REJECTED_COLUMNS, WINDOW_COLUMNS, Result, account_columns

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    '=HYPERLINK("http://evil.example")',
    "@handle",
    "-id",
    "+1|cmd",
    "line\nbreak",
    "{{ 7*7 }}",
    "../../etc/passwd",
    "emoji 🙂 and ünïcode",
    "</style><script>alert(3)</script>",
    "x" * 300,
]


def make_panel(
    n: int, steps: int = 336, metrics: tuple[str, ...] = METRICS, seed: int = 0
) -> tuple[Panel, np.ndarray]:
    """Panel with a daily rhythm, and the rates behind it in panel layout."""
    rng = np.random.default_rng(seed)
    hours = np.arange(steps)
    day = 1 + 0.6 * np.sin((hours - 9) * 2 * np.pi / 24)
    level = rng.lognormal(6, 1.2, n)
    share = {"views": 1.0, "likes": 0.08, "comments": 0.01, "shares": 0.006}
    rate = np.stack([level[:, None] * day * share[m] for m in metrics], axis=2)
    noise = rng.lognormal(0, 0.15, rate.shape)
    counts = rng.poisson(rate * noise).astype(float)
    ids = np.array([HOSTILE[i] if i < len(HOSTILE) else f"creator_{i:04d}" for i in range(n)], dtype=object)
    panel = Panel.from_arrays(counts, ids, metrics, start="2024-03-01")
    return panel, rate.transpose(0, 2, 1).reshape(-1).astype(np.float32)


def make_result(
    n: int = 60,
    flagged: int = 8,
    *,
    steps: int = 336,
    metrics: tuple[str, ...] = METRICS,
    unjudged: int = 3,
    seed: int = 0,
) -> Result:
    """Result of `n` accounts, the first `flagged` of them flagged, the last `unjudged` not judged."""
    panel, expected = make_panel(n, steps, metrics, seed)
    rng = np.random.default_rng(seed + 1)
    moments = pd.DatetimeIndex(panel.timestamps).tz_localize("UTC")
    accounts: dict[str, list[Any]] = {name: [] for name in account_columns(metrics)}
    windows: list[tuple[Any, ...]] = []
    unjudged = min(unjudged, n)
    for i in range(n):
        row: dict[str, Any] = dict.fromkeys(accounts)
        row["account_id"] = panel.account_ids[i]
        row["hours_observed"] = steps
        row["flagged"] = False
        row["reasons"] = ""
        if i >= n - unjudged:
            row["status"] = ("unusable", "too_short", "no_activity", "irregular_cadence")[(n - 1 - i) % 4]
            row["score"] = row["p_value"] = np.nan
        else:
            row["status"] = "ok"
            row["score"] = float(np.clip(rng.beta(1, 9), 0, 1))
            row["p_value"] = float(rng.uniform(0.02, 1))
            row["detectable_share"] = float(rng.uniform(0.03, 0.2))
            row["reasons"] = (
                "likes rose 1.3x on 3 Mar, views with them; one metric alone: unusual, not attributable"
            )
            for metric in metrics:
                for end in ("", "_low", "_high"):
                    row[f"inflated_{metric}{end}"] = 0.0
                row[f"inflated_share_{metric}"] = 0.0
            row["inflated_share"] = 0.0
        if i < min(flagged, n - unjudged):
            first = int(rng.integers(24, max(25, steps - 96)))
            last = min(steps, first + int(rng.integers(6, 60)))
            metric = metrics[min(1, len(metrics) - 1)]
            k = metrics.index(metric)
            block = panel.block(i)
            block[k, first:last] = np.round(block[k, first:last] * 4 + 10)
            usual = expected[len(metrics) * panel.offsets[i] :][k * steps + first : k * steps + last].sum()
            seen = float(block[k, first:last].sum())
            windows.append(
                (
                    panel.account_ids[i],
                    moments[first],
                    moments[last - 1] + pd.Timedelta(hours=1),
                    metric,
                    9.1,
                    seen,
                    usual,
                    seen - usual,
                )
            )
            row |= {
                "score": 0.97 - 0.01 * i,
                "p_value": 0.0004,
                "flagged": True,
                "attack": "like_only_inflation",
                "attack_probability": 0.8,
                "window_start": moments[first],
                "window_end": windows[-1][2],
                f"inflated_{metric}": seen - usual,
                f"inflated_{metric}_low": 0.9 * (seen - usual),
                f"inflated_{metric}_high": 1.1 * (seen - usual),
                f"inflated_share_{metric}": (seen - usual) / float(np.nansum(block[k])),
                "inflated_share": (seen - usual) / float(np.nansum(block[k])),
                "cohort_id": "cohort-1" if i < 4 else None,
                "cohort_score": 0.99 if i < 4 else np.nan,
                "reasons": "likes rose 4.0x while views stayed flat, 5–7 Mar; likes per view 4.1x its usual; "
                "started and ended within one hour",
            }
        for name in accounts:
            accounts[name].append(row[name])
    frame = pd.DataFrame(accounts)
    for name in ("window_start", "window_end"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    members = [
        ("cohort-1", panel.account_ids[i], 0.0002, 30, moments[steps // 8], moments[steps // 4])
        for i in range(min(4, flagged))
    ]
    rejected = pd.DataFrame(
        [(17, "creator_0020", "likes", "many", "not a number")], columns=list(REJECTED_COLUMNS)
    )
    expectation = SimpleNamespace(expected=expected, log_sd=np.full(expected.shape, 0.2, dtype=np.float32))
    return Result(
        accounts=frame,
        windows=pd.DataFrame(windows, columns=list(WINDOW_COLUMNS)),
        cohorts=pd.DataFrame(members, columns=list(COHORT_COLUMNS)),
        rejected=rejected,
        summary={
            "fdr": 0.05,
            "calibration": "nominal",
            "model": "isolation forest 1",
            "smallest_p": 0.0004,
            "notes": ["likes were read as increments: the counts fall in 40 % of accounts"],
            "reading": {
                "n_rows": n * steps,
                "n_rejected": 1,
                "cadence": "1 hour",
                "counts": dict.fromkeys(metrics, "increments"),
            },
        },
        panel=panel,
        expectation=cast(Any, expectation),
        hour_scores=rng.uniform(0, 1, n * steps).astype(np.float32),
    )
