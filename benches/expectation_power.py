"""False alarms and power of the expectation on presumed genuine series, with attacks of its own.

Each series of a set is attacked once per kind: a fourfold burst (3–9 steps), drips of +100 % and +50 %
(24–120 steps), waves (6 of every 24 steps over 4 days), a purge (one day's volume taken back in 2–7 steps).
Prints, per set, the share of untouched series with a p-value at most .01 / .05, and per kind the hour
AUROC inside attacked series, the overlap (IoU) of the strongest window and of the slow window with the
truth, the share of the added volume found in the true window, and the power of ``p_peak``.

Usage: ``python benches/expectation_power.py FOLDER [--sets sakamichi nab]``
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

import fakeengage as fe
from expectation_coverage import SETS, load

KINDS = ("burst", "drip +100 %", "drip +50 %", "waves", "purge")


def gather(parts: list[fe.Panel], series: list[NDArray[np.float32]]) -> fe.Panel:
    """One panel of all series."""
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in series])])
    starts = np.array([part.starts[0] for part in parts])
    return fe.Panel(
        np.concatenate(series), offsets, starts, ["likes"], np.arange(len(parts)), parts[0].cadence
    )


def attack(
    x: NDArray[np.float32], kind: str, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_], int, int]:
    """Attacked series, steps that changed, first step and first step after the attack."""
    n = len(x)
    length = {
        "burst": min(int(rng.integers(3, 10)), n // 6),
        "waves": min(96, n // 3),
        "purge": min(int(rng.integers(2, 8)), n // 6),
    }.get(kind, min(int(rng.integers(24, 121)), n // 3))
    start = int(rng.integers(n // 8, n - length))
    end = start + length
    around = x[max(0, start - 24) : end + 24]
    base = float(np.nan_to_num(np.nanmean(np.maximum(around, 0)))) if np.isfinite(around).any() else 0.0
    if kind == "burst":
        added = rng.poisson(3 * base, length)
    elif kind == "waves":
        added = rng.poisson(2 * base * (np.arange(length) % 24 < 6))
    elif kind == "purge":
        added = -rng.poisson(base * (24 if n > 100 else 3) / length, length)
    else:
        added = rng.poisson((1.0 if "100" in kind else 0.5) * base * rng.gamma(10, 0.1, length))
    attacked = x.copy()
    attacked[start:end] += added
    return attacked, np.nan_to_num(attacked) != np.nan_to_num(x), start, end


def overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Intersection over union of two windows."""
    return max(0, min(a[1], b[1]) - max(a[0], b[0])) / (max(a[1], b[1]) - min(a[0], b[0]))


def report(name: str, parts: list[fe.Panel]) -> None:
    """Prints one set."""
    rng = np.random.default_rng(5)
    own = fe.fit_expectation(gather(parts, [part.data for part in parts])).summary
    judged = np.flatnonzero(own["max_z"].notna())
    shares = {
        p: [f"{100 * (own[p].to_numpy()[judged] <= alpha).mean():.1f}" for alpha in (0.01, 0.05)]
        for p in ("p_block", "p_peak")
    }
    print(
        f"{name}: {len(judged)} series, untouched at .01 / .05: "
        + ", ".join(f"{p} {' / '.join(s)} %" for p, s in shares.items())
    )
    for kind in KINDS:
        attacked = [attack(part.data, kind, rng) for part in parts]
        panel = gather(parts, [a[0] for a in attacked])
        found = fe.fit_expectation(panel)
        rows = []
        for i in judged:
            series, changed, start, end = attacked[i]
            steps = slice(panel.offsets[i], panel.offsets[i + 1])
            z = found.hour_z[steps] * (-1 if kind == "purge" else 1)
            seen = np.isfinite(z)
            if not changed[seen].any() or changed[seen].all():
                continue
            truth = (int(panel.starts[i]) + start, int(panel.starts[i]) + end)
            windows = found.windows[found.windows["account"] == i]
            best = 0.0
            if len(windows):
                top = windows.loc[windows["z"].abs().idxmax()]
                best = overlap(truth, (top["start"], top["end"]))
            summary = found.summary.iloc[i]
            inside = seen[start:end]
            added = (series - parts[i].data)[start:end][inside].sum()
            excess = (series - found.expected[steps])[start:end][inside].sum()
            slow = overlap(truth, (summary["slow_start"], summary["slow_end"]))
            auroc = roc_auc_score(changed[seen], z[seen])
            rows.append((auroc, best, slow, excess / added, summary["p_peak"]))
        table = np.array(rows)
        auroc, best, slow = table[:, :3].mean(axis=0)
        power = " / ".join(f"{(table[:, 4] <= alpha).mean():.2f}" for alpha in (0.01, 0.05))
        print(
            f"  {kind:12s} hour AUROC {auroc:.2f}, IoU strongest {best:.2f}, slow {slow:.2f}, "
            f"volume {np.median(table[:, 3]):.2f}, p_peak {power}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="*", default=["sakamichi", "nab", "uci", "starscout"])
    arguments = parser.parse_args()
    for name in arguments.sets:
        if (arguments.folder / SETS[name][0]).exists():
            report(name, [panel for panel, _ in load(arguments.folder, name)])
        else:
            print(f"skipped {name}: {SETS[name][0]} is absent", file=sys.stderr)


if __name__ == "__main__":
    main()
