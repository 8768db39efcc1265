"""The evaluation of one or more detectors on one labelled data set."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.evaluation.account_rows import account_rows
from fakeengage.evaluation.answers import Answers, answers_of
from fakeengage.evaluation.cohort_pairs import cohort_rows
from fakeengage.evaluation.groups import group_table
from fakeengage.evaluation.hour_rows import hour_rows, window_rows
from fakeengage.evaluation.kind_rows import confusion_table, kind_rows
from fakeengage.evaluation.markdown import markdown_table, pivot
from fakeengage.evaluation.probabilities import reliability
from fakeengage.evaluation.rows import COLUMNS, Bootstrap, Row
from fakeengage.evaluation.trivial import PRIOR, trivial_answers
from fakeengage.evaluation.truth import truth_of
from fakeengage.evaluation.volume_rows import volume_rows
from fakeengage.tables import make_folder, plain, to_bytes, write_atomically

if TYPE_CHECKING:
    import pandas as pd

QUESTIONS: Mapping[str, str] = {
    "table": "Is it fake?",
    "hours": "When? Scores of hours",
    "windows": "When? Listed windows",
    "volume": "How much?",
    "attacks": "Which kind?",
    "cohorts": "With whom?",
}
"""Tables of figures and the question that each answers."""


@dataclass(frozen=True)
class Evaluation:
    """Figures of one or more detectors on one labelled data set, beside trivial baselines.

    Attributes
    ----------
    table
        Is it fake, and how sure: ``detector, figure, value, low, high`` with a 95 % interval by bootstrap
        over accounts, as in every table. Baselines flag as many accounts as the first detector with flags.
    hours, windows
        When: scores of hours and listed windows against the hours that attacks changed. Means over fakes
        of which some observed hours were changed and some were not; pooled figures rank the hours of all
        of them together.
    volume
        How much: the largest share over the metrics of counts that an attack added.
    attacks
        Which kind: ``unknown`` counts as wrong.
    cohorts
        With whom: pairs of accounts.
    groups
        ``detector, group, name, accounts, fakes, figure, value, low, high`` by attack, profile, scenario,
        size band and world.
    confusion
        ``detector, attack, guess, accounts`` of flagged accounts.
    calibration
        Reliability of probabilities: ``detector, bin, accounts, predicted, observed, low, high``, accounts
        weighted to the prevalence of 10 % at which ``score`` is stated.
    scores, p_values
        By detector, for curves.
    fake
        Label of each account.

    Notes
    -----
    Tables are empty where no detector answers or the data do not know: hours need ``mask`` or windows in
    the labelled table. Nothing is point-adjusted.
    """

    table: pd.DataFrame
    hours: pd.DataFrame
    windows: pd.DataFrame
    volume: pd.DataFrame
    attacks: pd.DataFrame
    cohorts: pd.DataFrame
    groups: pd.DataFrame
    confusion: pd.DataFrame
    calibration: pd.DataFrame
    scores: dict[str, NDArray[np.float64]] = field(repr=False)
    p_values: dict[str, NDArray[np.float64]] = field(repr=False)
    fake: NDArray[np.bool_] = field(repr=False)

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Name and frame of every table."""
        for name in (*QUESTIONS, "groups", "confusion", "calibration"):
            yield name, getattr(self, name)

    def to_dict(self) -> dict[str, Any]:
        """Figures as plain values, for a JSON file."""
        counts = {"accounts": len(self.fake), "fakes": int(self.fake.sum())}
        return counts | {name: frame.to_dict(orient="records") for name, frame in self.tables()}

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write all figures as ``evaluation.csv``, ``evaluation_groups.csv``, ``.json`` and ``.md``.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OSError
            If the folder cannot be written to.
        """
        import pandas as pd

        path = make_folder(folder)
        parts = [getattr(self, name).assign(question=title) for name, title in QUESTIONS.items()]
        figures = pd.concat([part for part in parts if len(part)])[["question", *COLUMNS]]
        write_atomically(path / "evaluation.csv", to_bytes(figures, "csv"))
        write_atomically(path / "evaluation_groups.csv", to_bytes(self.groups, "csv"))
        text = json.dumps(plain(self.to_dict()), indent=2, ensure_ascii=False)
        write_atomically(path / "evaluation.json", (text + "\n").encode())
        write_atomically(path / "evaluation.md", f"# Evaluation\n\n{self.to_markdown()}".encode())
        return path

    def to_markdown(self) -> str:
        """Every table of figures, one row per detector, as text ``0.87 (0.83–0.90)``."""
        parts = [f"{len(self.fake):,} accounts, {int(self.fake.sum()):,} fake. 95 % intervals over accounts."]
        for name, title in QUESTIONS.items():
            frame = getattr(self, name)
            if len(frame):
                parts += [f"## {title}", markdown_table(pivot(frame))]
        for group in self.groups["group"].unique():
            mine = self.groups[(self.groups["group"] == group) & (self.groups["figure"] == "AUROC")]
            named = mine.assign(figure=mine["name"] + " (" + mine["accounts"].astype(str) + ")")
            parts += [f"## AUROC by {group} (accounts compared)", markdown_table(pivot(named, by="figure"))]
        return "\n\n".join(parts) + "\n"


def evaluate(
    model: Any,
    dataset: Any,
    *,
    seed: int = 0,
    n_resamples: int = 1000,
    fdr: float = 0.05,
    threads: int | None = None,
) -> Evaluation:
    """Scores a labelled data set and compares with trivial baselines.

    Parameters
    ----------
    model
        An :class:`~fakeengage.models.Auditor` or the folder of one, which answers every question through
        :func:`fakeengage.score`; any other detector by its ``score(panel)`` and, where it has it,
        ``score_hours(panel)``; several of them by name; ``None`` is the shipped model. It must not have
        been fitted on these labels.
    dataset
        A simulated :class:`~fakeengage.Dataset`, a panel with labels, or anything with a ``panel`` and an
        ``accounts`` table that has ``is_fake``; accounts without a label are left out.
    seed
        Seed of the bootstrap and of the random baseline.
    n_resamples
        Resamples behind each interval.
    fdr
        False discovery rate of the flags.
    threads
        Threads to use; all cores by default. The figures do not depend on it.

    Returns
    -------
    Evaluation
        A table per question, each figure with its interval and beside trivial baselines.

    Raises
    ------
    ValueError
        If the data set lacks labels, or all accounts have the same.

    Examples
    --------
    >>> import fakeengage as fe
    >>> measured = fe.evaluate(None, fe.simulate(60, length=96, seed=2), n_resamples=20)
    >>> sorted(set(measured.hours["detector"]))
    ['Auditor', 'largest z', 'likes-per-view z', 'random', 'total volume']
    """
    truth = truth_of(dataset)
    bootstrap = Bootstrap(n_resamples, seed)
    detectors = model if isinstance(model, dict) else {_name(model): model}
    answers = {
        name: answers_of(detector, truth.panel, fdr=fdr, threads=threads)
        for name, detector in detectors.items()
    }
    flagged = next((a.flagged for a in answers.values() if a.flagged is not None), None)
    answers |= trivial_answers(truth, flagged, seed)
    return Evaluation(
        table=_frame(account_rows(truth, answers, bootstrap)),
        hours=_frame(hour_rows(truth, answers, bootstrap)),
        windows=_frame(window_rows(truth, answers, bootstrap)),
        volume=_frame(volume_rows(truth, answers, bootstrap)),
        attacks=_frame(kind_rows(truth, answers, bootstrap)),
        cohorts=_frame(cohort_rows(truth, answers, bootstrap)),
        groups=group_table(truth, answers, bootstrap),
        confusion=confusion_table(truth, answers),
        calibration=_calibration(truth.fake, answers, bootstrap),
        scores={name: a.scores for name, a in answers.items() if a.scores is not None},
        p_values={name: a.p_values for name, a in answers.items() if a.p_values is not None},
        fake=truth.fake,
    )


def _name(model: Any) -> str:
    if model is None or isinstance(model, str) or hasattr(model, "__fspath__"):
        return "Auditor"
    return type(model).__name__


def _frame(rows: list[Row]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(COLUMNS))


def _calibration(
    fake: NDArray[np.bool_], answers: Mapping[str, Answers], bootstrap: Bootstrap
) -> pd.DataFrame:
    import pandas as pd

    parts = []
    for name, mine in answers.items():
        if mine.probability is None:
            continue
        judged = ~np.isnan(mine.probability)
        if not judged.any():
            continue
        curve = reliability(
            fake[judged],
            mine.probability[judged],
            PRIOR,
            n_resamples=bootstrap.n_resamples,
            seed=bootstrap.seed,
        )
        curve.insert(0, "detector", name)
        parts.append(curve)
    columns = ["detector", "bin", "accounts", "predicted", "observed", "low", "high"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
