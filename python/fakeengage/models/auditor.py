"""The calibrated detector that ``score`` uses."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.calibration import Reference, check_enough, sigmoid, strata
from fakeengage.models.base import evidence_matrix, known_labels
from fakeengage.models.columns import align
from fakeengage.models.contributions import Contributions, contributions_of
from fakeengage.models.fitting import fit_curve, fit_head, usual_high
from fakeengage.models.gradient_boosting import GradientBoostingDetector
from fakeengage.models.localiser import Localiser
from fakeengage.models.network import Answers, Network
from fakeengage.models.peers import PeerModel
from fakeengage.models.rarity import Rarity
from fakeengage.models.store import Arrays, save_arrays
from fakeengage.panel import Panel

REFERENCE_PREVALENCE = 0.10
"""Share of fakes at which ``score`` is a probability."""

SHIPPED = Path(__file__).parent / "shipped"
"""The model inside the package."""

LEAST_PEERS = 60
"""Fewest organic accounts that a model can be calibrated on: their smallest p-value is then 1 / 61."""

TRANSFER_WEIGHTS = np.array([1.0, 0.2, 0.1])
"""Weights of net, boosting and distance in an auditor for data from anywhere.

Fitted to simulated accounts they would be .9, .6 and 0: on the training's own preset that is as good
(AUROC .92), on two foreign authors it costs .01 to .02, and of the recall at 1 % false positives a third.
"""

_FOLDS = 3


@dataclass(frozen=True)
class Part:
    """Accounts with their labels, to fit or calibrate on."""

    panel: Panel
    fake: NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """What an auditor finds in each account, from that account alone.

    Attributes
    ----------
    answers
        Outputs of the net: logits per account, outputs per step.
    hidden
        ``(n, n_hidden)``: what the net saw.
    features
        The feature matrix of the panel.
    parts
        ``(n, 3)``: logit of the net, logit of the boosting, distance from organic accounts.
    raw
        ``(n,)``: their weighted sum, before calibration.
    """

    answers: Answers
    hidden: NDArray[np.float64]
    features: NDArray[np.float64]
    parts: NDArray[np.float64]
    raw: NDArray[np.float64]


class Auditor:
    """Convolution net, boosting and one-class distance together, calibrated on organic accounts.

    Parameters
    ----------
    network
        Trained net, with hidden outputs; the one of the shipped model by default.
    attacks
        Names of the attacks that the net tells apart, in the order of its outputs.
    seed
        Seed of trees and folds.

    Notes
    -----
    The net reads the series, boosting the features; both know the attacks that they were shown. The
    distance of what the net saw from organic accounts also notices what nobody has shown them. Their
    weighted sum is compared with normal accounts of the same stratum (clock, metrics, length, volume) for
    p-values, and turned into a probability by a logistic curve fitted with fakes weighted to 10 %.
    Everything that :meth:`score` says of an account depends on that account alone.
    """

    kind = "auditor"
    network: Network
    attacks: tuple[str, ...]
    localiser: Localiser

    def __init__(
        self, network: Network | None = None, attacks: Sequence[str] | None = None, seed: int = 0
    ) -> None:
        self.localiser = Localiser.unfitted()
        if network is None:
            shipped = shipped_auditor()
            network, attacks, self.localiser = shipped.network, shipped.attacks, shipped.localiser
        self.network = network
        self.attacks = tuple(attacks or ())
        self.seed = seed
        self.boosting = GradientBoostingDetector(
            n_estimators=300,
            min_samples_leaf=40,
            seed=seed,
            monotone=None,
            context=False,
            feature_set="all",
        )
        self.rarity_: Rarity | None = None
        self.head_: NDArray[np.float64] | None = None
        self.weights_ = np.array([1.0, 0.0, 0.0])
        self.reference_: Reference | None = None
        self.curve_ = (0.0, 1.0)
        self.usual_high_: NDArray[np.float64] = np.empty(0)
        self.peers_: PeerModel | None = None
        self.training: dict[str, Any] = {}

    def fit(self, panel: Panel, labels: ArrayLike | None = None, *, threads: int | None = None) -> Auditor:
        """Fits on labelled accounts (true = fake); without labels `panel.is_fake` is used.

        Accounts whose label is None are left out. The net stays as it is: what it sees of an account
        becomes the input of a linear model, which a few hundred labels can teach.
        """
        given = panel.is_fake if labels is None else labels
        if given is None:
            raise ValueError(
                "labels: are needed to calibrate; give labels=, a `label` column, or a simulated data set"
            )
        known, fake = known_labels(given, len(panel))
        panel = panel.select(known)
        check_enough(strata(panel)[~fake])
        fewest = min(int(fake.sum()), int((~fake).sum()))
        if fewest < _FOLDS:
            raise ValueError(
                f"labels: {int(fake.sum())} fake and {int((~fake).sum())} normal accounts; "
                f"at least {_FOLDS} of each are needed"
            )
        parts = self._unseen(panel, fake, threads)
        self._learn(panel, fake, own_head=True, threads=threads)
        return self._calibrate([(panel, parts, fake)])

    def fit_parts(self, grown: Part, calibration: Sequence[Part], *, threads: int | None = None) -> Auditor:
        """Fits trees and distance on `grown`; other accounts, `calibration`, set p-values and probabilities.

        Neither may have been shown to the net.
        """
        self._learn(grown.panel, grown.fake, own_head=False, threads=threads)
        accounts = [(p.panel, self.evidence(p.panel, threads=threads).parts, p.fake) for p in calibration]
        return self._calibrate(accounts, TRANSFER_WEIGHTS)

    def _learn(
        self, panel: Panel, fake: NDArray[np.bool_], *, own_head: bool, threads: int | None = None
    ) -> None:
        features = evidence_matrix(panel, threads=threads)
        hidden = self.network.hidden_of(self.network.answer(panel, threads=threads))
        self.boosting.fit_features(panel, features, fake)
        self.rarity_ = Rarity.fit(hidden[~fake])
        self.head_ = fit_head(hidden, fake) if own_head else None
        # What an ordinary account hardly ever exceeds: the yardstick of the reasons.
        self.usual_high_ = usual_high(align(panel.metrics, features[~fake], self.boosting.columns_))

    def _unseen(self, panel: Panel, fake: NDArray[np.bool_], threads: int | None) -> NDArray[np.float64]:
        """Parts of each account by models fitted on the other two thirds."""
        from sklearn.model_selection import StratifiedKFold

        out = np.empty((len(panel), 3))
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=self.seed)
        for train, test in folds.split(np.zeros(len(fake)), fake):
            self._learn(panel.select(train), fake[train], own_head=True, threads=threads)
            out[test] = self.evidence(panel.select(test), threads=threads).parts
        return out

    def _calibrate(
        self,
        accounts: list[tuple[Panel, NDArray[np.float64], NDArray[np.bool_]]],
        weights: NDArray[np.float64] | None = None,
    ) -> Auditor:
        """Weights of the parts, p-values and probabilities from accounts that were not learnt from."""
        from sklearn.linear_model import LogisticRegression

        parts = np.concatenate([p for _, p, _ in accounts])
        fake = np.concatenate([y for _, _, y in accounts])
        stratum = np.concatenate([strata(panel) for panel, _, _ in accounts])
        judged = stratum >= 0
        if not fake[judged].any() or fake[judged].all():
            raise ValueError("labels: both fake and normal accounts are needed to calibrate")
        if weights is None:
            model = LogisticRegression(class_weight="balanced", max_iter=500)
            model.fit(parts[judged], fake[judged])
            # A part may not speak in favour of an account that it finds suspicious.
            weights = np.maximum(model.coef_[0], 0.0)
        self.weights_ = weights
        raw = self._raw(parts)
        normal = judged & ~fake
        self.reference_ = Reference.of(raw[normal], stratum[normal])
        evidence = self.reference_.evidence(raw[judged], stratum[judged])
        self.curve_ = fit_curve(evidence, fake[judged], REFERENCE_PREVALENCE)
        return self

    def evidence(self, panel: Panel, *, threads: int | None = None) -> Evidence:
        """What the auditor finds in each account of a panel."""
        answers = self.network.answer(panel, threads=threads)
        hidden = self.network.hidden_of(answers)
        features = evidence_matrix(panel, threads=threads)
        parts = np.zeros((len(panel), 3))
        parts[:, 0] = self._net_logits(answers, hidden)
        if self.rarity_ is not None:
            parts[:, 1] = self.boosting.score_features(panel, features, threads=threads)
            parts[:, 2] = self.rarity_.score(hidden)
        return Evidence(answers, hidden, features, parts, self._raw(parts))

    def _net_logits(self, answers: Answers, hidden: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.head_ is None:
            logits = np.nan_to_num(answers.accounts[:, 0].astype(np.float64)).tolist()
        else:
            logits = [float(self.head_[1:] @ row + self.head_[0]) for row in hidden]
        # Far out a logit says how unlike training an account is, not how likely to be a fake.
        return np.array([math.asinh(v) for v in logits])

    def _raw(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        a, b, c = self.weights_.tolist()
        return np.array([a * x + b * y + c * z for x, y, z in parts.tolist()])

    @property
    def reference(self) -> Reference:
        """Scores of organic accounts; a ValueError before ``fit``."""
        if self.reference_ is None:
            raise ValueError(
                "detector: is not fitted; call fit(panel, labels) or fe.load_model(folder) first"
            )
        return self.reference_

    @property
    def calibrated_on_peers(self) -> bool:
        """Whether the user's own organic accounts set the p-values."""
        return self.peers_ is not None

    def judgement(self, found: Evidence) -> NDArray[np.float64]:
        """Scores that the reference knows: raw ones, or those against the user's own organic accounts."""
        return found.raw if self.peers_ is None else self.peers_.score(found.hidden, found.raw)

    def contributions(
        self, panel: Panel, features: NDArray[np.float64], *, threads: int | None = None
    ) -> Contributions:
        """What each feature adds to the raw score by way of the trees, in logits; exact Shapley values.

        What the net sees has no feature's name; windows tell it.
        """
        return contributions_of(self.boosting, panel, features, threads=threads).times(
            float(self.weights_[1])
        )

    def score_features(
        self, panel: Panel, features: NDArray[np.float64], *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """What the trees add to the raw score, from features already extracted; the net reads no features."""
        scores: NDArray[np.float64] = self.boosting.score_features(panel, features, threads=threads)
        return float(self.weights_[1]) * scores

    def probabilities(self, raw: NDArray[np.float64], stratum: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probability of fraud at the reference prevalence of 10 %; NaN where not judged."""
        intercept, slope = self.curve_
        return sigmoid(intercept + slope * self.reference.evidence(raw, self._known_strata(stratum)))

    def p_values(self, raw: NDArray[np.float64], stratum: NDArray[np.int64]) -> NDArray[np.float64]:
        """Conformal p-values against organic accounts of the same stratum."""
        return self.reference.p_values(raw, self._known_strata(stratum))

    def _known_strata(self, stratum: NDArray[np.int64]) -> NDArray[np.int64]:
        return stratum if self.peers_ is None else np.minimum(stratum, 0)

    def score(self, panel: Panel) -> NDArray[np.float64]:
        """Probability of fraud of each account, from its own series alone; NaN where not judged."""
        return self.probabilities(self.judgement(self.evidence(panel)), strata(panel))

    def score_hours(self, panel: Panel) -> NDArray[np.float32]:
        """``(n_accounts, n_steps)`` logits that something was changed in a step, on the common clock."""
        return self.network.dense_hours(panel, self.network.answer(panel))[:, :, 0]

    def calibrate(self, organic: Panel, *, seed: int = 0, threads: int | None = None) -> Auditor:
        """An auditor for the platform of `organic`: p-values and scores against its own accounts.

        Parameters
        ----------
        organic
            Presumed organic accounts, at least :data:`LEAST_PEERS`; a few hundred serve well. Fakes among
            them cost power, not validity.
        seed
            Seed of the windows planted into copies of them.
        threads
            Threads to use.

        Returns
        -------
        Auditor
            A new one; this one stays as it is.

        Raises
        ------
        ValueError
            If too few of the accounts can be judged.
        """
        judged = strata(organic) >= 0
        if judged.sum() < LEAST_PEERS:
            raise ValueError(
                f"organic: {int(judged.sum())} accounts can be judged; at least {LEAST_PEERS} are needed"
            )
        organic = organic.select(judged)
        found = self.evidence(organic, threads=threads)
        peers, unseen = PeerModel.fit(
            organic, found.hidden, found.raw, self.network, seed=seed, threads=threads
        )
        settings, arrays = self.to_arrays()
        new = Auditor.from_arrays(settings, arrays)
        new.peers_ = peers
        new.reference_ = Reference.of_one_kind(unseen)
        new.training = {**self.training, "calibrated_on": {"organic_accounts": len(organic), "seed": seed}}
        return new

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Saves the model as a folder of numbers."""
        settings, arrays = self.to_arrays()
        return save_arrays(folder, self.kind, settings, arrays)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Settings and arrays that make the model whole."""
        reference, rarity = self.reference, self.rarity_
        assert rarity is not None
        settings: dict[str, Any] = {
            "attacks": list(self.attacks),
            "curve": list(self.curve_),
            "prevalence": REFERENCE_PREVALENCE,
            "seed": self.seed,
            "training": self.training,
            "weights": self.weights_.tolist(),
        }
        arrays: Arrays = reference.to_arrays() | {"usual_high": self.usual_high_}
        settings["boosting"], trees = self.boosting.to_arrays()
        groups = {
            "boosting": trees,
            "localiser": self.localiser.to_arrays(),
            "network": self.network.to_arrays(),
            "rarity": rarity.to_arrays(),
        }
        if self.peers_ is not None:
            groups["peers"] = self.peers_.to_arrays()
        for name, part in groups.items():
            arrays |= {f"{name}.{key}": values for key, values in part.items()}
        if self.head_ is not None:
            arrays["head"] = self.head_
        return settings, arrays

    @classmethod
    def from_arrays(cls, settings: dict[str, Any], arrays: Arrays) -> Auditor:
        """A model out of a saved folder."""

        def parts(name: str) -> Arrays:
            return {k.partition(".")[2]: v for k, v in arrays.items() if k.startswith(name + ".")}

        attacks = [str(name) for name in settings["attacks"]]
        auditor = cls(Network.from_arrays(parts("network")), attacks, int(settings["seed"]))
        if auditor.network.n_account_outputs != 1 + len(attacks) + auditor.network.n_hidden:
            raise ValueError("model: its net does not tell its attacks apart; retrain")
        auditor.boosting = GradientBoostingDetector.from_arrays(settings["boosting"], parts("boosting"))
        auditor.rarity_ = Rarity.from_arrays(parts("rarity"), auditor.network.n_hidden)
        auditor.localiser = Localiser.from_arrays(parts("localiser"))
        auditor.head_ = arrays.get("head")
        if auditor.head_ is not None and auditor.head_.shape != (1 + auditor.network.n_hidden,):
            raise ValueError("model: its head does not fit its net; retrain")
        auditor.weights_ = np.array([float(w) for w in settings["weights"]])
        auditor.reference_ = Reference.from_arrays(arrays)
        auditor.curve_ = (float(settings["curve"][0]), float(settings["curve"][1]))
        auditor.usual_high_ = arrays["usual_high"]
        peers = parts("peers")
        auditor.peers_ = PeerModel.from_arrays(peers) if peers else None
        auditor.training = dict(settings["training"])
        return auditor


@lru_cache(maxsize=1)
def shipped_auditor() -> Auditor:
    """The model that comes with the package, read once: a reader's copy, not to be fitted."""
    from fakeengage.models import load_model

    loaded: Auditor = load_model(SHIPPED)
    return loaded
