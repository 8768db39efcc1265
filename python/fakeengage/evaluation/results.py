"""The whole table of results in one call, as text and as files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakeengage.evaluation import studies
from fakeengage.evaluation.discovery import PRESETS, discovery_table, flag_runs
from fakeengage.evaluation.evaluating import QUESTIONS
from fakeengage.evaluation.markdown import markdown_table, with_interval
from fakeengage.evaluation.seeds import Say, evaluate_seeds, over_seeds
from fakeengage.tables import make_folder, plain, to_bytes, write_atomically

if TYPE_CHECKING:
    import pandas as pd

EVALUATED = ("published", "realistic", "evasive")


@dataclass
class Results:
    """Tables of results in order, and how they were made.

    Attributes
    ----------
    settings
        Seeds, numbers of accounts and version.
    tables
        Tidy frames by title: means over seeds with ``value, low, high``.
    """

    settings: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for a JSON file."""
        tables = {title: frame.to_dict(orient="records") for title, frame in self.tables.items()}
        return {"settings": self.settings, "tables": tables}

    def to_markdown(self) -> str:
        """All tables as text, one row per detector (and attack, world, …), one column per figure."""
        parts = ["# Results", ", ".join(f"{name} {value}" for name, value in self.settings.items()) + "."]
        for title, frame in self.tables.items():
            parts += [f"## {title}", markdown_table(wide(frame) if "figure" in frame else frame)]
        return "\n\n".join(parts) + "\n"

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write ``results.md``, ``results.json`` and one CSV file per table.

        Raises
        ------
        OSError
            If the folder cannot be written to.
        """
        path = make_folder(folder)
        write_atomically(path / "results.md", self.to_markdown().encode())
        text = json.dumps(plain(self.to_dict()), indent=1, ensure_ascii=False)
        write_atomically(path / "results.json", (text + "\n").encode())
        for title, frame in self.tables.items():
            name = "".join(c if c.isalnum() else "_" for c in title.lower())
            write_atomically(path / f"results_{name}.csv", to_bytes(frame, "csv"))
        return path


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """Tidy means over seeds with one column per figure: ``0.87 (0.83–0.90)``.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"detector": "d", "figure": "AUROC", "value": 0.874, "low": 0.83, "high": 0.9, "seeds": 6}
    >>> wide(pd.DataFrame([row])).iloc[0].tolist()
    ['d', '0.874 (0.830–0.900)']
    """
    import pandas as pd

    keys = [c for c in table.columns if c not in ("figure", "value", "low", "high", "sd", "seeds")]
    rows: dict[tuple[Any, ...], dict[str, str]] = {}
    for record in table.to_dict("records"):
        value, low, high = (float(record[name]) for name in ("value", "low", "high"))
        text = "–" if value != value else with_interval(value, low, high)
        rows.setdefault(tuple(record[key] for key in keys), {})[str(record["figure"])] = text
    made = [dict(zip(map(str, keys), key, strict=True)) | figures for key, figures in rows.items()]
    return pd.DataFrame(made).fillna("–")


def attack_summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean over attacks and the worst attack of :func:`~fakeengage.evaluation.studies.leave_one_attack_out`.

    Returns
    -------
    pandas.DataFrame
        ``detector, training, figure, value, low, high, sd, seeds``: mean over attacks with its interval over
        seeds, and the same of the attack with the lowest mean.
    """
    import pandas as pd

    means = rows.groupby(["detector", "training", "seed", "figure"], sort=False)["value"].mean().reset_index()
    means["figure"] = means["figure"] + ", mean of attacks"
    out = [over_seeds(means, ["detector", "training", "figure"])]
    each = over_seeds(rows[rows["figure"] == "AUROC"], ["detector", "attack", "training", "figure"])
    areas = each.dropna(subset="value")
    worst = areas.loc[areas.groupby(["detector", "training"], sort=False)["value"].idxmin()]
    out.append(worst.assign(figure="AUROC, worst attack")[out[0].columns])
    return pd.concat(out, ignore_index=True)


