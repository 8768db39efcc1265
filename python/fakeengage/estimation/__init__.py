"""A platform estimated from data: the preset whose simulated accounts look like those that were given."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fakeengage.estimation.calibrate import Fit, calibrate
from fakeengage.estimation.fields import base_fields, fill
from fakeengage.estimation.gauges import measure
from fakeengage.estimation.guess import facts_of, first_numbers
from fakeengage.estimation.sample import Sample, mirror, take
from fakeengage.estimation.sentences import header_of, sentences_of
from fakeengage.estimation.view import group_sizes, view_of
from fakeengage.estimation.writing import estimated_fields, preset_text
from fakeengage.panel import Panel

__all__ = ["PresetEstimate", "estimate_preset", "simulate_alike"]


@dataclass(frozen=True)
class PresetEstimate:
    """A preset estimated from data, with what is known about its origin.

    Parameters
    ----------
    fields
        Every field of the preset, plain numbers.
    base
        Preset whose numbers stand where the data cannot tell.
    estimated
        Paths of the fields that the data decided; ``*`` stands for every profile.
    length, start, missing
        What the data look like: usual length in hours, first hour, share of hours without a reading.
    statistics
        Name of each statistic -> (in the data, in the simulated accounts).
    sentences
        What was estimated, in words.
    header
        First lines of the preset file.
    """

    fields: dict[str, Any]
    base: str
    estimated: frozenset[str]
    length: int
    start: str
    missing: float
    statistics: dict[str, tuple[float, float]]
    sentences: tuple[str, ...]
    header: tuple[str, ...]

    @property
    def overrides(self) -> dict[str, Any]:
        """All fields as `overrides` of :class:`fakeengage.SimulationSpec` on preset `base`."""
        return {name: copy.deepcopy(value) for name, value in self.fields.items() if name != "description"}

    def __str__(self) -> str:
        return preset_text(self.fields, list(self.header), set(self.estimated))

    def save(self, path: str | Path) -> Path:
        """Write the preset file, to be given to ``simulate(preset=...)`` or ``--preset``.

        Raises
        ------
        ValueError
            If the name does not end in ``.yaml``, by which presets are known.
        """
        target = Path(path)
        if target.suffix not in {".yaml", ".yml"}:
            raise ValueError(f"path: {str(path)!r} is not allowed; a name that ends in .yaml")
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(str(self), encoding="utf-8")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        return target


def estimate_preset(
    source: Any,
    *,
    base: str = "realistic",
    seed: int = 0,
    rounds: int = 15,
    threads: int | None = None,
    name: str | None = None,
    **options: Any,
) -> PresetEstimate:
    """The preset whose organic accounts look like the accounts of `source`.

    Parameters
    ----------
    source
        A panel, or anything that :func:`fakeengage.read_panel` reads; hourly, any of the four metrics. All
        accounts are taken for organic.
    base
        Preset whose numbers stand where the data cannot tell (attacks, absent metrics); the middle of its
        priors.
    seed
        Seed of the accounts that are simulated for comparison; the estimate depends on it slightly.
    rounds
        Corrections by simulating and comparing; 0 for moments only.
    threads
        Threads to use; the estimate does not depend on it.
    name
        What the preset file calls the data; the name of the file when left out.
    **options
        Options of :func:`fakeengage.read_panel`.

    Returns
    -------
    PresetEstimate
        With ``save(path)`` for a preset file and ``overrides`` for :class:`fakeengage.SimulationSpec`.

    Raises
    ------
    ValueError
        If the data are not hourly, hold no account of at least six hours, or nothing but zeros.

    Notes
    -----
    Indirect inference: the same statistics are taken from the data and from simulated accounts of the same
    starts, lengths, gaps and metrics, and the numbers corrected until they agree.

    References
    ----------
    Gourieroux, Monfort and Renault (1993), Indirect inference, doi:10.1002/jae.3950080507.

    Examples
    --------
    >>> import fakeengage as fe
    >>> data = fe.simulate(n_users=60, length=96, fake_ratio=0, seed=1)
    >>> estimate = estimate_preset(data.panel, rounds=0)
    >>> again = fe.simulate(n_users=20, length=96, preset=estimate.base, overrides=estimate.overrides)
    >>> len(again)
    20
    """
    if isinstance(rounds, bool) or not isinstance(rounds, (int, np.integer)):
        raise TypeError(f"rounds: {rounds!r} is not allowed; a whole number")
    if rounds < 0:
        raise ValueError(f"rounds: {rounds} is not allowed; 0 or more")
    known = base_fields(base)
    if name is None:
        name = str(source) if isinstance(source, (str, os.PathLike)) else "a panel"
    if not isinstance(source, Panel):
        from fakeengage.reading import read_panel

        source = read_panel(source, **options)
    sample = take(source)
    view = view_of(sample)
    facts = facts_of(sample)
    sizes = group_sizes(sample, view.groups)
    start = first_numbers(sample, view, measure(sample, view), known)
    fit = calibrate(start, known, sample, view, facts, sizes, rounds=int(rounds), seed=seed, threads=threads)
    fields = fill(fit.numbers, known, sample, facts, sizes)
    fields["description"] = f"Estimated from {len(source)} accounts of {Path(name).name}"
    anchor = sample.metrics[sample.anchor]
    estimated = estimated_fields(fit.numbers, sample.metrics, anchor)
    length = int(np.median(source.lengths[source.lengths > 0]))
    first = str(source.cadence.timestamps(source.origin).astype("datetime64[h]")) + ":00"
    about = sentences_of(sample, view, facts, fit.numbers, anchor)
    return PresetEstimate(
        fields=fields,
        base=base,
        estimated=frozenset(estimated),
        length=max(length, 2),
        start=first,
        missing=facts["missing"],
        statistics=_statistics(fit),
        sentences=tuple(about),
        header=tuple(header_of(source, Path(name).name, sample, about, base)),
    )


def simulate_alike(
    panel: Panel,
    *,
    preset: str = "realistic",
    overrides: Mapping[str, Any] | None = None,
    seed: int = 0,
    n_worlds: int = 1,
    threads: int | None = None,
) -> Panel:
    """Organic simulated accounts with the starts, lengths, gaps and metrics of `panel`, to lay beside it.

    Account ``i`` starts at the same hour of the week (in series under a week: of the day) as account ``i`` of
    `panel` and misses the same hours; the returned panel has the starts of `panel`.
    """
    longest = int(panel.lengths.max(initial=0))
    counts = np.full((len(panel), longest, len(panel.metrics)), np.nan)
    for i in range(len(panel)):
        block = panel.block(i)
        counts[i, : block.shape[1]] = block.T
    shape = Sample(counts, panel.starts, panel.metrics)
    made = mirror(shape, seed, preset, dict(overrides or {}), n_worlds=n_worlds, threads=threads)
    blocks = [made.counts[i, : panel.lengths[i]].T.reshape(-1) for i in range(len(panel))]
    return Panel(
        np.concatenate(blocks).astype(np.float32) if blocks else np.empty(0, np.float32),
        panel.offsets,
        panel.starts,
        panel.metrics,
        np.array([f"acc_{i:06d}" for i in range(len(panel))], dtype=object),
        panel.cadence,
    )


def _statistics(fit: Fit) -> dict[str, tuple[float, float]]:
    out = {}
    for name, wanted in fit.wanted.items():
        found = fit.found.get(name, np.full_like(wanted, np.nan))
        for place, (a, b) in enumerate(zip(wanted, found, strict=True)):
            out[name if len(wanted) == 1 else f"{name}.{place}"] = (float(a), float(b))
    return out
