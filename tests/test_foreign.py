"""Data from elsewhere: attacks put into real series, foreign generators, and how transfer is measured."""

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.ranking import auprc
from foreign import World, real
from foreign.injection import DAY, KINDS, inject, kinds_for
from foreign.measure import Scorer, alarms_table, average_precision, show, transfer_table
from foreign.real import Labelled
from foreign.rules import largest_trailing_z, median_z, raw_counts, trailing_z
from foreign.targets import Target, generators, labelled

THREE = ("views", "likes", "comments")
HOURS = np.arange(336)
RealData = Callable[[str], Path]


def organic_block(seed: int = 0, metrics: tuple[str, ...] = THREE) -> np.ndarray:
    """Two weeks with a daily cycle and a gap, from midnight on."""
    cycle = 1 + 0.6 * np.sin(2 * np.pi * (HOURS % DAY - 9) / DAY)
    rates = np.outer([400.0, 40.0, 4.0][: len(metrics)], cycle)
    block = np.random.default_rng(seed).poisson(rates).astype(np.float32)
    block[:, 100:110] = np.nan
    return block


def added(kind: str, seed: int, metrics: tuple[str, ...] = THREE) -> tuple[np.ndarray, np.ndarray]:
    """What an attack adds to a block, missing hours as zero; and the block."""
    block = organic_block(seed, metrics)
    attacked = inject(block, metrics, kind, np.random.default_rng(seed))
    return np.nan_to_num(attacked - block).astype(np.float64), block


# --- attacks ---


