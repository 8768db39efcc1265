"""The convolution net on an account's steps: its input channels, and a trained net's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage import _native
from fakeengage.models.store import Arrays
from fakeengage.panel import METRICS

if TYPE_CHECKING:
    from fakeengage.panel import Panel

CHANNELS = (
    *(
        f"{metric}__{name}"
        for metric in METRICS
        for name in ("residual", "standard", "level", "mean_level", "seen", "taken_back", "above_median")
    ),
    "hour__sine",
    "hour__cosine",
    "hour__known",
)
"""Names of the input channels, in order."""


def channels(panel: Panel, *, threads: int | None = None) -> NDArray[np.float32]:
    """Input channels of every account: what the net sees of it.

    Parameters
    ----------
    panel
        Accounts with any metrics, cadence and lengths.
    threads
        Threads to use; all cores by default. The values do not depend on it.

    Returns
    -------
    numpy.ndarray
        float32, flat. Account ``i`` owns ``C * offsets[i]`` to ``C * offsets[i + 1]`` with ``C`` =
        ``len(CHANNELS)``, channel after channel: ``.reshape(C, n_steps)`` makes its matrix.

    Notes
    -----
    With ``y`` the count, ``mu`` the trend and cycles fitted robustly to the account's own metric,
    ``r = ln((max(y, 0) + 0.5) / (mu + 0.5))``, ``c = 1 / (mu + 0.5)`` its counting variance, ``v`` its own
    variance beside that (so that the median of ``|r| / sqrt(c + v)`` is that of a normal law) and ``m`` the
    mean of ``ln(mu + 0.5)``, the channels of each metric are

    - ``residual``: ``r``, within ±4;
    - ``standard``: ``asinh(r / sqrt(c + v))``;
    - ``level``: ``ln(mu + 0.5) - m``;
    - ``mean_level``: ``m / 5``;
    - ``seen``: 1 where the count is known;
    - ``taken_back``: ``asinh(min(y, 0) / (mean(mu) + 0.5))``;
    - ``above_median``: ``ln(max(y, 0) + 0.5)`` less its median (of an even number of steps the lower
      one), within ±6;

    then sine and cosine of the hour of day and 1, all three 0 for steps of a day and longer. A missing
    count is 0 in all but ``level`` and ``mean_level``; a metric that an account lacks is 0 in all.

    Examples
    --------
    >>> import fakeengage as fe
    >>> panel = fe.simulate(n_users=2, length=96, seed=1).panel
    >>> channels(panel).reshape(2, len(CHANNELS), 96).shape
    (2, 31, 96)
    """
    return _native.net_channels(*_arrays(panel), threads=threads or 0)


class Answers(NamedTuple):
    """What a net says of the accounts of a panel, as logits or whatever it was trained for.

    Parameters
    ----------
    accounts
        float32 ``(n_accounts, n_account_outputs)``; NaN for an account without a step.
    hours
        float32, flat. Account ``i`` owns ``H * offsets[i]`` to ``H * offsets[i + 1]`` with ``H`` outputs per
        step, output after output: ``.reshape(H, n_steps)`` makes its matrix.
    """

    accounts: NDArray[np.float32]
    hours: NDArray[np.float32]

    def of_account(self, panel: Panel, i: int) -> NDArray[np.float32]:
        """``(n_outputs, n_steps)``: outputs of the steps of account number `i`."""
        n_outputs = len(self.hours) // max(int(panel.offsets[-1]), 1)
        begin, end = panel.offsets[i], panel.offsets[i + 1]
        return self.hours[n_outputs * begin : n_outputs * end].reshape(n_outputs, -1)


@dataclass(frozen=True)
class Network:
    """A trained dilated convolution net; it runs in Rust, account by account, without torch.

    Parameters
    ----------
    weights
        float32 arrays by name. With ``C`` channels, width ``W``, ``K`` taps (odd), ``H`` outputs per step,
        ``Q`` hidden units and ``A`` outputs per account: ``stem.weight`` ``(W, C)``; for each block ``b``
        ``blocks.b.norm.weight`` ``(W,)``, ``blocks.b.conv.weight`` ``(W, W, K)``,
        ``blocks.b.context.weight`` ``(W, W)``, ``blocks.b.mix.weight`` ``(W, W)``; ``norm.weight``
        ``(W,)``; ``hours.weight`` ``(H, W)``; ``account.0.weight`` ``(Q, 3 * W)``; ``account.1.weight``
        ``(A, Q)``. Beside each but the context stands its ``bias``.
    dilations
        int64 ``(n_blocks,)``: steps between two taps.

    Raises
    ------
    ValueError
        If an array is missing, unknown, of another shape or not finite; the message names it.

    Notes
    -----
    Channels ``x`` become ``h = stem(x)``. Each block adds ``mix(relu(conv(n) + context @ mean(n)))`` to
    ``h``, with ``n`` the layer norm of ``h`` over channels and ``mean`` over all steps; beyond the ends of
    the series ``n`` counts as 0. With ``f`` the last norm of ``h``, steps are answered by ``hours(f)`` and
    the account by ``account.1(relu(account.0(p)))``, where ``p`` joins mean, maximum and weighted mean of
    ``f`` over steps; the weights are the softmax of the first output per step.

    Answers differ from torch's by rounding, 2e-6 on logits of ordinary size, and are the same bits for
    any batch, order of accounts, thread count and instruction set.

    References
    ----------
    Bai et al. (2018), temporal convolution nets, arXiv:1803.01271; Ba et al. (2016), layer normalisation,
    arXiv:1607.06450.
    """

    weights: dict[str, NDArray[np.float32]]
    dilations: NDArray[np.int64]

    def __post_init__(self) -> None:
        weights = {name: np.ascontiguousarray(array, np.float32) for name, array in self.weights.items()}
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "dilations", np.ascontiguousarray(self.dilations, np.int64))
        # The engine checks all arrays before it looks at accounts, of which there are none here.
        self.of_channels(np.empty(0, np.float32), np.zeros(1, np.int64), threads=1)

    @classmethod
    def from_torch_state(cls, state: Mapping[str, Any], dilations: ArrayLike) -> Network:
        """A net out of the ``state_dict`` of a torch module with these names.

        Parameters
        ----------
        state
            Tensors or arrays by name; a convolution of one tap may keep its last axis.
        dilations
            Steps between two taps, one number per block.

        Raises
        ------
        ValueError
            As for :class:`Network`.
        """
        weights = {}
        for name, tensor in state.items():
            on_host = tensor.detach().float().cpu().numpy() if hasattr(tensor, "detach") else tensor
            # A copy: training goes on in the tensor's memory.
            array = np.array(on_host, dtype=np.float32)
            many_taps = name.startswith("blocks.") and name.endswith(".conv.weight")
            if array.ndim == 3 and array.shape[2] == 1 and not many_taps:
                array = array[:, :, 0]
            weights[name] = array
        return cls(weights, np.array(dilations, dtype=np.int64))

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Network:
        """A net out of a saved model's arrays, as :meth:`to_arrays` gave them.

        Raises
        ------
        ValueError
            As for :class:`Network`, or if ``dilations`` is missing.
        """
        if "dilations" not in arrays:
            raise ValueError("model: lacks the array 'dilations'; retrain")
        weights = {name: array for name, array in arrays.items() if name != "dilations"}
        return cls.from_torch_state(weights, arrays["dilations"])

    def to_arrays(self) -> Arrays:
        """All arrays by name, ``dilations`` among them."""
        return {**self.weights, "dilations": self.dilations}

    def dense_hours(self, panel: Panel, answers: Answers) -> NDArray[np.float32]:
        """``(n_accounts, n_steps, n_hour_outputs)`` on the common clock; NaN where an account has no step."""
        out = np.full((len(panel), panel.n_steps, self.n_hour_outputs), np.nan, dtype=np.float32)
        for i in range(len(panel)):
            length, at = int(panel.lengths[i]), int(panel.starts[i] - panel.origin)
            out[i, at : at + length] = answers.of_account(panel, i).T
        return out

    def with_hidden(self) -> Network:
        """The same net, with its hidden units behind the account's outputs: what it saw, not what it says.

        They are the account in few numbers, and tell apart what the outputs were never trained to.
        """
        units = self.n_hidden
        weights = dict(self.weights)
        for name, rows in (("weight", np.eye(units)), ("bias", np.zeros(units))):
            own = self.weights[f"account.1.{name}"]
            weights[f"account.1.{name}"] = np.concatenate([own, rows.astype(np.float32)])
        return Network(weights, self.dilations)

    def hidden_of(self, answers: Answers) -> NDArray[np.float64]:
        """``(n_accounts, n_hidden)``: what a net :meth:`with_hidden` saw; 0 for an account without a step."""
        return np.nan_to_num(answers.accounts[:, -self.n_hidden :].astype(np.float64))

    @property
    def n_hidden(self) -> int:
        """Hidden units between the pooled series and the account's outputs."""
        return len(self.weights["account.0.bias"])

    @property
    def n_hour_outputs(self) -> int:
        """Outputs per step."""
        return len(self.weights["hours.bias"])

    @property
    def n_account_outputs(self) -> int:
        """Outputs per account."""
        return len(self.weights["account.1.bias"])

    def answer(self, panel: Panel, *, threads: int | None = None) -> Answers:
        """Answers for every account of a panel, without a copy of its channels.

        Parameters
        ----------
        panel
            Accounts with any metrics, cadence and lengths.
        threads
            Threads to use; all cores by default. The values do not depend on it.

        Raises
        ------
        ValueError
            If the net was made for other channels than :data:`CHANNELS`.
        """
        return Answers(
            *_native.net_score(*_arrays(panel), self.weights, self.dilations, threads=threads or 0)
        )

    def of_channels(
        self, channels: NDArray[np.float32], offsets: NDArray[np.int64], *, threads: int | None = None
    ) -> Answers:
        """Answers for channels laid out as :func:`channels` makes them.

        Parameters
        ----------
        channels
            float32, flat, finite.
        offsets
            int64 ``(n_accounts + 1,)``: steps before each account.
        threads
            Threads to use; all cores by default. The values do not depend on it.

        Raises
        ------
        ValueError
            If `channels` does not fit `offsets` and the net, or holds a value that is not finite.
        """
        return Answers(
            *_native.net_forward(channels, offsets, self.weights, self.dilations, threads=threads or 0)
        )


def _arrays(
    panel: Panel,
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], list[int], int, int]:
    """A panel as the engine takes it."""
    return (
        panel.data,
        panel.offsets,
        panel.starts,
        [METRICS.index(metric) for metric in panel.metrics],
        panel.cadence.steps_per_day,
        panel.cadence.steps_per_week,
    )
