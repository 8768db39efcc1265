"""Training of the auditor on simulated platforms or on the user's own labelled data."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from fakeengage.cadence import Cadence
from fakeengage.calibration import MIN_STEPS
from fakeengage.models.auditor import Auditor, Part, full_evidence
from fakeengage.models.base import known_labels
from fakeengage.panel import Panel

if TYPE_CHECKING:
    from fakeengage.dataset import Dataset

TRAINING_PRESET = "realistic"
VARIANTS = 2
"""Shorter and poorer copies of each simulated account beside the full one."""

LONG_FACTOR = 3
"""Long series are this many times as long; a tenth of the accounts: they only set p-values."""

_BATCH = 2048
_ACCOUNTS_PER_WORLD = 100

Progress = Callable[[int, int], None]


def train_on_simulation(
    n_users: int = 40_960,
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
    from fakeengage.simulation import simulate_batches
    from fakeengage.simulation_spec import SimulationSpec

    rng = np.random.default_rng(seed)
    n_long = n_users // 10
    grown: list[Part] = []
    calibration: list[Part] = []
    done = 0
    for n, hours, offset in ((n_users, length, 0), (n_long, LONG_FACTOR * length, 1)):
        spec = SimulationSpec(
            preset=TRAINING_PRESET,
            seed=seed + offset,
            length=hours,
            fake_ratio=fake_ratio,
            n_worlds=max(1, n // _ACCOUNTS_PER_WORLD),
        )
        for k, dataset in enumerate(simulate_batches(spec, n, batch=_BATCH // (1 + 3 * offset))):
            fake = dataset.accounts["is_fake"].to_numpy(dtype=bool)
            full = (dataset.panel, full_evidence(dataset.panel, threads=threads), fake)
            # Whole batches are kept apart: trees never see the accounts that set p-values.
            if k % 2 or offset:
                calibration.append(full)
                for _ in range(VARIANTS):
                    calibration.extend(_poorer_copies(dataset, rng, threads))
            else:
                grown.append(full)
            done += len(fake)
            if progress is not None:
                progress(done, n_users + n_long)
    auditor = Auditor(seed=seed).fit_features(*_joined(grown), calibration=calibration)
    auditor.training = {
        "data": f"simulated, preset {TRAINING_PRESET}",
        "accounts": n_users,
        "worlds": max(1, n_users // _ACCOUNTS_PER_WORLD),
        "fake_ratio": fake_ratio,
        "hours": [length, LONG_FACTOR * length],
        "long_accounts": n_long,
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
        Accounts with labels, those without are left out; normal and fake ones are both needed, at
        least 200 normal ones.
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
        labels: ArrayLike = panel.is_fake
    else:
        panel, labels = dataset.panel, dataset.accounts["is_fake"]
    known, fake = known_labels(labels, len(panel))
    panel = panel.select(known)
    auditor = Auditor(seed=seed).fit_features(panel, full_evidence(panel, threads=threads), fake)
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
            yield copy, full_evidence(copy, threads=threads), fake[use]


def main() -> None:
    """Trains the shipped auditor again: ``python -m fakeengage.training --out FOLDER``."""
    import argparse

    parser = argparse.ArgumentParser(description="Train the auditor that the package ships.")
    parser.add_argument("--out", required=True, help="folder of the model")
    parser.add_argument("--n-users", type=int, default=40_960, help="simulated accounts")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    def tell(done: int, total: int) -> None:
        sys.stderr.write(f"{done} of {total} accounts\n")

    train_on_simulation(arguments.n_users, seed=arguments.seed, progress=tell).save(arguments.out)


if __name__ == "__main__":
    main()