@pytest.mark.parametrize("kind", KINDS)
def test_an_attack_changes_part_of_a_series_by_whole_counts(kind: str) -> None:
    for seed in range(8):
        change, block = added(kind, seed)
        assert change.any()
        assert (change == np.round(change)).all()
        assert not change[:, : len(HOURS) // 8].any(), "the first hours of a post are its own"
        assert (change.any(axis=0)).mean() < 0.7, "some clean days are left to compare with"
        again = inject(block, THREE, kind, np.random.default_rng(seed))
        assert np.array_equal(np.nan_to_num(again - block), change)
        assert np.array_equal(np.isnan(again), np.isnan(block)), "what is missing stays missing"


@pytest.mark.parametrize("kind", kinds_for(["likes"], clock=False))
@pytest.mark.parametrize("n_steps", [14, 48])
def test_short_sparse_series_without_a_clock_can_be_attacked(kind: str, n_steps: int) -> None:
    sparse = np.zeros((1, n_steps), dtype=np.float32)
    sparse[0, :3] = 20
    for seed in range(8):
        out = inject(sparse, ["likes"], kind, np.random.default_rng(seed), clock=False)
        assert (out != sparse).any()
        # An order has a smallest size, except for the noise of its delivery.
        assert np.maximum(out - sparse, 0).sum() >= 15


def test_likes_alone_move_while_other_metrics_stay() -> None:
    moved = {tuple(np.flatnonzero(added("likes only", seed)[0].any(axis=1))) for seed in range(40)}
    assert moved == {(1,), (2,)}


def test_a_purge_takes_back_no_more_than_it_delivered() -> None:
    for seed in range(10):
        change, _ = added("purge", seed)
        delivered, taken = np.maximum(change, 0).sum(axis=1), -np.minimum(change, 0).sum(axis=1)
        assert taken[0] > 0
        assert (taken <= delivered).all()
        first_cut = np.flatnonzero(change[0] < 0)[0]
        assert (change[0] > 0).any()
        assert np.flatnonzero(change[0] > 0)[0] < first_cut


def test_a_source_without_corrections_gets_none() -> None:
    lowest = []
    for corrections in (True, False):
        rng = np.random.default_rng(4)
        lowest.append(np.nanmin(inject(organic_block(), THREE, "purge", rng, corrections=corrections)))
    assert lowest[0] < 0 <= lowest[1]


def test_drips_add_the_share_that_their_name_states() -> None:
    for share in (25, 50, 100):
        rates = []
        for seed in range(30):
            change, block = added(f"drip +{share} %", seed, ("views",))
            inside = slice(*(np.flatnonzero(change[0])[[0, -1]] + [0, 1]))
            # A comb ends with its last run, and the gap swallows a part: compare with whole days around.
            rates.append(change[0, inside].sum() / np.nansum(block[0, inside]))
        assert np.median(rates) == pytest.approx(share / 100, rel=0.25)


def test_off_peak_deliveries_come_at_quiet_hours_and_mimicry_at_busy_ones() -> None:
    busy = np.sin(2 * np.pi * (HOURS % DAY - 9) / DAY) > 0
    for kind, low, high in (("off-peak", 0.0, 0.02), ("mimicry", 0.65, 1.0)):
        changes = sum(added(kind, seed)[0][0] for seed in range(10))
        assert low <= changes[busy].sum() / changes.sum() <= high


def test_an_attack_that_does_not_fit_is_refused_by_name() -> None:
    block, rng = organic_block(), np.random.default_rng(0)
    for kind, metrics, clock in (
        ("none", THREE, True),
        ("likes only", ["likes"], True),
        ("off-peak", THREE, False),
    ):
        with pytest.raises(ValueError, match=f"kind: '{kind}'"):
            inject(block[: len(metrics)], metrics, kind, rng, clock=clock)
    with pytest.raises(ValueError, match="no count is known"):
        inject(np.full((1, 50), np.nan), ["likes"], "burst", rng)


def test_nothing_foreign_knows_how_this_project_simulates() -> None:
    for path in Path(real.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                simulates = ("simulation", "attacks", "presets", "dataset", "estimation")
                assert not module.startswith(tuple(f"fakeengage.{name}" for name in simulates)), path
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"simulate", "simulate_range", "simulate_batches"}, path


# --- foreign generators ---


@pytest.mark.parametrize("name", sorted(generators()))
def test_a_foreign_world_is_what_it_says(name: str) -> None:
    make = generators()[name]
    world = make(48, 0.25, 3)
    assert world.counts.shape == world.clean.shape == (48, 336, 4)
    assert (world.counts == np.round(world.counts)).all()
    assert world.is_fake.sum() == 12
    assert np.array_equal(world.mask.any(axis=(1, 2)), world.is_fake), "changed exactly where fake"
    assert np.array_equal([kind is not None for kind in world.attack], world.is_fake)
    assert np.array_equal(make(48, 0.25, 3).counts, world.counts)
    assert not np.array_equal(make(48, 0.25, 4).counts, world.counts)


# --- real series ---


def test_twins_of_real_series_differ_only_by_the_attack(real_data: RealData) -> None:
    real_data("youtube_sakamichi.csv.gz")
    untouched, *attacked = real.twins("youtube_sakamichi", most=8, seed=1)
    assert [part.attack[0] for part in attacked] == kinds_for(untouched.panel.metrics, clock=True)
    assert not untouched.is_fake.any()
    for part in attacked:
        assert part.is_fake.all()
        assert all(cells.any() for cells in part.mask)
        assert np.array_equal(part.clean.data, untouched.panel.data, equal_nan=True)
        assert np.array_equal(part.source, untouched.source)
    few = real.twins("youtube_sakamichi", most=8, seed=1)[1]
    assert np.array_equal(few.panel.data, attacked[0].panel.data, equal_nan=True)


def test_each_series_is_attacked_in_one_half_and_left_in_the_other(real_data: RealData) -> None:
    real_data("uci_news_facebook.csv.gz")
    one, other = real.halves("uci_news_facebook", most=20, draws=1, seed=2)
    assert np.array_equal(one.is_fake, ~other.is_fake)
    for part in (one, other):
        assert np.array_equal([cells.any() for cells in part.mask], part.is_fake)
        assert len(set(part.attack[part.is_fake])) == len(kinds_for(part.panel.metrics, clock=False))


def test_windows_of_news_are_no_part_of_organic_series(real_data: RealData) -> None:
    real_data("nab_tweets.csv.gz")
    calm, _ = real.organic("nab_tweets")
    news, _ = real.organic("nab_tweets", news=True)
    assert len(calm) > len(news) > 20
    n_hidden = np.isnan(calm.data).sum() - np.isnan(real.whole("nab_tweets").data).sum()
    assert n_hidden >= 33 * 24
    hidden = {
        (int(calm.starts[i]), str(calm.owner_ids[i]))
        for i in range(len(calm))
        if np.isnan(calm.block(i)).any()
    }
    assert hidden == {(int(news.starts[i]), str(news.owner_ids[i])) for i in range(len(news))}


def test_suspected_repositories_are_no_part_of_organic_series(real_data: RealData) -> None:
    real_data("starscout_monthly.csv.gz")
    whole, (part, months) = real.whole("starscout_monthly"), real.suspected()
    assert part.is_fake.sum() == np.sum(whole.is_fake.astype(bool))
    assert sum(inside.sum() for inside in months) >= len(whole.label_windows)
    organic, source = real.organic("starscout_monthly", most=5000)
    assert not part.is_fake[source].any()
    assert len(set(organic.owner_ids)) == len(organic) > 500


# --- measuring ---


def world(n: int = 60, n_fake: int = 20) -> World:
    """Flat accounts; fakes get one loud hour."""
    rng = np.random.default_rng(7)
    clean = rng.poisson(50, (n, 72, 4)).astype(np.float32)
    counts, fake = clean.copy(), np.arange(n) < n_fake
    counts[fake, 40:44] += 200
    attack = np.where(fake, np.where(np.arange(n) % 2, "loud", "louder"), None)
    return World(counts, clean, fake, attack, np.full(n, None))


def twin_target(n: int = 12) -> Target:
    """Accounts untouched and attacked, each owner having three."""
    panel = fe.Panel.from_arrays(world(n, n).clean)
    attacked = fe.Panel.from_arrays(world(n, n).counts)
    none, source = np.full(n, None), np.arange(n) // 3
    return Target(
        "twins",
        (
            Labelled(panel, panel, np.zeros(n, bool), none, source),
            Labelled(attacked, panel, np.ones(n, bool), np.full(n, "loud"), source),
        ),
        batch=False,
    )


def value(table, scorer: str, figure: str) -> float:
    rows = table[(table["scorer"] == scorer) & (table["figure"] == figure)]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


def largest(panel: fe.Panel) -> np.ndarray:
    return np.array([np.nanmax(panel.block(i)) for i in range(len(panel))])


def test_a_scorer_that_knows_is_told_from_one_that_does_not() -> None:
    target = Target("flat", (labelled(world()),))
    scorers = {"knows": largest, "constant": lambda panel: np.ones(len(panel))}
    table = transfer_table(scorers, [target], n_resamples=20)
    for figure in ("AUROC", "AUPRC", "recall at 1 %", "AUROC, loud", "AUROC, louder"):
        assert value(table, "knows", figure) == pytest.approx(1.0)
    assert value(table, "constant", "AUROC") == 0.5
    assert value(table, "constant", "AUPRC") == pytest.approx(20 / 60)
    bounded = table[table["low"].notna()]
    assert len(bounded) == 6
    below, above = bounded["value"] - bounded["low"], bounded["high"] - bounded["value"]
    assert min(below.min(), above.min()) > -1e-9
    assert "flat: 60 series, 20 fake" in show(table)


def test_an_account_that_is_not_judged_ranks_last() -> None:
    target = Target("flat", (labelled(world()),))
    fake = target.fake
    for scores, expected in ((np.where(fake, np.nan, 0.0), 0.0), (np.where(fake, 0.0, np.nan), 1.0)):
        table = transfer_table({"some": lambda _, s=scores: s}, [target], n_resamples=0)
        assert value(table, "some", "AUROC") == expected


def test_twins_never_share_a_batch() -> None:
    asked: list[int] = []

    def batch(panel: fe.Panel) -> np.ndarray:
        asked.append(len(panel))
        return largest(panel)

    targets = [twin_target(), Target("flat", (labelled(world()),))]
    table = transfer_table({"alone": largest}, targets, batch={"batch": batch}, n_resamples=0)
    assert asked == [60]
    assert set(table[table["target"] == "twins"]["scorer"]) == {"alone"}


def test_twins_of_known_organic_accounts_are_not_examined() -> None:
    sizes: list[int] = []

    def calibrate(organic: fe.Panel) -> Scorer:
        sizes.append(len(organic))
        return lambda panel: (sizes.append(len(panel)), largest(panel))[1]

    transfer_table({}, [twin_target(150)], calibrators={"calibrated": calibrate}, n_resamples=0)
    # 25 of 50 owners are known; of the others both the untouched and the attacked are examined.
    assert sizes == [75, 75, 75] * 3
    sizes.clear()
    transfer_table({}, [twin_target(12)], calibrators={"calibrated": calibrate}, n_resamples=0)
    assert sizes == [], "six normal accounts are too few to calibrate on"


def test_known_organic_accounts_are_not_examined() -> None:
    known: list[set[bytes]] = []
    examined: list[set[bytes]] = []

    def calibrate(organic: fe.Panel) -> Scorer:
        known.append({organic.block(i).tobytes() for i in range(len(organic))})

        def score(panel: fe.Panel) -> np.ndarray:
            examined.append({panel.block(i).tobytes() for i in range(len(panel))})
            return largest(panel)

        return score

    target = Target("flat", (labelled(world(150, 20)),))
    table = transfer_table({}, [target], calibrators={"calibrated": calibrate}, n_resamples=5)
    assert [len(k) for k in known] == [65] * 3
    assert [len(e) for e in examined] == [65 + 20] * 3
    assert not any(k & e for k, e in zip(known, examined, strict=True))
    assert len({frozenset(k) for k in known}) == 3, "three different halves"
    assert value(table, "calibrated", "AUROC") == 1.0


def test_average_precision_can_be_stated_for_another_share_of_fakes() -> None:
    rng = np.random.default_rng(3)
    fake = rng.random(200) < 0.3
    scores = np.round(rng.normal(fake * 1.0), 1)  # with ties
    scores[:5] = -np.inf
    assert average_precision(fake, scores, fake.mean()) == pytest.approx(auprc(fake, scores))
    normal = np.flatnonzero(~fake)
    thrice = np.concatenate([np.arange(200), normal, normal])
    diluted = fake.sum() / len(thrice)
    assert average_precision(fake, scores, diluted) == pytest.approx(auprc(fake[thrice], scores[thrice]))


def test_intervals_are_wider_where_series_share_an_owner() -> None:
    fake, rng = np.tile([False, True], 60), np.random.default_rng(5)
    owner = np.repeat(np.arange(6), 20)
    scores = rng.normal(size=6)[owner] + 0.5 * fake + 0.1 * rng.normal(size=120)
    panel = fe.Panel.from_arrays(np.ones((120, 24, 1)), metrics=["likes"])
    width = {}
    for name, source in (("owners", owner), ("accounts", np.arange(120))):
        part = Labelled(panel, panel, fake, np.where(fake, "some", None), source)
        table = transfer_table({"s": lambda _: scores}, [Target(name, (part,))], n_resamples=200)
        row = table[table["figure"] == "AUPRC"].iloc[0]
        width[name] = row["high"] - row["low"]
    assert width["owners"] > width["accounts"]


def test_hours_are_compared_with_what_changed() -> None:
    target = Target("flat", (labelled(world()),))
    changed = np.concatenate(target.changed()).astype(float)
    hours = {
        "knows": lambda _: changed,
        "blind": lambda panel: np.zeros(int(panel.offsets[-1])),
        "raw": raw_counts,
    }
    table = transfer_table({}, [target], hours=hours, n_resamples=20)
    for figure in ("hour AUROC", "hour AP", "pooled hour AUROC", "pooled hour AP"):
        assert value(table, "knows", figure) == pytest.approx(1.0)
    assert value(table, "blind", "hour AUROC") == 0.5
    assert value(table, "blind", "hour AP") == pytest.approx(4 / 72)
    assert value(table, "raw", "hour AUROC") == 1.0


def test_a_scorer_with_the_wrong_shape_is_named() -> None:
    target = Target("flat", (labelled(world()),))
    with pytest.raises(ValueError, match=r"scorer: gave scores of shape \(1,\), expected \(60,\)"):
        transfer_table({"bad": lambda _: np.zeros(1)}, [target])
    with pytest.raises(ValueError, match="hours: gave shape"):
        transfer_table({}, [target], hours={"bad": lambda _: np.zeros(1)})


def test_flags_are_counted_on_batches_only() -> None:
    def verdict(panel: fe.Panel) -> tuple[np.ndarray, np.ndarray]:
        return np.ones(len(panel), bool), largest(panel) > 150

    table = alarms_table(verdict, [twin_target(), Target("flat", (labelled(world()),))])
    assert table.iloc[0].tolist() == ["flat", 60, 20, 60, 20, 20]
    assert "twins" not in set(table["set"])


def test_the_rules_for_steps_are_those_of_a_slow_loop() -> None:
    block = organic_block()[:2, :60]
    block[:, 20:23] = np.nan
    panel = fe.Panel.from_arrays(block.T[None], metrics=["views", "likes"])
    slow = np.zeros(60)
    for t in range(60):
        z = []
        for row in block:
            before = row[:t][~np.isnan(row[:t])].astype(np.float64)
            if len(before) < 6 or np.isnan(row[t]):
                z.append(0.0)
                continue
            middle = np.median(before)
            z.append((row[t] - middle) / max(1.4826 * np.median(np.abs(before - middle)), 1.0))
        slow[t] = max(z)
    assert trailing_z(panel) == pytest.approx(slow)
    assert largest_trailing_z(panel) == pytest.approx([slow.max()])
    views = block[0][~np.isnan(block[0])].astype(np.float64)
    whole = (views - np.median(views)) / (1.4826 * np.median(np.abs(views - np.median(views))))
    alone = fe.Panel.from_arrays(block[:1].T[None], metrics=["views"])
    assert median_z(alone)[~np.isnan(block[0])] == pytest.approx(whole)
