"""The two figures of a preset, from accounts simulated for the purpose."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fakeengage.plots.attack_panels import plot_attacks
from fakeengage.plots.canvas import save
from fakeengage.plots.profile_panels import plot_profiles
from fakeengage.simulation import simulate_range

if TYPE_CHECKING:
    from fakeengage.simulation_spec import SimulationSpec

N_ACCOUNTS = 2400
"""Enough for some seventy of each attack to choose a typical one from."""
N_HOURS = 336
FAKE_RATIO = 0.35
N_COLOURS = 64
"""No difference to the eye, and a third of the bytes."""


def save_gallery(
    spec: SimulationSpec, folder: str | os.PathLike[str], *, threads: int | None = None
) -> list[Path]:
    """Write ``profiles.png`` and ``attacks.png`` of a preset into a folder.

    Both show accounts simulated for the purpose, 14 days with a third of them fake, so that every
    profile and attack is there whatever the size of a data set.

    Parameters
    ----------
    spec
        Its preset, overrides, worlds, start and seed count.
    folder
        Where to; it exists.
    threads
        Threads; all cores by default. The figures do not depend on them.

    Returns
    -------
    list of pathlib.Path
        The two files.
    """
    shown = replace(spec, length=N_HOURS, fake_ratio=FAKE_RATIO, missing=None)
    dataset = simulate_range(shown, 0, N_ACCOUNTS, threads=threads, keep_clean=True)
    drawn = {"profiles.png": plot_profiles(dataset), "attacks.png": plot_attacks(dataset)}
    return [save(axes[0], Path(folder) / name, n_colours=N_COLOURS) for name, axes in drawn.items()]
