"""Coverage of predictive bands on left-out windows of real series, beside a running median.

Windows of 1, 6 and 24 hours (1 and 3 months where steps are months) are taken out at random places, two
per length and series, one at a time, and predicted from the rest. A prediction is a negative binomial
around the predicted count with the fitted extra variance. Prints mean log score | share of left-out steps
inside the central 90 / 99 % bands, for

- the full model (trend, cycles and level; the level bridges the gap),
- the stiff part alone (trend and cycles),
- a running median over 36 steps on both sides, times the account's own cycle.

Usage: ``python benches/expectation_coverage.py FOLDER [--out benches/record/expectation_coverage.md]``, where
FOLDER holds the long tables named below; absent ones are skipped by name.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import nbinom

import fakeengage as fe
from fakeengage.cadence import Cadence
from fakeengage.expectation import predict_steps
from fakeengage.panel import METRICS

CHUNK = 336
REACH = 36
MOST_SERIES = 120
SETS = {
    "sakamichi": ("youtube_sakamichi.csv.gz", None, False, (1, 6, 24)),
    "nab": ("nab_tweets.csv.gz", "nab_tweets.windows.csv", False, (1, 6, 24)),
    "uci": ("uci_news_facebook.csv.gz", None, False, (1, 6)),
    "reddit": ("reddit_top100.csv.gz", None, False, (1, 3)),
    "petition": ("uk_petition_2024.csv.gz", None, False, (1, 6, 24)),
    "starscout": ("starscout_monthly.csv.gz", "starscout_monthly.windows.csv", True, (1, 3)),
}


def load(folder: Path, name: str) -> list[tuple[fe.Panel, str]]:
    """One-metric panels of at most :data:`CHUNK` steps each, presumed genuine ones only."""
    file, windows_file, monthly, _ = SETS[name]
    frame = pd.read_csv(folder / file)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True, format="ISO8601").dt.tz_localize(None)
    if windows_file:
        windows = pd.read_csv(folder / windows_file)
        if monthly:  # windows flagged by a detector: whole repositories are left out
            frame = frame[~frame["account_id"].isin(windows["account_id"])]
    cadence = Cadence(None) if monthly else Cadence()
    unit = "datetime64[M]" if monthly else "datetime64[h]"
    frame["step"] = frame["timestamp"].to_numpy().astype(unit).astype(np.int64)
    rng = np.random.default_rng(0)
    metrics = [m for m in METRICS if m in frame]
    series = []
    for account, rows in frame.groupby("account_id", sort=True):
        first, last = int(rows["step"].min()), int(rows["step"].max())
        values = np.full((len(metrics), last - first + 1), np.nan)
        values[:, rows["step"].to_numpy() - first] = rows[metrics].to_numpy(float).T
        if windows_file and not monthly:  # windows of news are known to be unusual: not to be predicted
            for _, row in windows[windows["account_id"] == account].iterrows():
                begin = np.datetime64(row["window_start"].rstrip("Z"), "h").astype(int)
                end = np.datetime64(row["window_end"].rstrip("Z"), "h").astype(int)
                values[:, max(begin - first, 0) : max(end - first + 1, 0)] = np.nan
        for begin in range(0, values.shape[1], CHUNK):
            part = values[:, begin : begin + CHUNK]
            for k, metric in enumerate(metrics):
                if np.isfinite(part[k]).sum() >= 14 and np.nansum(part[k]) > 0:
                    series.append((part[k], metric, first + begin))
    chosen = rng.permutation(len(series))[:MOST_SERIES]
    return [
        (
            fe.Panel.from_arrays(
                values[None, :, None], metrics=[metric], cadence=cadence, start=cadence.timestamps(start)
            ),
            metric,
        )
        for values, metric, start in (series[i] for i in sorted(chosen))
    ]


def running_median(
    values: NDArray[np.float64], cycle_steps: int, start: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median around each step times the account's own hour-of-day cycle, and its extra variance."""
    n = len(values)
    padded = np.concatenate([np.full(REACH, np.nan), values, np.full(REACH, np.nan)])
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1)
    empty = np.isnan(around).all(axis=1)
    level = np.where(empty, np.nanmedian(values), np.nanmedian(np.where(empty[:, None], 0.0, around), axis=1))
    if cycle_steps and n >= 2 * cycle_steps:
        ratio = np.log((np.maximum(values, 0) + 0.5) / (level + 0.5))
        phase = (start + np.arange(n)) % cycle_steps
        for hour in range(cycle_steps):
            own = ratio[phase == hour]
            if np.isfinite(own).any():
                level[phase == hour] *= np.exp(np.nanmedian(own))
    residual = np.log((np.maximum(values, 0) + 0.5) / (level + 0.5))
    spread = (1.4826 * np.nanmedian(np.abs(residual - np.nanmedian(residual)))) ** 2
    extra = max(spread - np.nanmedian(1 / (level + 0.5)), 0.002)
    return level, np.full(n, extra)


