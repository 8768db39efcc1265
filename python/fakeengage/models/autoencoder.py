"""Autoencoder on self-normalised features: what ordinary accounts' features can be rebuilt from."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.features import feature_matrix
from fakeengage.models.base import at_least, known_labels, summary_columns
from fakeengage.models.forest import Preparation
from fakeengage.models.store import Arrays, save_arrays
from fakeengage.panel import Panel

if TYPE_CHECKING:
    from typing_extensions import Self

# Worst share of an account's features that make its score: an attack shows in few of them.
_WORST_SHARE = 0.1
_HELD_OUT = 0.15
_PATIENCE = 20
_BATCH = 128


class AutoencoderDetector:
    """Scores accounts by how badly a narrow network rebuilds their features.

    Parameters
    ----------
    hidden
        Units of the outer layers.
    bottleneck
        Units of the narrow layer.
    epochs
        Most passes over the accounts; training stops early when held-out accounts gain nothing.
    learning_rate
        Step size of Adam.
    trim
        Share of each batch, the worst rebuilt, that teaches nothing: fakes must not be learnt.
        Ignored with labels, which leave the fakes out.
    seed
        Seed of weights, batches and the held-out accounts.

    Notes
    -----
    Training needs torch (``pip install 'fakeengage[deep]'``); scoring and loading do not. The score
    is the mean of the worst tenth of an account's squared errors.

    Examples
    --------
    >>> import fakeengage as fe
    >>> detector = fe.models.AutoencoderDetector(bottleneck=8)
    >>> detector.bottleneck
    8
    """

    kind = "autoencoder"
    owners = frozenset({"any", "mean", "any_ratio", "mean_ratio", "joint"})

    def __init__(
        self,
        hidden: int = 64,
        bottleneck: int = 12,
        epochs: int = 200,
        learning_rate: float = 2e-3,
        trim: float = 0.35,
        seed: int = 0,
    ) -> None:
        self.hidden = at_least("hidden", hidden, 1)
        self.bottleneck = at_least("bottleneck", bottleneck, 1)
        self.epochs = at_least("epochs", epochs, 1)
        if not 0 <= trim < 1:
            raise ValueError(f"trim: {trim} is not allowed; a share from 0 up to, not including, 1")
        self.learning_rate = learning_rate
        self.trim = trim
        self.seed = seed
        self.columns_: list[str] = []
        self.preparation_: Preparation | None = None
        self.weights_: list[NDArray[np.float64]] = []

    def fit(self, panel: Panel, labels: ArrayLike | None = None) -> Self:
        """Trains on the accounts of `panel`; with `labels` (true = fake) on the normal ones only.

        Raises
        ------
        ImportError
            If torch is not installed.
        """
        return self.fit_features(panel, feature_matrix(panel), labels)

    def fit_features(
        self, panel: Panel, features: NDArray[np.float64], labels: ArrayLike | None = None
    ) -> Self:
        """The same from features already extracted from `panel`."""
        positions, self.columns_, one_sided = summary_columns(panel, self.owners)
        rows = features[:, positions]
        if labels is not None:
            known, fake = known_labels(labels, len(features))
            rows = rows[known][~fake]
        self.preparation_ = Preparation.of(rows, one_sided)
        self.weights_ = self._train(self.preparation_.apply(rows), 0.0 if labels is not None else self.trim)
        return self

    def _train(self, rows: NDArray[np.float64], trim: float) -> list[NDArray[np.float64]]:
        try:
            import torch
        except ImportError:
            raise ImportError(
                "AutoencoderDetector: training needs torch; pip install 'fakeengage[deep]'"
            ) from None
        # A network this small spends its time on threads waiting for one another; one thread also
        # gives the same bits on any number of cores.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return self._descend(torch, rows, trim)
        finally:
            torch.set_num_threads(threads)

    def _descend(self, torch: Any, rows: NDArray[np.float64], trim: float) -> list[NDArray[np.float64]]:
        """Adam with early stopping; the weights of the best pass over the held-out accounts."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            data = torch.as_tensor(rows, dtype=torch.float32)
            order = torch.randperm(len(data))
            n_held = int(len(data) * _HELD_OUT)
            held, taught = data[order[:n_held]], data[order[n_held:]]
            widths = [rows.shape[1], self.hidden, self.bottleneck, self.hidden, rows.shape[1]]
            layers: list[Any] = []
            for inner, outer in pairwise(widths):
                layers += [torch.nn.Linear(inner, outer), torch.nn.Tanh()]
            network = torch.nn.Sequential(*layers[:-1])
            optimiser = torch.optim.Adam(network.parameters(), self.learning_rate)

            def loss_of(batch: Any) -> Any:
                errors = ((network(batch) - batch) ** 2).mean(dim=1)
                kept = max(1, round(len(errors) * (1 - trim)))
                return errors.sort().values[:kept].mean()

            best, best_loss, waited = None, float("inf"), 0
            for _ in range(self.epochs):
                for batch in taught[torch.randperm(len(taught))].split(_BATCH):
                    optimiser.zero_grad()
                    loss_of(batch).backward()
                    optimiser.step()
                with torch.no_grad():
                    current = float(loss_of(held if n_held else taught))
                waited += 1
                if current < best_loss:
                    best_loss, waited = current, 0
                    best = [p.detach().numpy().astype(np.float64).copy() for p in network.parameters()]
                if waited >= _PATIENCE:
                    break
        return best or []

    def score(self, panel: Panel) -> NDArray[np.float64]:
        """Score of each account, higher = more suspicious."""
        return self.score_features(panel, feature_matrix(panel))

    def score_features(self, panel: Panel, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same from features already extracted from `panel`."""
        if self.preparation_ is None:
            raise ValueError("detector: is not fitted; call fit(panel) first")
        positions, names, _ = summary_columns(panel, self.owners)
        if names != self.columns_:
            raise ValueError("model: was trained on other features than this version computes; retrain it")
        rows = self.preparation_.apply(features[:, positions])
        worst = max(1, round(_WORST_SHARE * rows.shape[1]))
        out = np.empty(len(rows))
        # One account at a time: a product of matrices may round a row by its place in the batch.
        for i, row in enumerate(rows):
            errors = np.sort((self._rebuild(row) - row) ** 2)
            out[i] = errors[-worst:].mean()
        return out

    def _rebuild(self, row: NDArray[np.float64]) -> NDArray[np.float64]:
        layers = list(zip(self.weights_[::2], self.weights_[1::2], strict=True))
        for k, (weight, bias) in enumerate(layers):
            row = weight @ row + bias
            if k < len(layers) - 1:
                row = np.tanh(row)
        return row

    def settings(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {
            "hidden": self.hidden,
            "bottleneck": self.bottleneck,
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "trim": self.trim,
            "seed": self.seed,
        }

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Saves the detector as a folder of numbers."""
        if self.preparation_ is None:
            raise ValueError("detector: is not fitted; call fit(panel) first")
        arrays: Arrays = {f"weight{k}": values for k, values in enumerate(self.weights_)}
        for name in ("center", "scale", "one_sided"):
            arrays[name] = getattr(self.preparation_, name)
        return save_arrays(folder, self.kind, self.settings() | {"columns": self.columns_}, arrays)

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> Self:
        """A detector out of a saved model."""
        own = dict(settings)
        columns = [str(name) for name in own.pop("columns")]
        detector = cls(**own)
        detector.columns_ = columns
        detector.preparation_ = Preparation(arrays["center"], arrays["scale"], arrays["one_sided"])
        n_weights = sum(name.startswith("weight") for name in arrays)
        detector.weights_ = [arrays[f"weight{k}"] for k in range(n_weights)]
        widths = [weight.shape for weight in detector.weights_]
        inner = [len(columns), detector.hidden, detector.bottleneck, detector.hidden, len(columns)]
        expected = [shape for a, b in pairwise(inner) for shape in ((b, a), (b,))]
        if widths != expected or len(arrays["center"]) != len(columns):
            raise ValueError("model: its layers do not fit one another; retrain it")
        return detector
