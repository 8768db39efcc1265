"""What transfer is measured on: foreign generators and attacked real series, as panels with labels."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

import fakeengage as fe
import foreign
from foreign import World, real
from foreign.real import Labelled


@dataclass(frozen=True)
class Target:
    """One exam.

    Attributes
    ----------
    name
        Its name in tables.
    parts
        Panels with labels, scored one by one; their scores are pooled.
    batch
        Whether a part is what a user could hold in one batch. Attacked twins are not.
    steps
        Per part and account the steps to be found, where they are not those that an attack changed.
    """

    name: str
    parts: tuple[Labelled, ...]
    batch: bool = True
    steps: tuple[list[NDArray[np.bool_]], ...] | None = None

    @property
    def prevalence(self) -> float:
        """Share of fakes that average precision is stated for: its own; of twins, which have none, 10 %."""
        return float(self.fake.mean()) if self.batch else 0.1

    @property
    def fake(self) -> NDArray[np.bool_]:
        """Labels of all parts."""
        return np.concatenate([part.is_fake for part in self.parts])

    @property
    def source(self) -> NDArray[np.int64]:
        """Sources of all parts: one real account has the same number in each."""
        return np.concatenate([part.source for part in self.parts])

    def changed(self) -> list[NDArray[np.bool_]]:
        """Per account of all parts, the steps to be found."""
        if self.steps is not None:
            return [inside for part in self.steps for inside in part]
        return [cells.any(axis=0) for part in self.parts for cells in part.mask]


Make = Callable[..., World]


def generators() -> dict[str, Make]:
    """Function ``make`` of every module of this package that has one."""
    found = {}
    for module in pkgutil.iter_modules(foreign.__path__):
        make = getattr(import_module(f"foreign.{module.name}"), "make", None)
        if make is not None:
            found[module.name] = make
    return found


def labelled(world: World) -> Labelled:
    """A foreign world in the form that real series have."""
    return Labelled(
        fe.Panel.from_arrays(world.counts),
        fe.Panel.from_arrays(world.clean),
        np.asarray(world.is_fake, dtype=bool),
        world.attack,
        np.arange(len(world.is_fake)),
    )


def foreign_targets(
    n_accounts: int = 1500, ratios: Sequence[float] = (0.35, 0.05), seed: int = 0
) -> list[Target]:
    """Worlds of every foreign generator at each share of fakes."""
    return [
        Target(f"{name} {100 * ratio:g} %", (labelled(make(n_accounts, ratio, seed)),))
        for name, make in generators().items()
        for ratio in ratios
    ]


def real_targets(most: int = 200, seed: int = 0) -> list[Target]:
    """Attacked twins and attacked halves of every real set at hand, and what StarScout suspected."""
    out = []
    for name in filter(real.available, real.SHORTEST):
        short = name.partition("_")[2] if name.startswith("youtube") else name.partition("_")[0]
        parts = real.twins(name, most=most, seed=seed)
        out.append(Target(f"{short} twins", tuple(parts), batch=False))
        if name == "nab_tweets":
            # The attacked chunks again, now against chunks with news in them.
            news, source = real.organic(name, most=most, seed=seed, news=True)
            quiet = np.zeros(len(news), dtype=bool)
            none = np.full(len(news), None, dtype=object)
            hard = Labelled(news, news, quiet, none, source)
            out.append(Target(f"{short} twins against news", (hard, *parts[1:]), batch=False))
        out.append(Target(f"{short} halves", tuple(real.halves(name, most=most, seed=seed))))
    if real.available("starscout_monthly"):
        for shortest, title in ((1, "starscout suspected"), (14, "starscout suspected, 14+ months")):
            part, months = real.suspected(shortest=shortest)
            out.append(Target(title, (part,), steps=(months,)))
    return out


def genuine_panels() -> Iterator[tuple[str, fe.Panel, NDArray[np.bool_]]]:
    """Sets at hand as their files hold them, then in chunks; and which accounts are suspected."""
    for name in filter(real.available, real.GENUINE):
        panel = real.whole(name)
        yield name, panel, np.zeros(len(panel), dtype=bool)
    for name, news in (("youtube_sakamichi", False), ("nab_tweets", False), ("nab_tweets", True)):
        if real.available(name):
            panel, _ = real.organic(name, news=news)
            title = f"{name}, chunks" + (" with news" if news else "")
            yield title, panel, np.zeros(len(panel), dtype=bool)
    if real.available("starscout_monthly"):
        part, _ = real.suspected()
        yield "starscout_monthly", part.panel, part.is_fake
