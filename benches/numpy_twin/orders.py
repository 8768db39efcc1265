"""What attacks plan to add: a gain on the expected count and a level, all accounts of a kind at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .laws import HOURS_PER_DAY, Bools, Clock, Floats, Ints, Laws, log_uniform
from .pulses import unroll

ADDS_LEVEL = ("drip_feed", "sleeper_reactivation", "timezone_shifted_farm")
LIKES, COMMENTS = 1, 2
REFERENCE_VIEWS = 100.0
SHORT_SERIES_SHARE = 4 / 7


def whole(hours: Floats | float) -> Ints:
    """Whole hours, at least one."""
    return np.round(hours).clip(1).astype(np.int64)


@dataclass
class Orders:
    """One row per fake account; plans are filled in attack by attack."""

    excess: Floats
    """Added multiple of the expected count, by hour."""
    level: Floats
    """Added level in account means, by hour."""
    weights: Floats
    open_from: Ints
    """Nothing changes outside `open_from` to `open_to`."""
    open_to: Ints
    delays: Ints
    """Hours by which each metric arrives later."""
    core: Ints
    """The hour in which the attack lives, for an order too small to be drawn."""
    steady: Bools
    coupled: Bools
    intensity: Floats

    @classmethod
    def empty(cls, n: int, length: int, dtype: type[np.floating]) -> Orders:
        """Orders that add nothing."""
        return cls(
            np.zeros((n, length), dtype=dtype),
            np.zeros((n, length), dtype=dtype),
            np.ones((n, 4)),
            np.zeros(n, dtype=np.int64),
            np.full(n, length),
            np.zeros((n, 4), dtype=np.int64),
            np.zeros(n, dtype=np.int64),
            np.zeros(n, dtype=bool),
            np.zeros(n, dtype=bool),
            np.ones(n),
        )


class Scene:
    """Accounts with one kind of attack: draws of the operator's clock and of the account's own habits."""

    def __init__(
        self,
        rng: np.random.Generator,
        name: str,
        clocks: Ints,
        day_curve: Floats,
        mean_views: Floats,
        laws: Laws,
        clock: Clock,
        dtype: type[np.floating],
    ) -> None:
        self.rng, self.clock, self.law, self.strength = rng, clock, laws.attacks, laws.attacks[name]
        self.n, self.length, self.day_curve = len(clocks), clock.length, day_curve
        numbers, self.member_of = np.unique(clocks, return_inverse=True)
        self.n_clocks = len(numbers)
        self.orders = Orders.empty(self.n, clock.length, dtype)
        self.orders.weights[:] = self.strength["weights"]
        self.hours = np.arange(clock.length)
        drawn = log_uniform(self.habit(), *self.strength["intensity"])
        size = ((mean_views / REFERENCE_VIEWS) ** -self.law["size_exponent"]).clip(0.5, 2) * self.law["gain"]
        self.orders.intensity[:] = drawn * size if name in ADDS_LEVEL else 1 + (drawn - 1) * size

    def timing(self, *shape: int) -> Floats:
        """Uniform draws that the members of a cohort share."""
        return self.rng.random((self.n_clocks, *shape))[self.member_of]

    def habit(self, *shape: int) -> Floats:
        """Uniform draws of the accounts' own."""
        return self.rng.random((self.n, *shape))

    def drawn(self, field: str, u: Floats) -> Floats:
        """A number from its range in the law."""
        return log_uniform(u, *self.strength[field])

    @property
    def gain(self) -> Floats:
        """`A - 1` of a multiplier `A`."""
        return (self.orders.intensity - 1).clip(0)

    @property
    def longest(self) -> int:
        """The most hours that an attack may span so that clean days are left."""
        clean, n = self.law["clean_hours"], self.length
        most = n - np.ceil(clean) if (1 - SHORT_SERIES_SHARE) * n >= clean else n * SHORT_SERIES_SHARE
        return int(np.clip(most, 1, n))

    def place(self, hours: Floats | None = None, spans_days: bool = True) -> tuple[Ints, Ints]:
        """First hour of the attack and the hour after its last, at random; closes the rest of the series."""
        lead = min(round(self.law["edge_hours"]), self.longest // 4)
        everything = (self.timing() < self.law["full_length_share"]) & spans_days
        hours = self.drawn("hours", self.timing()) if hours is None else hours
        span = np.minimum(whole(hours * self.law["duration_scale"]), self.longest - lead)
        start = (self.timing() * (self.length + 1 - span).clip(0)).astype(np.int64)
        start, end = self.close(start, span, lead)
        orders = self.orders
        orders.open_from[everything], orders.open_to[everything] = 0, self.length
        return np.where(everything, 0, start), np.where(everything, self.length, end)

    def close(self, start: Ints, span: Ints, lead: int) -> tuple[Ints, Ints]:
        """Opens only the surroundings of `span` hours from `start`."""
        self.orders.open_from[:] = (start - lead).clip(0)
        self.orders.open_to[:] = (self.orders.open_from + self.longest).clip(None, self.length)
        return start, np.minimum(start + span, self.orders.open_to)

    def edges(self, *shape: int) -> tuple[Ints, Ints]:
        """Hours of the two ramps; none for hard edges."""
        soft = self.habit(*shape) >= self.law["hard_edge_share"]
        rise, fall = (np.round(self.law["edge_hours"] * self.habit(*shape)) for _ in range(2))
        return (soft * rise).astype(np.int64), (soft * fall).astype(np.int64)

    def raise_to(
        self, row: Ints, start: Ints, end: Ints, height: Floats, rise: Ints | int = 0, fall: Ints | int = 0
    ) -> None:
        """Trapezoids on the excess; where orders overlap, the higher one counts."""
        rise, fall = np.broadcast_to(rise, row.shape), np.broadcast_to(fall, row.shape)
        one, hour = unroll((start - rise).clip(0), (end + fall).clip(None, self.length))
        before, after = (start[one] - hour) / (rise[one] + 1), (hour - end[one] + 1) / (fall[one] + 1)
        share = 1 - np.maximum(np.maximum(before, after), 0)
        excess = self.orders.excess
        lifted = (height[one] * share).astype(excess.dtype)
        np.maximum.at(excess.reshape(-1), row[one] * self.length + hour, lifted)

    def delay(self, longest: float) -> None:
        """Likes, comments and shares come later, as far as the open hours allow; mostly a little."""
        hours = np.round(min(self.law["metric_delay_hours"], longest) * self.habit(3) ** 3).astype(np.int64)
        planned = self.orders.excess > 0
        last = np.where(planned.any(axis=1), self.length - 1 - planned[:, ::-1].argmax(axis=1), 0)
        room = (self.orders.open_to - last - 1).clip(0)
        self.orders.delays[:, 1:] = np.minimum(hours, room[:, None])

    def age(self, start: Ints, end: Ints) -> tuple[Ints, Ints, Floats]:
        """Row and hour of all cells of the attacks, and hours since their start."""
        row, hour = unroll(start, end)
        return row, hour, (hour - start[row]).astype(self.orders.excess.dtype)

    def hour_of_day(self, hour: Ints) -> Ints:
        """Hour of the platform's clock."""
        return (self.clock.start_hour + hour) % HOURS_PER_DAY
