"""First stage of the auditor's training: the convolution net, on chunks that never repeat."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fakeengage.models.network import CHANNELS, Network, channels
from fakeengage.models.sequence import DILATIONS
from fakeengage.models.store import load_plain, save_plain
from fakeengage.models.torch_use import need_torch, one_thread
from fakeengage.training.worlds import ATTACKS, Chunk, chunk_shape, training_chunk

Progress = Callable[[str, int, int, str], None]
"""Called with the stage, steps done, steps in all, and what is worth saying."""

_KEEP_EVERY = 20
_BATCH = 32
_SHORT = 100
"""Hours below which a batch holds twice as many accounts."""
_METRICS_TAKEN = 0.3
"""Share of the accounts that lose metrics, so that any subset of them can be judged."""
_LATER_VARIETY = 0.7
"""Variety of the rounds after the first."""


def train_network(
    rounds: Sequence[int],
    *,
    seed: int,
    width: int = 32,
    taps: int = 3,
    hidden: int = 64,
    learning_rate: float = 3e-3,
    without: tuple[str, ...] = (),
    folder: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Network:
    """Trains the net on chunks of simulated accounts that never repeat.

    Parameters
    ----------
    rounds
        Chunks of 1,024 accounts (half as many where series are long) of each round. The step size rises
        and falls once per round; the first round goes from plain chunks to varied ones.
    seed
        Seed of chunks and first weights.
    width, taps, hidden, learning_rate
        As in :class:`~fakeengage.models.SequenceDetector`.
    without
        Attacks that are never shown.
    folder
        Where progress is kept: a killed training goes on from there, to the same net.
    threads
        Threads of the simulation; torch uses one.
    device
        ``auto``, ``cpu`` or ``cuda``.
    progress
        Is told after every chunk.
    """
    torch = need_torch("train_network")
    from fakeengage.models.network_training import NetworkTraining

    training = NetworkTraining(
        width=width,
        taps=taps,
        dilations=DILATIONS,
        hidden=hidden,
        n_attacks=len(ATTACKS),
        n_batches=1,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
    )
    spec = {
        "rounds": list(rounds),
        "seed": seed,
        "width": width,
        "taps": taps,
        "hidden": hidden,
        "learning_rate": learning_rate,
        "without": list(without),
    }
    kept = None if folder is None else Path(folder) / "network.safetensors"
    done = 0
    if kept is not None and kept.exists():
        arrays, note = load_plain(kept)
        if json.loads(note["spec"]) == spec:
            training.restore(arrays)
            done = int(note["chunk"])
    recent: list[dict[str, float]] = []
    first, total = 0, sum(rounds)
    with one_thread(torch):
        for number, length in enumerate(rounds):
            chunks = range(first, first + length)
            training.n_batches = sum(len(_batches(seed, k)) for k in chunks)
            if done <= first:
                training.done = 0
            for k in chunks[max(done - first, 0) :]:
                variety = _variety((k - first) / length) if number == 0 else _LATER_VARIETY
                chunk = training_chunk(seed, k, variety=variety, without=without, threads=threads)
                lessons = lessons_of(chunk, [seed, k, 5])
                recent += [training.learn(lessons.take(rows)) for rows in _batches(seed, k)]
                if kept is not None and (k + 1 == first + length or (k + 1) % _KEEP_EVERY == 0):
                    save_plain(kept, training.state(), {"spec": json.dumps(spec), "chunk": str(k + 1)})
                if progress is not None:
                    progress("network", k + 1, total, _losses(recent[-300:]))
            first += length
    return training.network()


def _variety(progress: float) -> float:
    """None in the first 30 %, all from 80 % on.

    Shown everything from the start, a net of this size learnt little in 150 chunks (AUROC .75 on a foreign
    author against .85), but what it flagged first was right more often: so plain things first.
    """
    return min(1.0, max(0.0, (progress - 0.3) / 0.5))


def lessons_of(chunk: Chunk, key: list[int]) -> Any:
    """What the net learns from a chunk; some accounts lose some of their metrics."""
    from fakeengage.models.network_training import N_METRICS, Lessons, log_gain, without_metrics

    rng = np.random.default_rng(key)
    n, n_hours, _ = chunk.counts.shape
    x = channels(chunk.panel()).reshape(n, len(CHANNELS), n_hours)
    changed = chunk.changed
    shows = changed.any(axis=(1, 2))
    lessons = Lessons(
        np.ascontiguousarray(x.transpose(0, 2, 1)),
        chunk.fake.astype(np.float32),
        np.maximum(chunk.attack, -1),
        changed.astype(np.float32),
        log_gain(x, chunk.counts, chunk.clean),
        np.ones((n, N_METRICS), dtype=np.float32),
        (shows | ~chunk.fake).astype(np.float32),
    )
    present = np.ones((n, N_METRICS), dtype=bool)
    poorer = rng.random(n) < _METRICS_TAKEN
    subset = rng.integers(1, 2**N_METRICS, n)
    present[poorer] = (subset[poorer, None] >> np.arange(N_METRICS)) & 1
    return without_metrics(lessons, present)


def _batches(seed: int, k: int) -> list[Any]:
    """Rows of each batch of chunk `k`; its size follows from the first draws of the chunk."""
    n, n_hours = chunk_shape(seed, k)
    rows = np.random.default_rng([seed, k, 6]).permutation(n)
    size = _BATCH if n_hours > _SHORT else 2 * _BATCH
    return np.array_split(rows, max(1, n // size))


def _losses(recent: list[dict[str, float]]) -> str:
    names = sorted({name for losses in recent for name in losses})
    return ", ".join(f"{n} {np.mean([losses[n] for losses in recent if n in losses]):.3f}" for n in names)
