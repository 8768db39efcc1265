"""Arrays as users may hold them, drawn from a seed: types, strides, gaps, ties, extremes, lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Generator = np.random.Generator

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", ">i4")
FLOATS = ("float16", "float32", "float64", "longdouble", ">f8")
TYPES = (*INTEGERS, *FLOATS, "bool")


@dataclass(frozen=True)
class Drawn:
    """One array, and what it is made of."""

    x: Any
    """An array of one or two axes, or a list."""
    description: str
    extreme: bool
    """Values so large or small that their squares leave the range of float64."""


def counts(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    return np.rint(rng.lognormal(rng.uniform(0, 6), 1, shape))


def one_value(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    return np.full(shape, rng.choice([0.0, 3.0, 0.1, -0.7, 1e9 + 0.1]))


def nearly_flat(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    x = np.full(shape, rng.choice([0.0, 0.1, 1e6 + 0.1]))
    if x.size:
        x.flat[rng.integers(x.size)] += 1
    return x


MODERATE = {
    "counts": counts,
    "rare counts": lambda rng, shape: rng.poisson(0.1, shape).astype(float),
    "ties": lambda rng, shape: rng.integers(0, 4, shape).astype(float),
    "normal": lambda rng, shape: rng.normal(size=shape),
    "far from zero": lambda rng, shape: 1e6 + rng.normal(size=shape),
    "walk": lambda rng, shape: np.cumsum(rng.integers(-2, 3, shape), axis=1).astype(float),
    "line": lambda rng, shape: np.add.outer(rng.integers(0, 5, shape[0]), 3.0 * np.arange(shape[1])),
    "cycle": lambda rng, shape: np.rint(
        50 + 40 * np.sin(np.arange(shape[1]) / rng.uniform(1, 8)) + rng.normal(size=shape)
    ),
    "one value": one_value,
    "one value but for a step": nearly_flat,
}
EXTREME = {
    "huge": lambda rng, shape: rng.normal(size=shape) * 1e300,
    "tiny": lambda rng, shape: rng.normal(size=shape) * 1e-300,
    "subnormal": lambda rng, shape: rng.integers(-9, 9, shape) * 5e-324,
    "huge and small": lambda rng, shape: rng.normal(size=shape) * 10.0 ** rng.integers(-300, 300, shape),
    "the ends of the range": lambda rng, shape: rng.choice([-1, 0, 1], shape) * np.finfo(float).max,
}


def with_gaps(rng: Generator, x: NDArray[np.float64]) -> str:
    """Puts gaps into the array, and says which."""
    kind = rng.choice(["", "", "some", "many", "infinite", "start", "all but one", "all"])
    if kind in ("some", "many"):
        x[rng.random(x.shape) < (0.05 if kind == "some" else 0.6)] = np.nan
    elif kind == "infinite":
        x[rng.random(x.shape) < 0.1] = np.inf
        x[rng.random(x.shape) < 0.1] = -np.inf
    elif kind == "start":
        x[:, : x.shape[1] // 2] = np.nan
    elif kind.startswith("all"):
        x[:, 1 if kind == "all but one" else 0 :] = np.nan
    return f", gaps: {kind}" if kind else ""


def as_type(x: NDArray[np.float64], kind: str) -> NDArray[Any]:
    """The values as another type; what does not fit is cut, and gaps in whole numbers are zeros."""
    if kind in FLOATS:
        with np.errstate(over="ignore", under="ignore"):
            return x.astype(kind)
    whole = np.nan_to_num(x, nan=0, posinf=0, neginf=0)
    if kind == "bool":
        return whole > np.median(whole) if whole.size else whole.astype(bool)
    info = np.iinfo(kind)
    # The ends of 64 bits are no float64.
    return np.clip(np.rint(whole), max(info.min, -(2**62)), min(info.max, 2**62)).astype(kind)


def laid_out(rng: Generator, x: NDArray[Any]) -> tuple[Any, str]:
    """The same values in another place of memory, and how."""
    n, steps = x.shape
    how = str(
        rng.choice(
            ["C", "Fortran", "reversed", "sliced", "columns", "repeated", "one series", "list", "unaligned"]
        )
    )
    if how == "Fortran":
        return np.asfortranarray(x), how
    if how == "reversed":
        return np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1], how
    if how == "sliced":
        wide = np.zeros((2 * n + 1, 3 * steps + 2), dtype=x.dtype)
        wide[1::2, 2::3] = x
        return wide[1::2, 2::3], how
    if how == "columns":
        return np.ascontiguousarray(x.T).T, how
    if how == "repeated" and n:
        return np.broadcast_to(x[0], x.shape), how
    if how == "one series" and n:
        return np.ascontiguousarray(x.T)[:, 0], how
    # Numbers of Python know neither the widest floats nor another byte order.
    if how == "list" and x.dtype != np.longdouble:
        return x.tolist(), how
    if how == "unaligned" and x.size:
        raw = np.frombuffer(b"\0" + x.tobytes(), dtype=np.uint8)[1:]
        return raw.view(x.dtype).reshape(x.shape), how
    return x, "C"


def drawn(seed: int, longest: int) -> Drawn:
    """The array of a seed, of at most `longest` steps; one in five is extreme, most are short."""
    rng = np.random.default_rng(seed)
    lengths = [rng.integers(0, 8), rng.integers(0, 120), longest ** rng.uniform(0.5, 1)]
    steps = int(rng.choice(lengths, p=[0.2, 0.6, 0.2]))
    shape = (int(rng.choice(4, p=[0.04, 0.48, 0.24, 0.24])) if steps < 120 else 1, steps)
    extreme = rng.random() < 0.2
    kinds = EXTREME if extreme else MODERATE
    name = str(rng.choice(list(kinds)))
    x = np.ascontiguousarray(kinds[name](rng, shape))
    gaps = with_gaps(rng, x)
    kind = str(rng.choice(TYPES if not extreme else ("float64", "float64", "longdouble", ">f8", "float32")))
    typed = as_type(x, kind)
    placed, how = laid_out(rng, typed)
    return Drawn(placed, f"{name}{gaps}: {kind} {shape}, {how}", extreme)
