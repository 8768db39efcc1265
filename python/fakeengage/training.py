"""Training of the auditor on simulated platforms or on the user's own labelled data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fakeengage.cadence import Cadence
from fakeengage.calibration import MIN_STEPS
from fakeengage.features import feature_matrix
from fakeengage.models.auditor import Auditor, Part
from fakeengage.panel import Panel

if TYPE_CHECKING:
    from fakeengage.dataset import Dataset

TRAINING_PRESET = "realistic"
VARIANTS = 2
"""Shorter and poorer copies of each simulated account beside the full one."""

_BATCH = 2048
_ACCOUNTS_PER_WORLD = 100

Progress = Callable[[int, int], None]


def train_on_simulation(
    n_users: int = 40_000,
    *,
    fake_ratio: float = 0.3,
    length: int = 336,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Auditor:
    """Trains the auditor that the package ships: on many simulated platforms, never on an exam preset.

    Parameters
    ----------
    n_users
        Simulated accounts, 100 to a platform.
    fake_ratio
        Share of fakes; they only shape the probability curve, the forest sees organic accounts.
    length
        Hours of the full series. Shorter, poorer and clock-free copies are cut from it.
    seed
        Seed of the simulation and of the cuts.
    threads
        Threads to use; all cores by default.
    progress
        Called with (accounts done, accounts in all).

    Returns
    -------
    Auditor
        Fitted and calibrated.
    """
    from fakeengage.simulation import SimulationSpec, simulate_batches

    spec = SimulationSpec(
        preset=TRAINING_PRESET,
        seed=seed,
        length=length,
        fake_ratio=fake_ratio,
        n_worlds=max(1, n_users // _ACCOUNTS_PER_WORLD),
    )
    rng = np.random.default_rng(seed)
    grown: list[Part] = []
    calibration: list[Part] = []
    done = 0
    for k, dataset in enumerate(simulate_batches(spec, n_users, batch=_BATCH)):
        fake = dataset.accounts["is_fake"].to_numpy(dtype=bool)
        full = (dataset.panel, feature_matrix(dataset.panel, threads=threads), fake)
        parts = [full, *(copy for _ in range(VARIANTS) for copy in _poorer_copies(dataset, rng, threads))]
        # Whole worlds are kept apart: trees never see the platforms that set p-values. Poorer copies
        # teach the trees too, but each batch serves one side only.
        (calibration if k % 2 else grown).extend(parts)
        done += len(fake)
        if progress is not None:
            progress(done, n_users)
    whole = [part for part in grown if len(part[0].metrics) == 4 and part[0].shares_clock]
    auditor = Auditor(seed=seed).fit_features(*_joined(whole), calibration=calibration)
    auditor.training = {
        "data": f"simulated, preset {TRAINING_PRESET}",
        "accounts": n_users,
        "worlds": spec.n_worlds,
        "fake_ratio": fake_ratio,
        "hours": length,
        "seed": seed,
    }
    return auditor


def train(
    dataset: Dataset | Panel,
    out: str | os.PathLike[str] | None = None,
    *,
    seed: int = 0,
    threads: int | None = None,
) -> Auditor:
    """Trains on labelled accounts: a simulated data set, or a panel whose table had a ``label`` column.

    Parameters
    ----------
    dataset
        Accounts with labels; normal and fake ones are both needed, at least 200 normal ones.
    out
        Folder to save the model in; not saved when left out.
    seed
        Seed of the trees.
    threads
        Threads to use; all cores by default.

    Raises
    ------
    ValueError
        If labels are missing, or too few accounts are normal.
    """
    if isinstance(dataset, Panel):
        panel = dataset
        if panel.is_fake is None or all(v is None for v in panel.is_fake):
            raise ValueError(
                "DATA: has no labels; add a column `label` with fake or normal for every account"
            )
        labelled = np.array([v is not None for v in panel.is_fake])
        panel = panel.select(labelled)
        fake = np.asarray(panel.is_fake, dtype=bool)
    else:
        panel, fake = dataset.panel, dataset.accounts["is_fake"].to_numpy(dtype=bool)
    auditor = Auditor(seed=seed).fit_features(panel, feature_matrix(panel, threads=threads), fake)
    auditor.training = {
        "data": "labelled accounts",
        "accounts": len(panel),
        "fakes": int(fake.sum()),
        "seed": seed,
    }
    if out is not None:
        auditor.save(out)
    return auditor


def _joined(parts: list[Part]) -> Part:
    """Several panels with the same metrics as one."""
    first = parts[0][0]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([p.lengths for p, _, _ in parts]))])
    panel = Panel(
        np.concatenate([p.data for p, _, _ in parts]),
        offsets.astype(np.int64),
        np.concatenate([p.starts for p, _, _ in parts]),
        first.metrics,
        np.arange(len(offsets) - 1),
        first.cadence,
    )
    return panel, np.concatenate([f for _, f, _ in parts]), np.concatenate([y for _, _, y in parts])


def _poorer_copies(dataset: Any, rng: np.random.Generator, threads: int | None) -> Iterator[Part]:
    """Each account once more with fewer hours, fewer metrics, or a clock that means nothing.

    A fake whose attack does not show in what is left is dropped: it would be labelled for something
    that is not there.
    """
    panel: Panel = dataset.panel
    mask = np.asarray(dataset.mask)
    n, m = len(panel), len(panel.metrics)
    fake = dataset.accounts["is_fake"].to_numpy(dtype=bool)
    longest = int(panel.lengths[0])
    lengths = np.exp(rng.uniform(np.log(MIN_STEPS), np.log(longest + 1), size=n)).astype(np.int64)
    begins = (rng.uniform(size=n) * (longest - lengths + 1)).astype(np.int64)
    subsets = rng.integers(1, 2**m, size=n)
    clocks = rng.uniform(size=n) < 0.5
    for subset in np.unique(subsets):
        kept = [k for k in range(m) if subset >> k & 1]
        for clock in (False, True):
            members = np.flatnonzero((subsets == subset) & (clocks == clock))
            ends = begins[members] + lengths[members]
            shows = np.array(
                [mask[i, begins[i] : end, :][:, kept].any() for i, end in zip(members, ends, strict=True)],
                dtype=bool,
            )
            use = members[shows | ~fake[members]]
            if len(use) == 0:
                continue
            blocks = [panel.block(int(i))[kept, begins[i] : begins[i] + lengths[i]].reshape(-1) for i in use]
            copy = Panel(
                np.concatenate(blocks),
                np.concatenate([[0], np.cumsum(lengths[use])]).astype(np.int64),
                panel.starts[use] + begins[use],
                [panel.metrics[k] for k in kept],
                np.arange(len(use)),
                panel.cadence if clock else Cadence(minutes=None),
            )
            yield copy, feature_matrix(copy, threads=threads), fake[use]
