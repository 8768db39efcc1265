"""The net written to be read: one account, double precision, sums as the formulas say."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]


def random_weights(
    seed: int,
    *,
    n_channels: int = 31,
    width: int = 20,
    taps: int = 3,
    n_blocks: int = 3,
    hour_outputs: int = 9,
    hidden: int = 24,
    account_outputs: int = 13,
) -> Weights:
    """Weights of the size that training leaves, biases and gains included."""
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {"stem": (width, n_channels), "hours": (hour_outputs, width)}
    shapes |= {"account.0": (hidden, 3 * width), "account.1": (account_outputs, hidden)}
    for b in range(n_blocks):
        shapes[f"blocks.{b}.conv"] = (width, width, taps)
        shapes[f"blocks.{b}.mix"] = (width, width)
    weights = {}
    for name, shape in shapes.items():
        scale = 1 / np.sqrt(np.prod(shape[1:]))
        weights[f"{name}.weight"] = rng.normal(0, scale, shape)
        weights[f"{name}.bias"] = rng.normal(0, 0.3, shape[0])
    for norm in ["norm", *(f"blocks.{b}.norm" for b in range(n_blocks))]:
        weights[f"{norm}.weight"] = rng.normal(1, 0.2, width)
        weights[f"{norm}.bias"] = rng.normal(0, 0.2, width)
    for b in range(n_blocks):
        weights[f"blocks.{b}.context.weight"] = rng.normal(0, 1 / np.sqrt(width), (width, width))
    return {name: array.astype(np.float32) for name, array in weights.items()}


def layer_norm(h: NDArray[np.float64], weights: Weights, name: str) -> NDArray[np.float64]:
    centred = h - h.mean(axis=0)
    scaled = centred / np.sqrt((centred**2).mean(axis=0) + 1e-5)
    return np.asarray(scaled * weights[f"{name}.weight"][:, None] + weights[f"{name}.bias"][:, None])


def convolution(n: NDArray[np.float64], weight: NDArray[np.float32], dilation: int) -> NDArray[np.float64]:
    n_steps, n_taps = n.shape[1], weight.shape[2]
    out = np.zeros((weight.shape[0], n_steps))
    for t in range(n_steps):
        for k in range(n_taps):
            at = t + (k - n_taps // 2) * dilation
            if 0 <= at < n_steps:
                out[:, t] += weight[:, :, k] @ n[:, at]
    return out


def forward(
    x: NDArray[np.float32], weights: Weights, dilations: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outputs of the account, and those of its steps as (outputs, steps), for channels (C, T)."""

    def linear(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
        bias = weights[f"{name}.bias"]
        return weights[f"{name}.weight"].astype(float) @ values + (
            bias if values.ndim == 1 else bias[:, None]
        )

    h = linear("stem", x.astype(float))
    for b, dilation in enumerate(dilations):
        name = f"blocks.{b}"
        n = layer_norm(h, weights, f"{name}.norm")
        u = convolution(n, weights[f"{name}.conv.weight"], dilation)
        u += weights[f"{name}.conv.bias"][:, None]
        u += (weights[f"{name}.context.weight"] @ n.mean(axis=1))[:, None]
        h = h + linear(f"{name}.mix", np.maximum(u, 0))
    f = layer_norm(h, weights, "norm")
    hours = linear("hours", f)
    attention = np.exp(hours[0] - hours[0].max())
    attention /= attention.sum()
    pooled = np.concatenate([f.mean(axis=1), f.max(axis=1), f @ attention])
    return linear("account.1", np.maximum(linear("account.0", pooled), 0)), hours
