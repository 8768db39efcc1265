"""Ways to pass the exam without looking at the attacks: parity, decimals, row order, hours outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fakeengage.validation.exam import LEAST_ACCOUNTS, Exam
from fakeengage.validation.findings import Finding, Severity
from fakeengage.validation.outside import LEAST_SEEN, lend_windows, outside_features
from fakeengage.validation.probes import Probe, probe

Array = NDArray[np.float64]

LEAK = 0.55
"""AUROC that no classifier without the windows may exceed."""

ENOUGH = 4000
"""Accounts from which on the limit holds as it stands; fewer get three standard errors of grace."""

MAX_ROWS = 20_000
"""Rows looked at for their order, in stretches spread over the data."""

_DIVISORS = (2, 3, 4, 5, 6, 10)
# Small counts are divisible by chance of size, not by arithmetic. Where an account's counts start to be
# looked at is drawn from one period of all divisors: a fixed place would itself favour its own divisors.
_SMALLEST, _PERIOD = 30, 60
_FEWEST, _MOST = 20, 400  # counts of an account below which a share says nothing, and that are looked at
_TOP = 0.9  # attacked hours are among the largest: they are looked at apart
_STRETCHES = 10
_MODULI = range(2, 101)
_BLOCK = 100


def leak_findings(exam: Exam) -> Iterator[Finding]:
    """One finding per way to cheat; every figure is the worse of two classifiers, held out."""
    rng = np.random.default_rng(0)
    yield _verdict(
        "no_lattice",
        probe(divisibility(exam.grid.values, rng), exam.fake),
        exam.fake,
        "parity, last digits and divisibility tell fakes from normals",
        "attacked counts must be drawn, not multiplied or rounded",
    )
    yield _decimals(exam)
    positions = _stretches(len(exam.every_fake))
    labels = exam.every_fake[positions]
    yield _verdict(
        "no_row_order",
        probe(row_features(positions, len(exam.every_fake)), labels),
        labels,
        "the place in the file tells fakes from normals",
        "shuffle the accounts",
    )
    yield _outside(exam, rng)


def _verdict(check: str, found: Probe, fake: NDArray[np.bool_], what: str, remedy: str) -> Finding:
    grace = 0.0 if len(fake) >= ENOUGH else found.error
    severity: Severity = "ok"
    if found.area > LEAK + 3 * grace:
        severity = "error"
    elif found.area > LEAK + grace:
        severity = "warning"
    return Finding(
        check,
        severity,
        found.area,
        f"{what} with held-out AUROC {found.area:.3f} ± {found.error:.3f} "
        f"({found.name}; chance 0.5, allowed {LEAK}, {len(fake):,} accounts)",
        "" if severity == "ok" else f"the exam can be passed without looking at the attacks: {remedy}",
    )


def divisibility(values: Array, rng: np.random.Generator) -> Array:
    """How often counts are divisible, or end in a digit, per metric: 0 to 1, uniform where it is by chance.

    The place of a share in its binomial distribution, ties broken at random, is uniform whatever the number
    of counts; a plain share would also tell how many counts there are, hence how large the account is.
    """
    n, steps, n_metrics = values.shape
    from_here: NDArray[np.int64] = _SMALLEST + rng.integers(0, _PERIOD, (n, 1))
    # What is not whole has no last digit; rounding would give it one.
    whole: NDArray[np.int64] = np.where(values == np.rint(values), values, -1.0).astype(np.int64)
    limit = min(int(_TOP * steps), steps - 1)
    columns = []
    for k in range(n_metrics):
        counts: NDArray[np.int64] = whole[:, :, k]
        large = counts >= from_here
        ranked: NDArray[np.int64] = np.where(large, counts, -1)
        ranked.sort(axis=1)
        top = large & (counts >= ranked[:, limit : limit + 1])
        tests = [(counts % d == 0, 1 / d, seen) for d in _DIVISORS for seen in (large, top)]
        tests += [(counts % 10 == digit, 0.1, large) for digit in range(1, 10)]
        for hit, chance, seen in tests:
            columns.append(_place((seen & hit).sum(axis=1), seen.sum(axis=1), chance, rng))
    return np.stack(columns, axis=1)


def _place(hits: NDArray[np.int64], of: NDArray[np.int64], chance: float, rng: np.random.Generator) -> Array:
    """Randomised place of `hits` in the binomial distribution; any place where there are too few."""
    fewer = np.minimum(of, _MOST)
    hits = rng.hypergeometric(hits, of - hits, fewer)
    place = rng.uniform(size=len(hits))
    for size in np.unique(fewer[fewer >= _FEWEST]):
        mine = fewer == size
        pmf = _binomial(int(size), chance)
        below = np.concatenate([[0.0], np.cumsum(pmf)])
        place[mine] = below[hits[mine]] + place[mine] * pmf[hits[mine]]
    return place


def _binomial(n: int, chance: float) -> Array:
    k = np.arange(1, n + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log((n + 1 - k) / k))])
    successes = np.arange(n + 1)
    return np.asarray(np.exp(logs + successes * np.log(chance) + (n - successes) * np.log1p(-chance)))


def _decimals(exam: Exam) -> Finding:
    values = exam.grid.values
    part = values - np.rint(values)
    broken = np.where(np.isnan(part), False, part != 0)
    what = "counts that are not whole tell fakes from normals"
    if not broken.any():
        found = Probe(0.5, 0.0, "all counts are whole")
    else:
        seen = np.maximum((~np.isnan(part)).sum(axis=1), 1)
        size = np.abs(np.nan_to_num(part)).sum(axis=1) / np.maximum(broken.sum(axis=1), 1)
        halves = (np.abs(np.nan_to_num(part)) == 0.5).sum(axis=1) / seen
        found = probe(np.hstack([broken.sum(axis=1) / seen, size, halves]), exam.fake)
    return _verdict("no_decimals", found, exam.fake, what, "attacked counts must be whole, as organic ones")


def _stretches(n: int) -> NDArray[np.int64]:
    if n <= MAX_ROWS:
        return np.arange(n)
    length = MAX_ROWS // _STRETCHES
    starts = np.linspace(0, n - length, _STRETCHES).astype(np.int64)
    return (starts[:, None] + np.arange(length)).ravel()


def row_features(positions: NDArray[np.int64], n: int) -> Array:
    """Place in the file, block of a hundred, and remainders of the place."""
    columns = [positions / n, positions // _BLOCK, *(positions % modulus for modulus in _MODULI)]
    return np.stack(columns, axis=1).astype(np.float64)


def _outside(exam: Exam, rng: np.random.Generator) -> Finding:
    """Classifiers that see only the hours outside the windows."""
    check = "no_leak_outside"
    if exam.hidden is None:
        return Finding(
            check,
            "note",
            float("nan"),
            "no windows are given, so hours outside them are not looked at",
            "columns window_start and window_end say where the fakes were attacked",
        )
    hidden = lend_windows(exam, rng)
    seen = ~hidden & ~np.isnan(exam.grid.values).all(axis=2)
    enough = seen.sum(axis=1) >= LEAST_SEEN
    fake = exam.fake[enough]
    if min(fake.sum(), (~fake).sum()) < LEAST_ACCOUNTS:
        return Finding(check, "note", float("nan"), "too few hours outside the windows to look for leaks")
    features = outside_features(exam.grid.values[enough], hidden[enough], exam.grid.day)
    found = _verdict(
        check,
        probe(features, fake),
        fake,
        "hours outside the windows tell fakes from normals",
        "outside its windows a fake must be as organic as a normal account",
    )
    if found.severity != "error" or exam.comparable:
        return found
    why = "fakes and normals are accounts of other kinds; compare accounts of one age and size"
    return replace(found, severity="warning", remedy=why)
