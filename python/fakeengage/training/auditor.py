"""Training of the auditor on simulated platforms: the net, then trees, then what sets p-values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fakeengage.cadence import Cadence
from fakeengage.calibration import MIN_STEPS
from fakeengage.expectation import fit_expectation
from fakeengage.models.auditor import Auditor, Part
from fakeengage.models.localiser import Localiser, fit_localiser
from fakeengage.panel import METRICS, Panel
from fakeengage.training.network import Progress, train_network
from fakeengage.training.worlds import ATTACKS, FULL_HOURS, PRESET, Chunk, training_chunk

_TREE_CHUNKS, _CALIBRATION_CHUNKS, _LOCALISER_CHUNKS = 1_000_000, 2_000_000, 3_000_000
"""First chunk of the trees and of the p-values: far from those of the net, which never meets them."""


@dataclass(frozen=True)
class TrainingPlan:
    """How the shipped auditor is made; every number is written into the model.

    Attributes
    ----------
    seed
        Seed of everything.
    network_rounds
        Chunks of about 1,000 accounts that the net is shown, each once, per round of the step size.
    tree_chunks
        Chunks that boosting and the one-class distance are fitted on.
    calibration_chunks
        Chunks whose normal accounts set p-values, with shorter and poorer copies of each account.
    localiser_chunks
        Chunks whose fakes set the weights of hours and the intervals of volumes.
    width, taps, hidden, learning_rate
        As in :class:`~fakeengage.models.SequenceDetector`.
    without
        Attacks that are never shown, for leave-one-attack-out studies.
    """

    seed: int = 1
    network_rounds: tuple[int, ...] = (1300, 1000)
    tree_chunks: int = 48
    calibration_chunks: int = 96
    localiser_chunks: int = 6
    width: int = 32
    taps: int = 3
    hidden: int = 64
    learning_rate: float = 3e-3
    without: tuple[str, ...] = ()


def train_auditor(
    plan: TrainingPlan | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Auditor:
    """Trains an auditor on many simulated platforms of preset ``realistic``, never on an exam preset.

    Parameters
    ----------
    plan
        How; the plan of the shipped model by default.
    folder
        Where the progress of the net is kept: a killed training goes on from there.
    threads
        Threads to use; the result does not depend on it.
    device
        Where the net is trained: ``auto``, ``cpu`` or ``cuda``.
    progress
        Is told after every chunk.

    Returns
    -------
    Auditor
        Fitted and calibrated.
    """
    plan = plan or TrainingPlan()
    network = train_network(
        plan.network_rounds,
        seed=plan.seed,
        width=plan.width,
        taps=plan.taps,
        hidden=plan.hidden,
        learning_rate=plan.learning_rate,
        without=plan.without,
        folder=None if folder is None else Path(folder),
        threads=threads,
        device=device,
        progress=progress,
    )
    auditor = Auditor(network.with_hidden(), ATTACKS, plan.seed)
    grown: list[Part] = []
    for k in range(plan.tree_chunks):
        chunk = training_chunk(plan.seed, _TREE_CHUNKS + k, without=plan.without, threads=threads)
        shows = chunk.changed.any(axis=(1, 2)) | ~chunk.fake
        grown.append(Part(chunk.panel().select(shows), chunk.fake[shows]))
        if progress is not None:
            progress("trees", k + 1, plan.tree_chunks, "")
    calibration: list[Part] = []
    for k in range(plan.calibration_chunks):
        chunk = training_chunk(plan.seed, _CALIBRATION_CHUNKS + k, without=plan.without, threads=threads)
        calibration.extend(_poorer_copies(chunk, np.random.default_rng([plan.seed, k, 9])))
        if progress is not None:
            progress("calibration", k + 1, plan.calibration_chunks, "")
    auditor.fit_parts(joined(grown), calibration, threads=threads)
    auditor.localiser = _localiser(auditor, plan, threads)
    auditor.training = {
        "data": f"simulated, preset {PRESET}",
        "plan": {
            **asdict(plan),
            "without": list(plan.without),
            "network_rounds": list(plan.network_rounds),
        },
        "network_accounts": 1024 * sum(plan.network_rounds),
        "organic_references": int(sum((~part.fake).sum() for part in calibration)),
    }
    return auditor


def _localiser(auditor: Auditor, plan: TrainingPlan, threads: int | None) -> Localiser:
    """Weights of hours and intervals of volumes, from fakes of whole fortnights without gaps."""
    whole: list[Chunk] = []
    k = 0
    while len(whole) < plan.localiser_chunks:
        chunk = training_chunk(
            plan.seed, _LOCALISER_CHUNKS + k, variety=0.5, without=plan.without, threads=threads
        )
        k += 1
        if chunk.counts.shape[1] == FULL_HOURS and not np.isnan(chunk.counts).any():
            whole.append(chunk)
    changed = np.concatenate([chunk.changed for chunk in whole])
    fakes = changed.any(axis=(1, 2))
    panel = Panel.from_arrays(np.concatenate([chunk.counts for chunk in whole])[fakes])
    clean = np.concatenate([chunk.clean for chunk in whole])[fakes]
    answers = auditor.network.answer(panel, threads=threads)
    expectation = fit_expectation(panel, threads=threads)
    return fit_localiser(panel, answers, expectation, changed[fakes], clean, threads=threads)


def joined(parts: list[Part]) -> Part:
    """Several panels with the same metrics as one."""
    panels = [part.panel for part in parts]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([panel.lengths for panel in panels]))])
    panel = Panel(
        np.concatenate([panel.data for panel in panels]),
        offsets.astype(np.int64),
        np.concatenate([panel.starts for panel in panels]),
        panels[0].metrics,
        np.arange(len(offsets) - 1),
        panels[0].cadence,
    )
    return Part(panel, np.concatenate([part.fake for part in parts]))


def _poorer_copies(chunk: Chunk, rng: np.random.Generator) -> Iterator[Part]:
    """Each account as it is, and once more with fewer hours, fewer metrics, or a clock that means nothing.

    A fake whose attack does not show in what is left is dropped: it would be labelled for something
    that is not there.
    """
    changed = chunk.changed
    shows = changed.any(axis=(1, 2)) | ~chunk.fake
    whole = chunk.panel()
    yield Part(whole.select(shows), chunk.fake[shows])
    n, n_hours, m = chunk.counts.shape
    longest = max(n_hours, MIN_STEPS + 1)
    lengths = np.exp(rng.uniform(np.log(MIN_STEPS), np.log(longest + 1), size=n)).astype(np.int64)
    lengths = np.minimum(lengths, n_hours)
    begins = (rng.uniform(size=n) * (n_hours - lengths + 1)).astype(np.int64)
    subsets = rng.integers(1, 2**m, size=n)
    clocks = rng.uniform(size=n) < 0.5
    for subset in np.unique(subsets).tolist():
        kept = [k for k in range(m) if subset >> k & 1]
        for clock in (False, True):
            use = [
                i
                for i in np.flatnonzero((subsets == subset) & (clocks == clock)).tolist()
                if not chunk.fake[i] or changed[i, begins[i] : begins[i] + lengths[i]][:, kept].any()
            ]
            if use:
                yield Part(_cut(chunk, use, kept, begins, lengths, clock), chunk.fake[use])


def _cut(
    chunk: Chunk,
    use: list[int],
    kept: list[int],
    begins: NDArray[np.int64],
    lengths: NDArray[np.int64],
    clock: bool,
) -> Panel:
    blocks = [chunk.counts[i, begins[i] : begins[i] + lengths[i]][:, kept].T.reshape(-1) for i in use]
    return Panel(
        np.concatenate(blocks),
        np.concatenate([[0], np.cumsum(lengths[use])]).astype(np.int64),
        chunk.starts[use] + begins[use],
        [METRICS[k] for k in kept],
        np.arange(len(use)),
        Cadence() if clock else Cadence(minutes=None),
    )
