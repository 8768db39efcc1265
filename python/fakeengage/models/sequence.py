"""Convolution net on the series themselves: account, hours and kind of attack in one pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.models.base import at_least, known_labels
from fakeengage.models.network import CHANNELS, Network, channels
from fakeengage.models.store import Arrays, save_arrays
from fakeengage.models.torch_use import DEVICES, need_torch, one_thread
from fakeengage.panel import METRICS, Panel

if TYPE_CHECKING:
    from fakeengage.models.network_training import Lessons, NetworkTraining

DILATIONS = (1, 2, 4, 8, 16, 32, 64, 1)
"""A step sees 128 steps to either side, and the mean of all."""

_HELD_OUT = 0.15
_PATIENCE = 8
_FEW = 16


class SequenceDetector:
    """A small dilated convolution net with a joint loss on accounts and hours.

    Parameters
    ----------
    width
        Channels inside the net.
    taps
        Steps that a convolution joins; odd.
    dilations
        Distance of the taps, one per block.
    hidden
        Units between the pooled series and the account's answers.
    epochs
        Most passes over the accounts; training stops early when held-out accounts gain nothing.
    batch_size
        Accounts per step down the gradient.
    learning_rate
        Largest step size of AdamW.
    device
        ``auto`` takes a GPU where there is one; ``cpu`` or ``cuda`` decide.
    seed
        Seed of weights, batches and the held-out accounts.

    Notes
    -----
    What it sees of each metric is relative to the account's own trend and cycles
    (:func:`~fakeengage.models.network.channels`), so size and rhythm of a platform do not matter. Training
    needs torch (``pip install 'fakeengage[deep]'``); scoring runs in Rust.

    References
    ----------
    Bai, Kolter & Koltun (2018), sequence modelling with convolutions, arXiv:1803.01271.

    Examples
    --------
    >>> import fakeengage as fe
    >>> fe.models.SequenceDetector(width=16).width
    16
    """

    kind = "sequence"

    def __init__(
        self,
        width: int = 32,
        taps: int = 3,
        dilations: Sequence[int] = DILATIONS,
        hidden: int = 64,
        epochs: int = 40,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        device: str = "auto",
        seed: int = 0,
    ) -> None:
        for name, value in (
            ("width", width),
            ("taps", taps),
            *(("dilations", dilation) for dilation in dilations),
            ("hidden", hidden),
            ("epochs", epochs),
            ("batch_size", batch_size),
        ):
            at_least(name, value, 1)
        if taps % 2 == 0:
            raise ValueError(f"taps: {taps} is not allowed; an odd number, so that steps stay in place")
        self.width = width
        self.taps = taps
        self.dilations = tuple(int(dilation) for dilation in dilations)
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        if device not in DEVICES:
            raise ValueError(f"device: {device!r} is not allowed; choose from {', '.join(DEVICES)}")
        self.device = device
        self.seed = seed
        self.attacks_: tuple[str, ...] = ()
        self.network_: Network | None = None

    def settings(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {
            "width": self.width,
            "taps": self.taps,
            "dilations": list(self.dilations),
            "hidden": self.hidden,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "device": self.device,
            "seed": self.seed,
        }

    @property
    def network(self) -> Network:
        """The trained net; a ValueError before :meth:`fit`."""
        if self.network_ is None:
            raise ValueError("detector: is not fitted; call fit(panel, labels) first")
        return self.network_

    def fit(
        self,
        panel: Panel,
        labels: ArrayLike | None = None,
        *,
        changed: ArrayLike | None = None,
        clean: ArrayLike | None = None,
        attack: ArrayLike | None = None,
        progress: Callable[[int, float], None] | None = None,
    ) -> SequenceDetector:
        """Trains on labelled accounts.

        Parameters
        ----------
        panel
            Accounts; those with fewer than two steps teach nothing.
        labels
            True for fakes, None = unknown and left out; ``panel.is_fake`` when left out.
        changed
            ``(n_accounts, n_steps, n_metrics)``: counts that an attack changed, as ``Dataset.mask``; teaches
            hours too. For panels whose accounts share a clock.
        clean
            Counts before the attacks, as ``Dataset.clean``; teaches how much was added.
        attack
            Name of each account's attack, None where there is none; teaches kinds.
        progress
            Called with the epoch and the loss on held-out accounts.

        Raises
        ------
        ValueError
            If labels are missing, all alike, or shapes do not fit.
        ImportError
            If torch is not installed.
        """
        given = panel.is_fake if labels is None else labels
        if given is None:
            raise ValueError("labels: are needed; true for fake accounts, false for normal ones")
        known, fake = known_labels(given, len(panel))
        if fake.all() or not fake.any():
            raise ValueError(f"labels: all {len(fake)} accounts have one label; fake and normal are needed")
        names = (
            np.full(len(panel), None, dtype=object) if attack is None else np.asarray(attack, dtype=object)
        )
        named = sorted(
            {str(name) for name, f in zip(names[known], fake, strict=True) if f and name == name and name}
        )
        with one_thread(need_torch("SequenceDetector")):
            groups = _lessons(panel, known, fake, names, named, changed, clean)
            training = _training(self, max(len(named), 1), groups)
            self.network_ = _fit(self, training, groups, progress)
        self.attacks_ = tuple(named)
        return self

    def score(self, panel: Panel) -> NDArray[np.float64]:
        """Logit of fraud of each account, higher = more suspicious; NaN without a step."""
        return self.network.answer(panel).accounts[:, 0].astype(np.float64)

    def score_hours(self, panel: Panel) -> NDArray[np.float32]:
        """``(n_accounts, n_steps)`` logits that something was changed in a step, on the common clock."""
        return self.network.dense_hours(panel, self.network.answer(panel))[:, :, 0]

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Saves the detector as a folder of numbers."""
        settings, arrays = self.to_arrays()
        return save_arrays(folder, self.kind, settings, arrays)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Settings and arrays that make the detector whole."""
        return self.settings() | {"attacks": list(self.attacks_)}, self.network.to_arrays()

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> SequenceDetector:
        """A detector out of a saved model."""
        own = dict(settings)
        attacks = tuple(str(name) for name in own.pop("attacks"))
        detector = cls(**own)
        detector.attacks_ = attacks
        detector.network_ = Network.from_arrays(arrays)
        return detector


def _training(detector: SequenceDetector, n_attacks: int, groups: list[Lessons]) -> NetworkTraining:
    from fakeengage.models.network_training import NetworkTraining

    per_epoch = sum(-(-len(group) // detector.batch_size) for group in groups)
    return NetworkTraining(
        width=detector.width,
        taps=detector.taps,
        dilations=detector.dilations,
        hidden=detector.hidden,
        n_attacks=n_attacks,
        n_batches=per_epoch * detector.epochs,
        learning_rate=detector.learning_rate,
        seed=detector.seed,
        device=detector.device,
    )


def _lessons(
    panel: Panel,
    known: NDArray[np.bool_],
    fake: NDArray[np.bool_],
    names: NDArray[Any],
    named: list[str],
    changed: ArrayLike | None,
    clean: ArrayLike | None,
) -> list[Lessons]:
    """What the labelled accounts teach, those of one length together."""
    from fakeengage.models.network_training import N_METRICS, Lessons, log_gain

    slots = [METRICS.index(metric) for metric in panel.metrics]
    hours: dict[str, NDArray[Any]] = {}
    for name, values in (("changed", changed), ("clean", clean)):
        if values is None:
            continue
        hours[name] = np.asarray(values)
        if not panel.shares_clock or hours[name].shape != panel.values.shape:
            raise ValueError(
                f"{name}: has shape {hours[name].shape}; accounts that share a clock and "
                f"{(len(panel), panel.n_steps, len(slots))} are needed"
            )
    label = np.zeros(len(panel), dtype=np.float32)
    label[known] = fake
    number = {name: k for k, name in enumerate(named)}
    attack = np.array([number.get(str(name), -1) if name else -1 for name in names], dtype=np.int64)
    x = channels(panel)
    n_channels = len(CHANNELS)
    groups = []
    for length in np.unique(panel.lengths[known & (panel.lengths >= 2)]).tolist():
        rows = np.flatnonzero(known & (panel.lengths == length))
        seen = np.stack(
            [
                x[n_channels * panel.offsets[i] : n_channels * panel.offsets[i + 1]].reshape(n_channels, -1)
                for i in rows
            ]
        )
        full = np.zeros((2, len(rows), length, N_METRICS), dtype=np.float32)
        present = np.zeros((len(rows), N_METRICS), dtype=np.float32)
        present[:, slots] = 1.0
        if "changed" in hours:
            full[0][:, :, slots] = hours["changed"][rows]
        if "clean" in hours:
            both = np.full((2, len(rows), length, N_METRICS), np.nan, dtype=np.float32)
            both[0][:, :, slots], both[1][:, :, slots] = panel.values[rows], hours["clean"][rows]
            full[1] = log_gain(seen, both[0], both[1])
        groups.append(
            Lessons(
                np.ascontiguousarray(seen.transpose(0, 2, 1)),
                label[rows],
                np.where(label[rows] > 0, attack[rows], -1),
                full[0],
                full[1],
                present,
                np.ones(len(rows), dtype=np.float32),
                "changed" in hours,
            )
        )
    return groups


def _fit(
    detector: SequenceDetector,
    training: NetworkTraining,
    groups: list[Lessons],
    progress: Callable[[int, float], None] | None,
) -> Network:
    """Epochs until held-out accounts gain nothing; the net that did best on them."""
    rng = np.random.default_rng([detector.seed, 11])
    held, taught = [], []
    for group in groups:
        order = rng.permutation(len(group))
        n_held = int(len(group) * _HELD_OUT) if len(group) >= _FEW else 0
        taught.append(group.take(np.sort(order[n_held:])))
        if n_held:
            held.append(group.take(np.sort(order[:n_held])))
    best, best_loss, waited = training.network(), float("inf"), 0
    for epoch in range(detector.epochs):
        batches = [
            (g, rows)
            for g, group in enumerate(taught)
            for rows in np.array_split(
                rng.permutation(len(group)), max(1, -(-len(group) // detector.batch_size))
            )
        ]
        taught_loss = [
            sum(training.learn(taught[batches[k][0]].take(batches[k][1])).values())
            for k in rng.permutation(len(batches))
        ]
        loss = (
            float(np.average([training.loss(g) for g in held], weights=[len(g) for g in held]))
            if held
            else float(np.mean(taught_loss))
        )
        if progress is not None:
            progress(epoch, loss)
        waited += 1
        if loss < best_loss:
            best, best_loss, waited = training.network(), loss, 0
        if waited >= _PATIENCE:
            break
    return best
