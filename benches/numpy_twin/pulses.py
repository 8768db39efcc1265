"""Shapes of extra engagement: tables of pulses by account, unrolled to cells of (account, hour) at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from .laws import Floats, Ints

if TYPE_CHECKING:
    from typing import Self

NEGLIGIBLE = 0.01
"""Pulses are followed down to this height."""


def unroll(first: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """Row and value of every whole number in `first` to `stop` (exclusive), row after row."""
    count = np.maximum(stop - first, 0)
    row = np.repeat(np.arange(len(count)), count)
    value = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
    return row, value


@dataclass(frozen=True)
class Table:
    """Pulses sorted by account; columns of equal length."""

    account: Ints

    @classmethod
    def joined(cls, parts: Sequence[tuple[Any, ...]]) -> Self:
        """One table from columns in the order of the fields; single numbers are repeated."""
        kinds = [np.int64 if field.type == "Ints" else np.float64 for field in fields(cls)]
        whole = [[np.empty(0, dtype=kind) for kind in kinds], *(np.broadcast_arrays(*part) for part in parts)]
        columns = [np.concatenate(column) for column in zip(*whole, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        return cls(*(column[order] for column in columns))

    def of(self, low: int, high: int) -> Self:
        """The pulses of accounts `low` to `high`, which become 0 to `high` - `low`."""
        cut = slice(*np.searchsorted(self.account, (low, high)))
        columns = [getattr(self, field.name)[cut] for field in fields(self)]
        return type(self)(columns[0] - low, *columns[1:])


@dataclass(frozen=True)
class Shape(Table):
    """Pulses that can be unrolled to cells."""

    def cells(self, length: int, dtype: type[np.floating]) -> tuple[Ints, Floats]:
        """Flat index (account x `length` + hour) and height of every cell touched."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rising(Shape):
    """Linear rise from `at` over `rise` hours to `size`, then a fall: subclasses say which."""

    at: Floats
    rise: Floats
    size: Floats

    def fall_hours(self) -> Floats:
        """Hours from the peak until the pulse is negligible."""
        raise NotImplementedError

    def fall(self, after: Floats, pulse: Ints) -> Floats:
        """Share of the height that is left `after` hours."""
        raise NotImplementedError

    def cells(self, length: int, dtype: type[np.floating]) -> tuple[Ints, Floats]:
        peak = self.at + self.rise
        first = np.ceil(self.at).clip(0).astype(np.int64)
        stop = np.floor(peak + self.fall_hours().clip(0)).clip(-1, length - 1).astype(np.int64) + 1
        pulse, hour = unroll(first, stop)
        after = (hour - peak[pulse]).astype(dtype)
        height = self.fall(np.maximum(after, 0), pulse)
        height *= self.size.astype(dtype)[pulse]
        rising = np.flatnonzero(after < 0)
        height[rising] = (self.size * (1 / np.maximum(self.rise, 1e-9)))[pulse[rising]]
        height[rising] *= (self.rise[pulse[rising]] + after[rising]).astype(dtype)
        return self.account[pulse] * length + hour, height


@dataclass(frozen=True)
class Relaxing(Rising):
    """Falls as ((t + shift) / shift)^-exponent."""

    shift: Floats
    exponent: Floats

    def fall_hours(self) -> Floats:
        with np.errstate(divide="ignore"):
            return self.shift * ((self.size / NEGLIGIBLE) ** (1 / self.exponent) - 1)

    def fall(self, after: Floats, pulse: Ints) -> Floats:
        after *= (1 / self.shift).astype(after.dtype)[pulse]
        after += 1
        return np.power(after, -self.exponent.astype(after.dtype)[pulse], out=after)


@dataclass(frozen=True)
class Decaying(Rising):
    """Falls exponentially with a mean of `hours`."""

    hours: Floats

    def fall_hours(self) -> Floats:
        return self.hours * np.log(np.maximum(self.size, 1e-300) / NEGLIGIBLE)

    def fall(self, after: Floats, pulse: Ints) -> Floats:
        after *= (-1 / self.hours).astype(after.dtype)[pulse]
        return np.exp(after, out=after)


@dataclass(frozen=True)
class Rectangle(Shape):
    """`size` from `at` for `hours`, with the covered share of the first and last hour."""

    at: Floats
    hours: Floats
    size: Floats

    def cells(self, length: int, dtype: type[np.floating]) -> tuple[Ints, Floats]:
        end = self.at + self.hours
        first = np.floor(self.at).clip(0).astype(np.int64)
        stop = np.ceil(end).clip(0, length).astype(np.int64)
        pulse, hour = unroll(first, stop)
        covered = np.minimum(hour + 1, end[pulse]) - np.maximum(hour, self.at[pulse])
        return self.account[pulse] * length + hour, (self.size[pulse] * covered).astype(dtype)
