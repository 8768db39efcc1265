"""Every kernel on ten thousand drawn arrays: no panic, the bits of a plain copy, and what its reference says.

One array again, in this folder: ``python -c "from test_kernel_arrays import check; check(SEED)"``.
"""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

from kernel_arrays import Drawn, drawn
from kernel_reference import Reference, all_references, answer, known_rows

N_ARRAYS = 10_000
LONGEST = 2_000
# Kernels that an array goes through; with this many each parameter of a kernel sees some 350 arrays.
EACH = 3
BLOCK = 500
REFERENCES = all_references()
# The mean of the whole series is taken off before its windows are looked at: beside a value 1e12 times
# theirs, the others lose digits. No reference is asked where values are extreme.
ONE_SIZE = ("hurst",)


def compare(reference: Reference, array: Drawn) -> None:
    got = answer(reference, array.x)
    plain = np.array(np.asarray(array.x), dtype=np.float64, order="C")
    of_plain = answer(reference, plain)
    rows = list(zip(*reference.inputs(known_rows(plain)), strict=True))
    if got is None or of_plain is None:
        assert got is of_plain is None
        assert all(reference.of_row(*inputs) is None for inputs in rows)
        return
    assert got.tobytes() == of_plain.tobytes(), f"{got}, for a plain copy {of_plain}"
    if array.extreme and reference.kernel in ONE_SIZE:
        return
    for inputs, values in zip(rows, got[np.newaxis] if plain.ndim == 1 else got, strict=True):
        try:
            # Where values are so large or small that squares leave the range of float64, references that
            # use them notice and say nothing; those that only compare or add are still compared.
            with np.errstate(over="raise", under="raise") if array.extreme else nullcontext():
                want = reference.of_row(*inputs)
        except (FloatingPointError, ValueError):
            if not array.extreme:
                raise
        else:
            reference.assert_close(values, want)


def check(seed: int) -> None:
    """Takes the array of a seed through the kernels that are its turn."""
    array = drawn(seed, LONGEST)
    for k in range(seed * EACH, (seed + 1) * EACH):
        reference = REFERENCES[k % len(REFERENCES)]
        try:
            compare(reference, array)
        except KeyboardInterrupt:
            raise
        # A panic of the core is no Exception.
        except BaseException as error:
            message = f"seed {seed}: {reference} of {array.description}: {error}"
            raise AssertionError(message) from error


@pytest.mark.parametrize("first", range(0, N_ARRAYS, BLOCK))
def test_drawn_arrays(first: int) -> None:
    for seed in range(first, first + BLOCK):
        check(seed)


def test_arrays_are_of_every_kind() -> None:
    arrays = [drawn(seed, LONGEST) for seed in range(1_000)]
    made = [np.asarray(array.x) for array in arrays]
    assert {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"} <= {
        x.dtype.str[1:] for x in made
    }
    assert {x.ndim for x in made} == {1, 2}
    lengths = np.array([x.shape[-1] for x in made])
    assert lengths.min() == 0
    assert np.median(lengths) < 120 < 1_000 < lengths.max() <= LONGEST
    assert any(min(x.strides) < 0 for x in made)
    assert any(not x.flags.aligned for x in made)
    assert 0.1 < np.mean([array.extreme for array in arrays]) < 0.3
    assert any(isinstance(array.x, list) for array in arrays)