def log_score_and_cover(
    truth: NDArray[np.float64], mean: NDArray[np.float64], extra: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Per step: log score, inside the 90 % band, inside the 99 % band."""
    mean, shape = np.maximum(mean, 1e-3), 1 / np.maximum(extra, 1e-6)
    law = nbinom(shape, shape / (shape + mean))
    truth = np.maximum(np.round(truth), 0)
    # A floor as wide as one in a million keeps a single step from deciding a mean.
    score = np.maximum(law.logpmf(truth), np.log(1e-6) - np.log1p(mean))
    inside = [(truth >= law.ppf(tail)) & (truth <= law.ppf(1 - tail)) for tail in (0.05, 0.005)]
    return np.stack([score, *inside], axis=1)


def measure(
    series: list[tuple[fe.Panel, str]], length: int, seed: int = 0, per_series: int = 2
) -> dict[str, NDArray[np.float64]]:
    """Rows of log score and coverage per left-out step for every method."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[NDArray[np.float64]]] = {"full": [], "stiff": [], "median": []}
    for panel, _ in series:
        values = panel.data.astype(float)
        n = len(values)
        if n < 3 * length:
            continue
        for _ in range(per_series):
            begin = int(rng.integers(1, n - length))
            gap = slice(begin, begin + length)
            seen = np.isfinite(values[gap])
            left = panel.data.copy()
            left[gap] = np.nan
            if not seen.any() or np.isfinite(left).sum() < 14:
                continue
            truth = values[gap][seen]
            rest = fe.Panel(
                left, panel.offsets, panel.starts, panel.metrics, panel.account_ids, panel.cadence
            )
            predictions = {
                "full": predict_steps(rest, threads=1),
                "stiff": predict_steps(rest, level=False, threads=1),
                "median": running_median(
                    left.astype(float), panel.cadence.steps_per_day, int(panel.starts[0])
                ),
            }
            for method, (mean, extra) in predictions.items():
                rows[method].append(log_score_and_cover(truth, mean[gap][seen], extra[gap][seen]))
    return {method: np.concatenate(found) for method, found in rows.items() if found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    arguments = parser.parse_args()
    lines = ["| set, left out | steps | full | stiff | running median |", "|---|---|---|---|---|"]
    for name in arguments.sets:
        if not (arguments.folder / SETS[name][0]).exists():
            print(f"skipped {name}: {SETS[name][0]} is absent", file=sys.stderr)
            continue
        series = load(arguments.folder, name)
        for length in SETS[name][3]:
            found = measure(series, length)
            if not found:
                continue
            cells = [
                f"{rows[:, 0].mean():.2f}; {100 * rows[:, 1].mean():.0f} / {100 * rows[:, 2].mean():.0f}"
                for rows in found.values()
            ]
            unit = "months" if SETS[name][2] else "h"
            lines.append(f"| {name} {length} {unit} | {len(found['full'])} | " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    if arguments.out:
        title = f"# Left-out windows: log score; 90 / 99 % cover, {datetime.date.today()}, 2 cores\n\n"
        note = "\n\nMade by `benches/expectation_coverage.py`; higher log scores are better.\n"
        arguments.out.write_text(title + "\n".join(lines) + note)


if __name__ == "__main__":
    main()