def full_results(
    auditor: Any = None,
    *,
    make_detectors: Mapping[str, Any] | None = None,
    make_auditor: Any = None,
    seeds: Iterable[int] = range(101, 107),
    discovery_seeds: Iterable[int] = range(101, 121),
    study_seeds: Iterable[int] = range(101, 104),
    n_users: int = 500,
    n_study: int = 1000,
    n_worlds: int = 20,
    presets: Sequence[str] = EVALUATED,
    threads: int | None = None,
    say: Say | None = None,
) -> Results:
    """Everything that the project claims of its detectors, made again.

    Parameters
    ----------
    auditor
        The calibrated model, as :func:`fakeengage.evaluate` takes it; the shipped one by default.
    make_detectors
        Factories of detectors by name, trained in the studies; gradient boosting and a detector of
        isolation by default.
    make_auditor
        Factory of an auditor, which joins them in the studies of attacks and worlds, where given.
    seeds
        Seeds of the evaluation and of cross-validation: none that training or tuning has seen.
    discovery_seeds
        Seeds of the false discovery rate.
    study_seeds
        Seeds of the other studies.
    n_users, n_study, n_worlds
        Accounts per evaluated platform, accounts to train on in the studies, worlds of the studies.
    presets
        Presets evaluated.
    threads
        Threads to use; the figures do not depend on it.
    say
        Is told what is under way.

    Returns
    -------
    Results
    """
    from fakeengage import __version__, models

    chosen = dict(
        make_detectors
        or {
            "Gradient boosting": models.GradientBoostingDetector,
            "Isolation Forest": models.IsolationForestDetector,
        }
    )
    joined = chosen if make_auditor is None else {"Auditor": make_auditor, **chosen}
    seeds, discovery_seeds, study_seeds = (list(s) for s in (seeds, discovery_seeds, study_seeds))
    results = Results(
        {
            "fakeengage": __version__,
            "seeds": _span(seeds),
            "seeds of the false discovery rate": _span(discovery_seeds),
            "seeds of studies": _span(study_seeds),
            "accounts": n_users,
            "accounts in studies": n_study,
        }
    )
    for preset in presets:
        found = evaluate_seeds(auditor, preset=preset, seeds=seeds, n_users=n_users, threads=threads, say=say)
        for name, title in (*QUESTIONS.items(), ("groups", "Groups")):
            if len(found[name]):
                results.tables[f"{preset}: {title}"] = found[name]
    runs = flag_runs(
        auditor, presets=PRESETS, seeds=discovery_seeds, n_users=n_users, threads=threads, say=say
    )
    results.tables["Realised false discovery rate"] = discovery_table(runs)
    for training in studies.TRAININGS:
        rows = studies.cross_validation(chosen, seeds=seeds, n_users=n_users, training=training, say=say)
        title = f"Trained on the same platform: {training}"
        results.tables[title] = over_seeds(rows, ["detector", "figure"])
    rows = studies.leave_one_attack_out(joined, seeds=study_seeds, n_users=n_study, n_test=n_study, say=say)
    results.tables["Leave one attack out"] = attack_summary(rows)
    each = rows[rows["figure"] == "AUROC"].assign(figure=rows["attack"])
    results.tables["Leave one attack out: each"] = over_seeds(each, ["detector", "training", "figure"])
    rows = studies.leave_one_world_out(
        joined, seeds=study_seeds, n_users=2 * n_study, n_worlds=n_worlds, say=say
    )
    results.tables["Leave one world out"] = over_seeds(
        rows.groupby(["detector", "training", "seed", "figure"], sort=False)["value"].mean().reset_index(),
        ["detector", "training", "figure"],
    )
    rows = studies.cross_preset(chosen, seeds=study_seeds, n_users=n_study, n_test=n_study, say=say)
    areas = rows[rows["figure"] == "AUROC"].assign(figure=rows["tested_on"])
    results.tables["Trained on one preset, tested on another (AUROC)"] = over_seeds(
        areas, ["detector", "trained_on", "figure"]
    )
    rows = studies.learning_curve(chosen, seeds=study_seeds, n_test=n_study, say=say)
    results.tables["Learning curve"] = over_seeds(rows, ["detector", "accounts", "figure"])
    return results


def _span(seeds: Sequence[int]) -> str:
    if not seeds:
        return "none"
    whole = list(seeds) == list(range(seeds[0], seeds[-1] + 1))
    return f"{seeds[0]}–{seeds[-1]}" if whole and len(seeds) > 1 else " ".join(map(str, seeds))
