"""Every kernel beside NumPy and SciPy, written from the definition and not from the Rust."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeengage import kernels

Row = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """One kernel with one choice of parameters."""

    kernel: str
    parameters: dict[str, Any]
    of_row: Callable[..., Any]
    """What it says of one series of float64 in which what is not finite is NaN; None where it refuses."""
    rtol: float = 1e-9
    atol: float = 1e-9
    n_inputs: int = 1
    """Series that it takes: two for `x` and `y`."""
    circle: float | None = None
    """Length of the circle on which the last value lies: its two ends are one."""

    def inputs(self, x: Any) -> tuple[Any, ...]:
        """What the kernel is given for a matrix, a series or a list of them.

        A second input has every other step of the first and between them those of three steps before, in the
        same type: gaps at other steps, flat where the first is flat.
        """
        if self.n_inputs == 1:
            return (x,)
        array = np.asarray(x)
        y = np.roll(array, 3, axis=-1)
        y[..., ::2] = array[..., ::2]
        return (x, y.tolist() if isinstance(x, list) else y)

    def assert_close(self, got: NDArray[np.float64], want: Any) -> None:
        """Compares what the kernel and the reference said of one series."""
        if self.circle and not np.isnan(got[-1] - want[-1]):
            got = got.copy()
            got[-1] -= self.circle * np.rint((got[-1] - want[-1]) / self.circle)
        np.testing.assert_allclose(got, want, rtol=self.rtol, atol=self.atol)

    def __str__(self) -> str:
        return f"{self.kernel}({', '.join(f'{key}={value}' for key, value in self.parameters.items())})"


def answer(reference: Reference, x: object, **options: object) -> NDArray[np.float64] | None:
    """What the kernel says of an array; None where it refuses a parameter for this length."""
    function = getattr(kernels, reference.kernel)
    try:
        return np.asarray(function(*reference.inputs(x), **reference.parameters, **options))
    except ValueError:
        return None


def known_rows(x: NDArray[Any]) -> NDArray[np.float64]:
    """The series of an array in float64, what is not finite as NaN."""
    rows = np.atleast_2d(x).astype(np.float64)
    return np.where(np.isfinite(rows), rows, np.nan)


def flat(x: Row) -> bool:
    """All known values are equal, or none is known."""
    known = x[~np.isnan(x)]
    return len(known) == 0 or bool((known == known[0]).all())


def all_references() -> list[Reference]:
    """The references of all groups."""
    from kernel_reference import cycles, entropy, events, memory, pairs, rolling, trends

    return [
        *cycles.REFERENCES,
        *entropy.REFERENCES,
        *events.REFERENCES,
        *memory.REFERENCES,
        *pairs.REFERENCES,
        *rolling.REFERENCES,
        *trends.REFERENCES,
    ]
