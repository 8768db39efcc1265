"""Which kind of fraud: the likeliest attack of an account, out of the net's logits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fakeengage.models.network import Answers


def best_attacks(attacks: Sequence[str], answers: Answers) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Name and probability of each account's likeliest attack, if it is a fake at all."""
    names = np.empty(len(answers.accounts), dtype=object)
    chances = np.full(len(names), np.nan)
    for i, row in enumerate(answers.accounts[:, 1 : 1 + len(attacks)].astype(np.float64).tolist()):
        if row and row[0] == row[0]:
            highest = max(row)
            names[i] = attacks[row.index(highest)]
            chances[i] = 1.0 / sum(math.exp(logit - highest) for logit in row)
    return names, chances
