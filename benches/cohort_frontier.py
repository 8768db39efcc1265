"""How weak, short and small a cohort may be and still be found, with benign tight clusters beside it.

Into organic accounts of preset ``published`` an operator delivers at hours that its accounts share: `events`
times `hours` long, each at `gain` times the expected counts. Every table varies one of gain, events, hours
and size around a usual cohort (gain 4, 5 events of 4 hours, 8 accounts) and says which share of the members
was found in one cohort (recall) and which share of all reported accounts were members (precision), over
several batches. Beside it, clusters that must not be reported: accounts of one owner, fans of one event,
posters on one schedule, a weekend crowd, and a platform that rises as a whole.

usage: python benches/cohort_frontier.py [--accounts 2000] [--batches 4] [--seed 0]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

import fakeengage as fe

Counts = NDArray[np.float32]
USUAL = {"gain": 4.0, "events": 5, "hours": 4, "size": 8}
CELLS: dict[str, list[float]] = {
    "gain": [1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0],
    "events": [1, 2, 3, 4, 5, 7, 10],
    "hours": [1, 2, 3, 4, 6, 8],
    "size": [2, 3, 4, 6, 8, 12, 20],
}


def deliver(
    counts: Counts,
    accounts: NDArray[np.int64],
    hours: NDArray[np.int64],
    gain: float,
    rng: np.random.Generator,
) -> None:
    """Adds ``gain - 1`` times an account's usual counts at these hours, 15 % more or less each."""
    usual = np.median(counts[accounts], axis=2, keepdims=True)
    around = usual * (gain - 1) * rng.lognormal(0, 0.15, (len(accounts), counts.shape[1], len(hours)))
    counts[accounts[:, None], :, hours[None, :]] += rng.poisson(around).transpose(0, 2, 1)


def shared_hours(events: int, hours: int, n_steps: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Hours of events anywhere in their equal parts of a random ten days."""
    span = min(240, n_steps)
    first = int(rng.integers(0, n_steps - span + 1))
    part = span // events
    starts = [first + k * part + int(rng.integers(0, max(1, part - hours))) for k in range(events)]
    return np.unique(np.concatenate([np.arange(s, min(s + hours, n_steps)) for s in starts]))


def batch(n: int, seed: int) -> fe.Panel:
    return fe.simulate(n_users=n, fake_ratio=0.0, seed=seed).panel


def cohort_cell(n: int, seeds: Iterator[int], law: dict[str, float]) -> tuple[float, float]:
    """Mean recall and precision of one kind of cohort."""
    recall, hits, reported = [], 0, 0
    for seed in seeds:
        rng = np.random.default_rng([seed, 1])
        panel = batch(n, seed)
        counts = panel.data.reshape(n, len(panel.metrics), -1)
        members = rng.choice(n, int(law["size"]), replace=False)
        hours = shared_hours(int(law["events"]), int(law["hours"]), counts.shape[2], rng)
        deliver(counts, members, hours, law["gain"], rng)
        ids = fe.find_cohorts(panel).cohort_id
        named = [i for i in ids[members] if i is not None]
        largest = max((named.count(i) for i in set(named)), default=0)
        recall.append(largest / len(members))
        hits += len(named)
        reported += sum(i is not None for i in ids)
    return float(np.mean(recall)), hits / reported if reported else float("nan")


def one_owner(panel: fe.Panel, counts: Counts, rng: np.random.Generator) -> fe.Panel:
    """Twelve accounts of one owner, as tight as the usual cohort."""
    members = rng.choice(len(panel), 12, replace=False)
    deliver(counts, members, shared_hours(5, 4, counts.shape[2], rng), USUAL["gain"], rng)
    owners = np.full(len(panel), None, dtype=object)
    owners[members] = "one owner"
    panel.owner_ids = owners
    return panel


def one_event(panel: fe.Panel, counts: Counts, rng: np.random.Generator) -> fe.Panel:
    """Forty accounts that one event lifts fivefold for nine hours."""
    start = int(rng.integers(24, counts.shape[2] - 24))
    members = rng.choice(len(panel), 40, replace=False)
    deliver(counts, members, np.arange(start, start + 9), 5.0, rng)
    return panel


def one_schedule(panel: fe.Panel, counts: Counts, rng: np.random.Generator) -> fe.Panel:
    """Twenty accounts that post at the same two hours of every day."""
    hours = np.flatnonzero(np.isin(np.arange(counts.shape[2]) % 12, [int(rng.integers(12))]))
    deliver(counts, rng.choice(len(panel), 20, replace=False), hours, 4.0, rng)
    return panel


def one_weekend(panel: fe.Panel, counts: Counts, rng: np.random.Generator) -> fe.Panel:
    """A fifth of the accounts, twice as busy on Saturdays and Sundays."""
    steps = panel.starts[0] + np.arange(counts.shape[2])
    weekend = np.flatnonzero((steps // 24 + 3) % 7 >= 5)
    deliver(counts, rng.choice(len(panel), len(panel) // 5, replace=False), weekend, 2.0, rng)
    return panel


def whole_platform(panel: fe.Panel, counts: Counts, rng: np.random.Generator) -> fe.Panel:
    """Everybody doubles five times for four hours."""
    hours = shared_hours(5, 4, counts.shape[2], rng)
    deliver(counts, np.arange(len(panel)), hours, 2.0, rng)
    return panel


BENIGN: list[Callable[[fe.Panel, Counts, np.random.Generator], fe.Panel]] = [
    one_owner,
    one_event,
    one_schedule,
    one_weekend,
    whole_platform,
]


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    n, seeds = given.accounts, range(given.seed, given.seed + given.batches)
    print(f"{n} organic accounts of preset published, 336 hours, seeds {seeds[0]}–{seeds[-1]}")
    print(f"usual cohort: {USUAL}\n")
    for name, values in CELLS.items():
        print(f"| {name} | recall | precision |\n|---|---|---|")
        for value in values:
            recall, precision = cohort_cell(n, iter(seeds), {**USUAL, name: value})
            print(f"| {value:g} | {recall:.2f} | {precision:.2f} |", flush=True)
        print()
    print("| benign | accounts reported, mean of batches |\n|---|---|")
    quiet = [len(fe.find_cohorts(batch(n, seed)).table) for seed in seeds]
    print(f"| nothing added | {np.mean(quiet):.1f} |", flush=True)
    for kind in BENIGN:
        reported = []
        for seed in seeds:
            panel = batch(n, seed)
            counts = panel.data.reshape(n, len(panel.metrics), -1)
            reported.append(len(fe.find_cohorts(kind(panel, counts, np.random.default_rng([seed, 2]))).table))
        print(f"| {str(kind.__doc__).strip('.')} | {np.mean(reported):.1f} |", flush=True)


if __name__ == "__main__":
    main()
