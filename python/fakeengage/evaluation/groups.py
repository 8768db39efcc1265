"""Figures of parts of the accounts: by attack, profile, scenario, size and world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.evaluation.answers import Answers
from fakeengage.evaluation.rows import COLUMNS, Bootstrap, flag_intervals
from fakeengage.evaluation.truth import Truth
from fakeengage.panel import Panel
from fakeengage.ranking import Figure, auprc_at, auroc, bootstrap_intervals, recall_at

if TYPE_CHECKING:
    import pandas as pd

Bools = NDArray[np.bool_]

GROUPS = ("attack", "profile", "scenario", "size", "world")
GROUP_FIGURES: Mapping[str, Figure] = {
    "AUROC": auroc,
    "AUPRC, 2 % prevalence": auprc_at(0.02),
    "recall at 1 % false positives": recall_at(0.01),
}
GROUP_FLAGS = ("recall of flags", "normals flagged")
RESAMPLES = 200
"""Most resamples behind an interval of a group: there are many groups."""

FEWEST = 5
"""Fakes and normals below which a group has no figure."""


def size_bands(panel: Panel) -> NDArray[np.object_]:
    """Decade of the usual count per hour of the first metric: ``0``, ``1–10``, ``10–100``, …

    The median over observed steps, scaled to an hour: attacks hardly move it.

    Examples
    --------
    >>> import numpy as np
    >>> size_bands(Panel.from_arrays(np.full((1, 24, 1), 30.0), metrics=["views"])).tolist()
    ['10–100 views per hour']
    """
    metric = panel.metrics[0]
    out = []
    for series in panel.series(metric):
        known = series[~np.isnan(series)]
        usual = float(np.median(known)) / panel.cadence.hours if known.size else 0.0
        if usual < 1:
            out.append(f"below 1 {metric} per hour")
            continue
        decade = int(np.floor(np.log10(usual)))
        out.append(f"{10**decade:,}–{10 ** (decade + 1):,} {metric} per hour")
    return np.array(out, dtype=object)


def group_table(truth: Truth, answers: Mapping[str, Answers], bootstrap: Bootstrap) -> pd.DataFrame:
    """``detector, group, name, accounts, fakes, figure, value, low, high``.

    Fakes of one attack stand against all normals, normals of one scenario against all fakes; profiles,
    sizes and worlds have both. Flags are shares of the fakes found and of the normals flagged.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    bootstrap = Bootstrap(min(bootstrap.n_resamples, RESAMPLES), bootstrap.seed)
    for group, title, compared in _groups(truth):
        fake = truth.fake[compared]
        if min(int(fake.sum()), int((~fake).sum())) < FEWEST:
            continue
        about = {"group": group, "name": title, "accounts": int(compared.sum()), "fakes": int(fake.sum())}
        for detector, mine in answers.items():
            if mine.scores is None:
                continue
            found = bootstrap_intervals(
                GROUP_FIGURES,
                fake,
                mine.scores[compared],
                n_resamples=bootstrap.n_resamples,
                seed=bootstrap.seed,
            )
            if mine.flagged is not None:
                flags = flag_intervals(fake, mine.flagged[compared], bootstrap)
                found |= {name: flags[name] for name in GROUP_FLAGS}
            for figure, value in found.items():
                rows.append(
                    {"detector": detector, **about, **dict(zip(COLUMNS[1:], (figure, *value), strict=True))}
                )
    columns = ["detector", "group", "name", "accounts", "fakes", *COLUMNS[1:]]
    return pd.DataFrame(rows, columns=columns)


def _groups(truth: Truth) -> Iterator[tuple[str, str, Bools]]:
    """Group, name, and the accounts compared."""
    for group in GROUPS:
        names = size_bands(truth.panel) if group == "size" else truth.column(group)
        if names is None:
            continue
        known = sorted({name for name in names.tolist() if name is not None}, key=_in_order)
        if group == "world" and len(known) < 2:
            continue
        for name in known:
            member = names == name
            # Attacks have no normals and scenarios no fakes worth a figure: the other side is everybody.
            compared = {"attack": member | ~truth.fake, "scenario": member & ~truth.fake | truth.fake}.get(
                group, member
            )
            yield group, str(name), np.asarray(compared, dtype=bool)


def _in_order(name: Any) -> tuple[float, str]:
    """Names by the number that they begin with, then by letters."""
    digits = "".join(c for c in str(name).split("–")[0] if c.isdigit())
    return (float(digits) if digits and not str(name).startswith("below") else -1.0, str(name))
