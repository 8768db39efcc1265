"""Which kind: the guessed attack against the true one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from fakeengage.evaluation.answers import Answers
from fakeengage.evaluation.rows import Bootstrap, Row, row
from fakeengage.evaluation.truth import Truth

if TYPE_CHECKING:
    import pandas as pd


def kind_rows(truth: Truth, answers: Mapping[str, Answers], bootstrap: Bootstrap) -> list[Row]:
    """Which kind: how often the best guess is the attack; ``unknown`` counts as wrong."""
    true = truth.column("attack")
    if true is None:
        return []
    rows: list[Row] = []
    for name, mine in answers.items():
        if mine.attack is None:
            continue
        right = np.where(truth.fake, (mine.attack == true).astype(float), np.nan)
        rows.append(row(name, "attack right, all fakes", bootstrap.mean(right)))
        if mine.among is not None:
            rows.append(row(name, "attack right, flagged fakes", bootstrap.mean(right[mine.among])))
            unknown = np.array([guess in (None, "unknown") for guess in mine.attack], dtype=float)
            rows.append(
                row(name, "attack unknown, flagged fakes", bootstrap.mean(unknown[mine.among & truth.fake]))
            )
    return rows


def confusion_table(truth: Truth, answers: Mapping[str, Answers]) -> pd.DataFrame:
    """``detector, attack, guess, accounts``: what flagged accounts are called; normals as ``none``."""
    import pandas as pd

    true = truth.column("attack")
    parts = []
    for name, mine in answers.items():
        if true is None or mine.attack is None or mine.flagged is None:
            continue
        frame = pd.DataFrame({"attack": true[mine.flagged], "guess": mine.attack[mine.flagged]})
        counted = frame.fillna("none").value_counts(sort=False).rename("accounts").reset_index()
        counted.insert(0, "detector", name)
        parts.append(counted.sort_values(["attack", "guess"], ignore_index=True))
    columns = ["detector", "attack", "guess", "accounts"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
