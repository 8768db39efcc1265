"""Does the promised false discovery rate hold? Flags on many simulated platforms, counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fakeengage.baselines import largest_z
from fakeengage.evaluation.seeds import Say, seed_interval, simulated

if TYPE_CHECKING:
    import pandas as pd

PRESETS = ("published", "realistic", "evasive")
PREVALENCES = (0.02, 0.10, 0.35)


def flag_runs(
    model: Any = None,
    *,
    presets: Sequence[str] = PRESETS,
    prevalences: Sequence[float] = PREVALENCES,
    seeds: Iterable[int] = range(20),
    n_users: int = 500,
    fdr: float = 0.05,
    threads: int | None = None,
    say: Say | None = None,
) -> pd.DataFrame:
    """Flags of :func:`fakeengage.score` on one simulated platform per preset, prevalence and seed.

    Parameters
    ----------
    model
        As :func:`fakeengage.score` takes it.
    presets, prevalences, seeds, n_users
        What is simulated; a prevalence is the share of fakes, 0 included.
    fdr
        False discovery rate asked for.
    threads
        Threads to use.
    say
        Is told of each batch.

    Returns
    -------
    pandas.DataFrame
        ``preset, prevalence, seed, fakes, flags, false_flags, trivial_false_flags``; the last one counts
        the normals among as many accounts with the largest z.
    """
    import pandas as pd

    from fakeengage.scoring import score

    rows = []
    chosen = list(seeds)
    for preset in presets:
        for prevalence in prevalences:
            if say is not None:
                say(f"{preset}, {100 * prevalence:g} % fake, {len(chosen)} seeds")
            for seed in chosen:
                data = simulated(preset, seed, n_users, fake_ratio=prevalence, threads=threads)
                fake = data.accounts["is_fake"].to_numpy(dtype=bool)
                flagged = score(data.panel, model, fdr, threads=threads).accounts["flagged"]
                mine = flagged.fillna(False).to_numpy(dtype=bool)
                top = np.argsort(-largest_z(data.panel), kind="stable")[: int(mine.sum())]
                rows.append(
                    {
                        "preset": preset,
                        "prevalence": prevalence,
                        "seed": seed,
                        "fakes": int(fake.sum()),
                        "normals": int((~fake).sum()),
                        "flags": int(mine.sum()),
                        "false_flags": int((mine & ~fake).sum()),
                        "trivial_false_flags": int((~fake)[top].sum()),
                    }
                )
    return pd.DataFrame(rows)


def discovery_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Realised false discovery rate and recall of :func:`flag_runs`, means over seeds.

    Returns
    -------
    pandas.DataFrame
        ``preset, prevalence, seeds, flags, false_discovery_rate, low, high, recall, recall_low,
        recall_high, normals_flagged, largest_z, random``: mean share of wrong flags (0 where nothing is
        flagged) with its 95 % interval by Student's t over seeds, share of fakes flagged, share of normals
        flagged; then the rate that as many flags by the largest z, or by lot, would have had.

    Notes
    -----
    The rate promised by Benjamini & Hochberg (1995) is the mean of the share of wrong flags, a share that
    is 0 without flags; a rule that seldom flags holds it easily, so recall stands beside it.

    Examples
    --------
    >>> import pandas as pd
    >>> run = {"preset": "p", "prevalence": 0.1, "fakes": 10, "normals": 90, "trivial_false_flags": 8}
    >>> runs = pd.DataFrame([run | {"flags": 10, "false_flags": n} for n in (1, 0)])
    >>> discovery_table(runs)[["false_discovery_rate", "recall"]].iloc[0].tolist()
    [0.05, 0.95]
    """
    import pandas as pd

    rows = []
    for (preset, prevalence), group in runs.groupby(["preset", "prevalence"], sort=False):
        flags = group["flags"].to_numpy(dtype=float)
        wrong = group["false_flags"].to_numpy(dtype=float)
        fakes = group["fakes"].to_numpy(dtype=float)
        rate, low, high = seed_interval(_share(wrong, flags, 0.0))
        recall, recall_low, recall_high = seed_interval(_share(flags - wrong, fakes, np.nan))
        normals = group["normals"].to_numpy(dtype=float)
        rows.append(
            {
                "preset": preset,
                "prevalence": prevalence,
                "seeds": len(group),
                "flags": float(flags.mean()),
                "false_discovery_rate": rate,
                "low": low,
                "high": high,
                "recall": recall,
                "recall_low": recall_low,
                "recall_high": recall_high,
                "normals_flagged": float(_share(wrong, normals, np.nan).mean()),
                "largest_z": float(_share(group["trivial_false_flags"].to_numpy(float), flags, 0.0).mean()),
                "random": float(np.where(flags > 0, normals / (normals + fakes), 0.0).mean()),
            }
        )
    return pd.DataFrame(rows)


def _share(part: Any, whole: Any, empty: float) -> Any:
    return np.divide(part, whole, out=np.full(len(part), empty), where=whole > 0)
