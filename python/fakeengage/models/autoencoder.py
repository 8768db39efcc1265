"""Autoencoder on self-normalised features: what ordinary accounts' features can be rebuilt from."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.models.base import at_least
from fakeengage.models.dense import Layers
from fakeengage.models.standardised import StandardisedDetector
from fakeengage.models.store import Arrays
from fakeengage.models.torch_use import DEVICES, need_torch, one_thread, pick_device

if TYPE_CHECKING:
    from typing_extensions import Self

Progress = Callable[[int, int, float], None]
"""Called after each pass with passes done, passes at most, and the loss of held-out accounts."""

_HELD_OUT = 0.15
_ACTIVATIONS = ("tanh", "tanh", "tanh", "identity")


class AutoencoderDetector(StandardisedDetector):
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
        Half outdoes a third even where a third are fakes (AUROC .892 against .866, `published`, six
        seeds). Not used with labels, which leave the fakes out.
    seed
        Seed of weights, batches, masks and the held-out accounts.
    mask
        Share of the features hidden from the network in each pass: it must rebuild them from the others
        and cannot hand them through.
    worst
        Share of an account's features, the worst rebuilt, that make its score: no attack shows in all.
    batch_size
        Accounts per step.
    patience
        Passes without gain after which training stops.
    device
        ``"cpu"``, ``"cuda"``, or ``"auto"``: a GPU where there is one. On a GPU products of matrices are
        computed in bfloat16, and the scores differ in late digits from those of a CPU's fit.
    context
        Whether features, and the error itself, are measured beside accounts as active: how many
        hours pass without any count. Without effect where those columns are not given.
    feature_set
        Features of a panel to look at, one of :data:`~fakeengage.models.columns.FEATURE_SETS`.
    contamination
        Share of the fitted accounts that ``predict`` calls outliers.

    Attributes
    ----------
    losses_
        Loss of the held-out accounts after each pass.
    columns_
        Names of the features fitted on; also ``n_features_in_`` of them, and ``feature_names_in_``
        where they have names.
    offset_
        Value of ``score_samples`` below which ``predict`` says outlier.

    Notes
    -----
    Training needs torch (``pip install 'fakeengage[deep]'``); scoring and loading do not. Features are in
    standard units, cut at 4. Of features with a suspicious end only what lies beyond the rebuilt value at
    that end is an error. The score is the logarithm of the mean of the worst squared errors over what
    ordinary accounts of the kind have.

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
        trim: float = 0.5,
        seed: int = 0,
        *,
        mask: float = 0.2,
        worst: float = 0.5,
        batch_size: int = 128,
        patience: int = 20,
        device: str = "auto",
        context: bool = True,
        feature_set: str = "summary",
        contamination: float = 0.1,
    ) -> None:
        self.hidden = hidden
        self.bottleneck = bottleneck
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.trim = trim
        self.seed = seed
        self.mask = mask
        self.worst = worst
        self.batch_size = batch_size
        self.patience = patience
        self.device = device
        self.context = context
        self.feature_set = feature_set
        self.contamination = contamination

    def _check_settings(self) -> None:
        for name in ("hidden", "bottleneck", "epochs", "batch_size", "patience"):
            at_least(name, getattr(self, name), 1)
        for name in ("trim", "mask"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(
                    f"{name}: {getattr(self, name)!r} is not allowed; a share from 0 up to, not including, 1"
                )
        if not 0 < self.worst <= 1:
            raise ValueError(f"worst: {self.worst!r} is not allowed; a share above 0, at most 1")
        if self.device not in DEVICES:
            raise ValueError(f"device: {self.device!r} is not allowed; choose from {', '.join(DEVICES)}")

    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        *,
        labels: ArrayLike | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Fits on the accounts of a panel, or on the rows of a matrix of features.

        Parameters
        ----------
        X
            Panel, or matrix of features (NaN = missing).
        y
            For a panel the same as `labels`; for a matrix not used.
        labels
            True for fakes, False for normal accounts, None where unknown; with them only normal accounts
            are learnt from.
        progress
            Called after each pass with passes done, passes at most, and the held-out loss.

        Raises
        ------
        ImportError
            If torch is not installed.
        ValueError
            If labels are of another kind or number, or an argument of the constructor is impossible.
        """
        self._progress = progress
        try:
            return super().fit(X, y, labels=labels)
        finally:
            del self._progress

    def _learn(self, rows: NDArray[np.float64], fake: NDArray[np.bool_] | None) -> None:
        normal = rows if fake is None else rows[~fake]
        prepared, z = self._standardise(normal)
        self._layers = self._train(z, self.trim if fake is None else 0.0)
        self._measure_usual(prepared, self._distances(z, None))

    def _train(self, rows: NDArray[np.float64], trim: float) -> Layers:
        torch = need_torch("AutoencoderDetector")
        device = pick_device(torch, self.device)
        with one_thread(torch):
            return self._descend(torch, rows, trim, device)

    def _descend(self, torch: Any, rows: NDArray[np.float64], trim: float, device: str) -> Layers:
        """Adam with early stopping; the weights of the best pass over the held-out accounts."""
        with torch.random.fork_rng(devices=range(torch.cuda.device_count()) if device == "cuda" else []):
            torch.manual_seed(self.seed)
            # Drawn on the CPU, so that a GPU sees the same accounts, masks and first weights.
            draws = torch.Generator().manual_seed(self.seed)
            order = torch.randperm(len(rows), generator=draws)
            data = torch.as_tensor(rows, dtype=torch.float32)[order].to(device)
            n_held = int(len(data) * _HELD_OUT)
            held, taught = data[:n_held], data[n_held:]
            n = rows.shape[1]
            layers: list[Any] = []
            for inner, outer in pairwise((n, self.hidden, self.bottleneck, self.hidden, n)):
                layers += [torch.nn.Linear(inner, outer), torch.nn.Tanh()]
            network = torch.nn.Sequential(*layers[:-1]).to(device)
            optimiser = torch.optim.Adam(network.parameters(), self.learning_rate)
            mixed = torch.autocast(device, torch.bfloat16, enabled=device == "cuda")

            def loss_of(batch: Any, seen: Any) -> Any:
                with mixed:
                    rebuilt = network(seen)
                errors = ((rebuilt.float() - batch) ** 2).mean(dim=1)
                kept = max(1, round(len(errors) * (1 - trim)))
                return errors.sort().values[:kept].mean()

            # `fit_features` has no argument for it.
            progress: Progress | None = getattr(self, "_progress", None)
            best: list[Any] = []
            best_loss, waited, self.losses_ = float("inf"), 0, []
            for done in range(1, self.epochs + 1):
                for chosen in torch.randperm(len(taught), generator=draws).split(self.batch_size):
                    batch = taught[chosen.to(device)]
                    shown = (torch.rand(batch.shape, generator=draws) >= self.mask).to(device)
                    optimiser.zero_grad()
                    # As bright as without a mask, like dropout.
                    loss_of(batch, batch * shown / (1 - self.mask)).backward()
                    optimiser.step()
                with torch.no_grad():
                    known = held if n_held else taught
                    self.losses_.append(float(loss_of(known, known)))
                waited += 1
                if self.losses_[-1] < best_loss:
                    best_loss, waited = self.losses_[-1], 0
                    best = [p.detach().cpu().numpy().astype(np.float64) for p in network.parameters()]
                if progress is not None:
                    progress(done, self.epochs, self.losses_[-1])
                if waited >= self.patience:
                    break
        if not best:
            raise ValueError("learning_rate: training diverged; give a smaller one")
        return Layers(best[::2], best[1::2], list(_ACTIVATIONS))

    def _distances(self, z: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:
        beyond = z - self._layers.forward(z, threads=threads)
        beyond = np.where(self._directions() != 0, np.maximum(beyond, 0.0), beyond)
        worst = max(1, round(self.worst * z.shape[1]))
        errors = np.sort(beyond * beyond, axis=1)[:, -worst:]
        # One addition after the other: a library's sum may round by the place in the array.
        total = errors[:, 0].copy()
        for k in range(1, worst):
            total += errors[:, k]
        return np.asarray(total / worst)

    def _to_parts(self) -> tuple[dict[str, Any], Arrays]:
        return {"losses": self.losses_}, self._to_arrays()

    def _from_parts(self, state: dict[str, Any], arrays: Arrays) -> None:
        self.losses_ = [float(loss) for loss in state["losses"]]
        self._restore(arrays, list(_ACTIVATIONS), len(self.columns_))
