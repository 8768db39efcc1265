"""Time of the simulator beside its twin in pure NumPy, and what attacks cost; the laws are compared first.

The reference runs on one thread, as NumPy does; ours on one and on two, one batch of a stream after
another, so that it writes into memory that was used before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial

import fakeengage as fe
import numpy_twin
from fakeengage.presets import load_preset
from measure import Case, main
from numpy_twin.agreement import assert_agreement, compare

THREADS = (1, 2)
FAKE_RATIO = 0.35
ENDLESS = 1 << 36


def laws_agree(n_accounts: int, n_worlds: int) -> Callable[[str], None]:
    """A check of a variant's laws that is made once, however many cases use the variant."""

    @lru_cache
    def checked(variant: str) -> None:
        assert_agreement(compare(variant, n_accounts, n_worlds))

    return checked


def same_shape_and_laws(
    check: Callable[[str], None], variant: str, ours: fe.Dataset, twin: numpy_twin.Twin
) -> None:
    assert ours.panel.values.transpose(0, 2, 1).shape == twin.values.shape
    assert ours.mask.transpose(0, 2, 1).shape == twin.mask.shape
    assert ours.panel.values.dtype == twin.values.dtype
    assert ours.accounts["is_fake"].sum() == len(twin.fakes)
    check(variant)


def same_accounts(attacked: fe.Dataset, organic: fe.Dataset) -> None:
    """The two runs differ by attacks, not by accounts."""
    assert (attacked.accounts["profile"] == organic.accounts["profile"]).all()
    assert attacked.mask.any(axis=(1, 2)).sum() == attacked.accounts["is_fake"].sum() > 0
    assert not organic.mask.any()


def cases(check: bool) -> Iterator[Case]:
    sizes = [200] if check else [1_000, 10_000]
    laws = laws_agree(*((2_000, 16) if check else (10_000, 60)))
    preset = load_preset("published")

    def ours(n: int, threads: int, fake_ratio: float = FAKE_RATIO) -> Callable[[], fe.Dataset]:
        """The next `n` accounts of a stream that does not end."""
        spec = fe.SimulationSpec(fake_ratio=fake_ratio)
        return partial(next, fe.simulate_batches(spec, ENDLESS, batch=n, threads=threads))

    for n in sizes:
        for variant in numpy_twin.VARIANTS:
            for threads in THREADS:
                yield Case(
                    f"{n:,} accounts, {threads} thread{'s' * (threads > 1)}, beside {variant} NumPy",
                    ours(n, threads),
                    partial(numpy_twin.simulate, preset, n, fake_ratio=FAKE_RATIO, variant=variant),
                    partial(same_shape_and_laws, laws, variant),
                )
        # Attacks take 1 - ratio of the time.
        yield Case(
            f"{n:,} accounts, 1 thread, {FAKE_RATIO:.0%} fake beside none",
            ours(n, 1),
            ours(n, 1, 0.0),
            same_accounts,
        )


if __name__ == "__main__":
    main("simulate", cases)
