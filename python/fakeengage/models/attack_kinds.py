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
            shares = softmax(row)
            best = max(range(len(row)), key=shares.__getitem__)
            names[i], chances[i] = attacks[best], shares[best]
    return names, chances


def softmax(logits: Sequence[float]) -> list[float]:
    """Probabilities of logits."""
    highest = max(logits)
    sizes = [math.exp(v - highest) for v in logits]
    return [size / sum(sizes) for size in sizes]
