"""Autoencoder on self-normalised features: what ordinary accounts' features can be rebuilt from."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.base import FeatureDetector, at_least
from fakeengage.models.forest import Preparation
from fakeengage.models.store import Arrays

# Worst share of an account's features that make its score: an attack shows in few of them.
_WORST_SHARE = 0.1
_HELD_OUT = 0.15
_PATIENCE = 20
_BATCH = 128


class AutoencoderDetector(FeatureDetector):
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

    def __init__(
        self,
        hidden: int = 64,
        bottleneck: int = 12,
        epochs: int = 200,
        learning_rate: float = 2e-3,
        trim: float = 0.35,
        seed: int = 0,
    ) -> None:
        super().__init__(seed)
        self.hidden = at_least("hidden", hidden, 1)
        self.bottleneck = at_least("bottleneck", bottleneck, 1)
        self.epochs = at_least("epochs", epochs, 1)
        if not 0 <= trim < 1:
            raise ValueError(f"trim: {trim} is not allowed; a share from 0 up to, not including, 1")
        self.learning_rate = learning_rate
        self.trim = trim
        self.preparation_: Preparation | None = None
        self.weights_: list[NDArray[np.float64]] = []

    @property
    def fitted(self) -> bool:
        """Whether the network is trained."""
        return self.preparation_ is not None

    def _learn(
        self, rows: NDArray[np.float64], preparation: Preparation, fake: NDArray[np.bool_] | None
    ) -> None:
        known = rows if fake is None else rows[~fake]
        self.weights_ = self._train(known, self.trim if fake is None else 0.0)
        self.preparation_ = preparation

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

    def _judge(self, rows: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        del threads
        assert self.preparation_ is not None
        rows = self.preparation_.apply(rows)
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

    def _arrays(self) -> Arrays:
        arrays: Arrays = {f"weight{k}": values for k, values in enumerate(self.weights_)}
        for name in ("center", "scale", "one_sided"):
            arrays[name] = getattr(self.preparation_, name)
        return arrays

    def _restore(self, arrays: Arrays) -> None:
        self.preparation_ = Preparation(arrays["center"], arrays["scale"], arrays["one_sided"])
        n_weights = sum(name.startswith("weight") for name in arrays)
        self.weights_ = [arrays[f"weight{k}"] for k in range(n_weights)]
        n = len(self.columns_)
        widths = [n, self.hidden, self.bottleneck, self.hidden, n]
        expected = [shape for a, b in pairwise(widths) for shape in ((b, a), (b,))]
        if [weight.shape for weight in self.weights_] != expected or len(arrays["center"]) != n:
            raise ValueError("model: its layers do not fit one another; retrain it")
