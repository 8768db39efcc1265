"""Is this data fit to be judged? Findings with a figure and a remedy, worst first."""

from __future__ import annotations

from typing import Any

from fakeengage.panel import Panel
from fakeengage.validation.findings import Finding, Validation
from fakeengage.validation.labels import Labelled, label_findings
from fakeengage.validation.quality import quality_findings
from fakeengage.validation.statistics import statistic_findings

__all__ = ["Finding", "Validation", "validate"]


def validate(source: Panel | Labelled | Any, **options: Any) -> Validation:
    """Check the quality and the statistical coherence of data, simulated or real.

    Parameters
    ----------
    source
        A panel, a simulated data set or the folder of a saved one, or anything that
        :func:`fakeengage.read_panel` reads.
    **options
        Options of :func:`fakeengage.read_panel`.

    Returns
    -------
    Validation
        ``findings`` with one row per check: ``check, severity, figure, message, remedy``, errors first.
        ``ok`` is false only when there is an error: warnings ask for a look, notes describe.

    Notes
    -----
    A simulated data set is also held against its own labels: changes, windows and mask agree, no count
    divisibility, row order or hour outside the windows tells fakes from normals, no one-line rule finds them.

    Examples
    --------
    >>> import numpy as np
    >>> from fakeengage import Panel
    >>> counts = np.random.default_rng(0).poisson(50, (20, 336, 1))
    >>> validate(Panel.from_arrays(counts, metrics=["likes"])).ok
    True
    """
    dataset = source if isinstance(source, Labelled) else _saved_dataset(source)
    if dataset is not None:
        panel: Panel = dataset.panel
    elif isinstance(source, Panel):
        panel = source
    else:
        from fakeengage.reading import read_panel

        panel = read_panel(source, **options)
    found = [*quality_findings(panel), *statistic_findings(panel)]
    if dataset is not None:
        found += label_findings(dataset)
    return Validation.of(found)


def _saved_dataset(source: Any) -> Labelled | None:
    import os
    from pathlib import Path

    if isinstance(source, (str, os.PathLike)) and Path(source, "dataset.json").is_file():
        from fakeengage.dataset import load_dataset

        return load_dataset(Path(source))
    return None
