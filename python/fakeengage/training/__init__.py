"""Training of the auditor on simulated platforms or on the user's own labelled data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from fakeengage.models.auditor import Auditor
from fakeengage.models.base import known_labels
from fakeengage.panel import Panel

if TYPE_CHECKING:
    from fakeengage.dataset import Dataset


def train(
    dataset: Dataset | Panel,
    out: str | os.PathLike[str] | None = None,
    *,
    seed: int = 0,
    threads: int | None = None,
) -> Auditor:
    """Trains on labelled accounts: a simulated data set, or a panel whose table had a ``label`` column.

    Parameters
    ----------
    dataset
        Accounts with labels, those without are left out; normal and fake ones are both needed, at
        least 200 normal ones.
    out
        Folder to save the model in; not saved when left out.
    seed
        Seed of the trees.
    threads
        Threads to use; all cores by default.

    Raises
    ------
    ValueError
        If labels are missing, or too few accounts are normal.

    Notes
    -----
    The convolution net of the shipped model stays as it is; trees, a linear model on what the net sees,
    the one-class distance and all calibration are fitted to the accounts given. To train a net too, on
    simulated platforms, see :func:`~fakeengage.training.auditor.train_auditor`.
    """
    if isinstance(dataset, Panel):
        panel = dataset
        if panel.is_fake is None or all(v is None for v in panel.is_fake):
            raise ValueError(
                "DATA: has no labels; add a column `label` with fake or normal for every account"
            )
        labels: ArrayLike = panel.is_fake
    else:
        panel, labels = dataset.panel, dataset.accounts["is_fake"]
    known, fake = known_labels(labels, len(panel))
    auditor = Auditor(seed=seed).fit(panel.select(known), fake, threads=threads)
    auditor.training = {
        "data": "labelled accounts",
        "accounts": len(fake),
        "fakes": int(fake.sum()),
        "seed": seed,
    }
    if out is not None:
        auditor.save(out)
    return auditor
