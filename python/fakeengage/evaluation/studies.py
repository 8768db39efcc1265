"""Does it hold elsewhere? Attacks, worlds and presets that training did not see, and fewer accounts.

Each study takes a factory of detectors, ``make_detector()`` with ``fit(panel, labels)`` and
``score(panel)``, or several by name, and puts the trivial baselines beside them. All figures are of accounts
that training did not see; rows carry their seed, and :func:`~fakeengage.evaluation.seeds.over_seeds` makes
means of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fakeengage.baselines import trivial_scores
from fakeengage.evaluation.seeds import TEST_SEEDS, Say, by_name, simulated
from fakeengage.ranking import FIGURES
from fakeengage.splits import AccountSplit, LeaveOneWorldOut

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.dataset import Dataset
    from fakeengage.panel import Panel

Bools = NDArray[np.bool_]
Factory = Callable[[], Any]
Factories = Factory | Mapping[str, Factory]

STUDY_FIGURES = ("AUROC", "AUPRC", "recall at 1 % false positives")
ALL_SEEN = "all attacks seen"
TRAININGS = ("labels", "none", "normals")


def cross_validation(
    make_detector: Factories,
    *,
    seeds: Iterable[int] = range(6),
    n_users: int = 500,
    preset: str = "published",
    training: str = "labels",
    n_splits: int = 5,
    say: Say | None = None,
) -> pd.DataFrame:
    """Detectors trained on accounts of the platform that they are tested on.

    Parameters
    ----------
    make_detector
        Factory, or several by name.
    seeds, n_users, preset
        What is simulated, one platform per seed.
    training
        ``labels``: folds that keep cohorts and owners whole, fitted with labels; ``normals``: the same
        folds, fitted on the normal accounts of each; ``none``: fitted once on all accounts without labels,
        and judged on the same ones, as the published baseline is.
    n_splits
        Number of folds.
    say
        Is told of each seed.

    Returns
    -------
    pandas.DataFrame
        ``detector, seed, figure, value``.

    Raises
    ------
    ValueError
        If `training` is none of the three.
    """
    if training not in TRAININGS:
        raise ValueError(f"training: {training!r} is not allowed; one of {', '.join(TRAININGS)}")
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        _tell(say, f"{preset}, seed {seed}, training on {training}")
        data = simulated(preset, seed, n_users)
        fake = _fake(data)
        scores = trivial_scores(data.panel, seed)
        folds = list(AccountSplit(n_splits, seed=seed).split(data))
        for name, make in by_name(make_detector).items():
            if training == "none":
                scores[name] = _scores(make().fit(data.panel), data.panel)
                continue
            out = np.empty(len(fake))
            for train, test in folds:
                if training == "normals":
                    detector = make().fit(data.panel[train[~fake[train]]])
                else:
                    detector = make().fit(data.panel[train], fake[train])
                out[test] = _scores(detector, data.panel[test])
            scores[name] = out
        rows += _rows(fake, scores, {"seed": seed})
    return _frame(rows, ["seed"])


def leave_one_attack_out(
    make_detector: Factories,
    *,
    seeds: Iterable[int] = range(4),
    n_users: int = 1000,
    n_test: int = 1000,
    preset: str = "published",
    test_preset: str | None = None,
    say: Say | None = None,
) -> pd.DataFrame:
    """Each attack as it looks to a detector that has never seen it.

    Trained on one platform without the fakes of one attack, tested on another: the fakes of that attack
    against all normals. ``all attacks seen`` in column ``training`` is the same test after training with it.

    Parameters
    ----------
    make_detector
        Factory, or several by name.
    seeds
        Seeds of training platforms; those of the tests lie :data:`~fakeengage.evaluation.seeds.TEST_SEEDS`
        above them.
    n_users, n_test
        Accounts to train on and to test.
    preset, test_preset
        Presets of both; the same when left out.
    say
        Is told of each fit.

    Returns
    -------
    pandas.DataFrame
        ``detector, attack, training, seed, figure, value``; baselines learn nothing, so their rows say
        ``none``.
    """
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        data = simulated(preset, seed, n_users)
        test = simulated(test_preset or preset, seed + TEST_SEEDS, n_test)
        attack, attack_tested = (d.accounts["attack"].to_numpy(dtype=object) for d in (data, test))
        fake, fake_tested = _fake(data), _fake(test)
        attacks = sorted({str(a) for a in attack_tested[fake_tested]})
        compared = {name: ~fake_tested | (attack_tested == name) for name in attacks}
        trivial = trivial_scores(test.panel, seed)
        for name, use in compared.items():
            rows += _rows(
                fake_tested[use],
                {k: v[use] for k, v in trivial.items()},
                {"attack": name, "training": "none", "seed": seed},
            )
        for detector, make in by_name(make_detector).items():
            for held_out in (None, *attacks):
                _tell(say, f"{detector}, seed {seed}, without {held_out or 'nothing'}")
                kept = attack != held_out if held_out else np.ones(len(attack), dtype=bool)
                fitted = make().fit(data.panel[kept], fake[kept])
                scores = _scores(fitted, test.panel)
                for name in attacks if held_out is None else (held_out,):
                    use = compared[name]
                    training = "without it" if held_out else ALL_SEEN
                    about = {"attack": name, "training": training, "seed": seed}
                    rows += _rows(fake_tested[use], {detector: scores[use]}, about)
    return _frame(rows, ["attack", "training", "seed"])


def leave_one_world_out(
    make_detector: Factories,
    *,
    seeds: Iterable[int] = range(2),
    n_users: int = 2000,
    n_worlds: int = 20,
    preset: str = "realistic",
    say: Say | None = None,
) -> pd.DataFrame:
    """Each world as it looks to a detector trained on the others, beside one trained on it as well.

    Parameters
    ----------
    make_detector
        Factory, or several by name.
    seeds, n_users, n_worlds, preset
        What is simulated: so many accounts on so many platforms.
    say
        Is told of each fit.

    Returns
    -------
    pandas.DataFrame
        ``detector, world, training, seed, figure, value``: figures within each world; ``training`` is
        ``without it``, ``worlds seen`` (five folds of accounts of all worlds) or, for baselines, ``none``.
    """
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        data = simulated(preset, seed, n_users, n_worlds=n_worlds)
        fake, world = _fake(data), data.accounts["world"].to_numpy()
        trivial = trivial_scores(data.panel, seed)
        rows += _by_world(fake, trivial, world, {"training": "none", "seed": seed})
        for name, make in by_name(make_detector).items():
            for training, split in (
                ("without it", LeaveOneWorldOut()),
                ("worlds seen", AccountSplit(5, seed=seed)),
            ):
                out = np.empty(len(fake))
                for train, test in split.split(data):
                    _tell(say, f"{name}, seed {seed}, {training}, {len(train)} accounts")
                    out[test] = _scores(make().fit(data.panel[train], fake[train]), data.panel[test])
                rows += _by_world(fake, {name: out}, world, {"training": training, "seed": seed})
    return _frame(rows, ["world", "training", "seed"])


def cross_preset(
    make_detector: Factories,
    *,
    presets: Sequence[str] = ("published", "realistic", "evasive", "blatant"),
    seeds: Iterable[int] = range(3),
    n_users: int = 1000,
    n_test: int = 1000,
    n_worlds: int = 10,
    say: Say | None = None,
) -> pd.DataFrame:
    """Trained on one preset, tested on accounts of another.

    Parameters
    ----------
    make_detector
        Factory, or several by name.
    presets
        Presets to train on and to test.
    seeds
        Seeds of training data; tests lie above them as in :func:`leave_one_attack_out`.
    n_users, n_test, n_worlds
        Accounts to train on and to test, each on so many platforms.
    say
        Is told of each fit.

    Returns
    -------
    pandas.DataFrame
        ``detector, trained_on, tested_on, seed, figure, value``; ``trained_on`` is ``nothing`` for baselines.
    """
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        tests = {p: simulated(p, seed + TEST_SEEDS, n_test, n_worlds=n_worlds) for p in presets}
        for name, test in tests.items():
            about = {"trained_on": "nothing", "tested_on": name, "seed": seed}
            rows += _rows(_fake(test), trivial_scores(test.panel, seed), about)
        for trained_on in presets:
            data = simulated(trained_on, seed, n_users, n_worlds=n_worlds)
            for detector, make in by_name(make_detector).items():
                _tell(say, f"{detector}, seed {seed}, {trained_on}")
                fitted = make().fit(data.panel, _fake(data))
                for name, test in tests.items():
                    about = {"trained_on": trained_on, "tested_on": name, "seed": seed}
                    rows += _rows(_fake(test), {detector: _scores(fitted, test.panel)}, about)
    return _frame(rows, ["trained_on", "tested_on", "seed"])


def learning_curve(
    make_detector: Factories,
    *,
    sizes: Sequence[int] = (200, 500, 1000, 2000, 4000),
    seeds: Iterable[int] = range(3),
    n_test: int = 1000,
    preset: str = "published",
    say: Say | None = None,
) -> pd.DataFrame:
    """What more labelled accounts bring: the first n of one platform, tested on another.

    Parameters
    ----------
    make_detector
        Factory, or several by name.
    sizes
        Numbers of accounts to train on.
    seeds, n_test, preset
        As in :func:`leave_one_attack_out`.
    say
        Is told of each fit.

    Returns
    -------
    pandas.DataFrame
        ``detector, accounts, seed, figure, value``; baselines are trained on 0 accounts.
    """
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        data = simulated(preset, seed, max(sizes))
        test = simulated(preset, seed + TEST_SEEDS, n_test)
        fake, fake_tested = _fake(data), _fake(test)
        rows += _rows(fake_tested, trivial_scores(test.panel, seed), {"accounts": 0, "seed": seed})
        for detector, make in by_name(make_detector).items():
            for n in sizes:
                _tell(say, f"{detector}, seed {seed}, {n} accounts")
                fitted = make().fit(data.panel[:n], fake[:n])
                scores = {detector: _scores(fitted, test.panel)}
                rows += _rows(fake_tested, scores, {"accounts": n, "seed": seed})
    return _frame(rows, ["accounts", "seed"])


def _by_world(
    fake: Bools, scores: Mapping[str, NDArray[np.float64]], world: NDArray[Any], about: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for w in np.unique(world):
        mine = world == w
        yield from _rows(fake[mine], {k: v[mine] for k, v in scores.items()}, {"world": int(w)} | about)


def _rows(
    fake: Bools, scores: Mapping[str, NDArray[np.float64]], about: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """One row per detector and figure."""
    for detector, values in scores.items():
        for figure in STUDY_FIGURES:
            yield {
                "detector": detector,
                **about,
                "figure": figure,
                "value": FIGURES[figure](fake, values),
            }


def _scores(detector: Any, panel: Panel) -> NDArray[np.float64]:
    """Scores; accounts that cannot be judged rank last."""
    scores = np.asarray(detector.score(panel), dtype=np.float64)
    return np.where(np.isnan(scores), -np.inf, scores)


def _fake(data: Dataset) -> Bools:
    return data.accounts["is_fake"].to_numpy(dtype=bool)


def _frame(rows: list[dict[str, Any]], keys: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=["detector", *keys, "figure", "value"])


def _tell(say: Say | None, what: str) -> None:
    if say is not None:
        say(what)
