"""What was planted is what is said, with the right figures."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fakeengage as fe
from fakeengage.features import BATCH_FAMILIES, FAMILIES, feature_matrix, list_features
from fakeengage.reasons import CohortEvidence, WindowEvidence, feature_evidence, sentences, window_sentence
from fakeengage.reasons.wording import wording_of

MEASURES = {
    feature.name.partition("__")[2]: feature
    for feature in list_features(families=[*FAMILIES, *BATCH_FAMILIES])
}


def window(metric: str, observed: float, expected: float, **changes: Any) -> WindowEvidence:
    return WindowEvidence(
        **{
            "metric": metric,
            "start": 100,
            "end": 160,
            "observed": observed,
            "expected": expected,
            "when": "12–14 Mar",
            **changes,
        }
    )


def told(name: str, value: float, usual: float, **options: Any) -> str:
    (sentence,) = sentences([1.0], [name], [value], [usual], **options)
    return sentence


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (
            [window("likes", 610, 100, steady=("views",))],
            "likes rose 6.1x above expectation while views stayed as usual, 12–14 Mar",
        ),
        (
            [window("likes", 610, 100, steady=("views", "shares")), window("comments", 320, 100)],
            "likes rose 6.1x and comments 3.2x above expectation "
            "while views and shares stayed as usual, 12–14 Mar",
        ),
        ([window("views", 1_100, 1_000)], "views rose 10% above expectation, 12–14 Mar"),
        ([window("views", 250_000, 1_000)], "views rose 250x above expectation, 12–14 Mar"),
        ([window("views", 250_000, 1)], "views rose over 1,000x above expectation, 12–14 Mar"),
        (
            [window("views", 100, 1_000), window("likes", 0, 100)],
            "views fell to 10% and likes to 0% of expectation, 12–14 Mar",
        ),
        ([window("views", -43_706, 900)], "views lost 43,706 counts, 12–14 Mar"),
        (
            [window("views", -43_706, 900), window("likes", -1_200, 90), window("shares", -3, 9)],
            "views lost 43,706, likes 1,200 and shares 3 counts, 12–14 Mar",
        ),
    ],
)
def test_windows_in_words(group: list[WindowEvidence], said: str) -> None:
    assert window_sentence(group) == said


def test_windows_of_several_metrics_at_one_time_are_one_event() -> None:
    windows = [
        window("likes", 610, 100),
        window("comments", 300, 100, start=120),
        window("views", 20, 100),
        window("shares", 500, 100, start=159, end=300),
        window("likes", 400, 100, start=400, end=410, when="20 Mar 10:00–20:00"),
    ]
    said = sentences([], [], [], [], windows=windows, most=9)
    assert said == [
        "likes rose 6.1x and comments 3.0x above expectation, 12–14 Mar",
        "views fell to 20% of expectation, 12–14 Mar",
        "shares rose 5.0x above expectation, 12–14 Mar",
        "likes rose 4.0x above expectation, 20 Mar 10:00–20:00",
    ]


@pytest.mark.parametrize(
    ("name", "value", "usual", "options", "said"),
    [
        (
            "likes__half_shift__phase",
            1.3614,
            0.2,
            {"usual_high": [0.4974]},
            "the daily peak of likes moved by 5.2 hours between the halves (rarely above 1.9)",
        ),
        (
            "likes_per_views__ratio_up__24",
            32.2,
            4.0,
            {"usual_high": [21.2]},
            "likes rose against views by 32.2 standard errors over 24 hours (rarely above 21.2)",
        ),
        (
            "any_ratio__ratio_down__5",
            9.0,
            4.0,
            {"sources": ["shares_per_views"]},
            "shares fell behind views by 9.0 standard errors over 5 hours (usually 4.0)",
        ),
        (
            "any__scan_up__6",
            9.0,
            4.0,
            {"sources": ["comments"], "step": "day"},
            "comments stood 9.0 standard errors above expectation for 6 days (usually 4.0)",
        ),
        (
            "mean__scan_up__1",
            9.0,
            4.0,
            {},
            "all metrics on average stood 9.0 standard errors above expectation for 1 hour (usually 4.0)",
        ),
        (
            "likes__curve_distance__max",
            0.921,
            0.4,
            {"usual_high": [0.8]},
            "one day's curve of likes hardly resembles the other days' (distance 0.92, rarely above 0.80)",
        ),
        (
            "views__rolling_std__24min",
            0.05,
            0.6,
            {"usual_low": [0.2]},
            "views were steadier than people for 24 hours: 0.05 standard deviations (rarely below 0.20)",
        ),
        (
            "views__acf__lag1",
            0.1,
            0.7,
            {},
            "deviations of views 1 hour apart are less alike than usual (correlation 0.10, usually 0.70)",
        ),
        (
            "likes_per_views__level__total",
            np.log(0.24),
            np.log(0.05),
            {},
            "likes come to 24.00% of views (usually 5.00%)",
        ),
        (
            "views__round_total__1000",
            6.0,
            0.3,
            {},
            "the total of views is so round that chance gives one in 1,000,000 (usually 2)",
        ),
        (
            "views__negative_share__all",
            0.128,
            0.0,
            {"usual_high": [0.005]},
            "12.8% of the views were taken back (rarely above 0.5%)",
        ),
        (
            "views__exact_repeats__6",
            0.25,
            0.0,
            {},
            "25.0% of the 6-hour stretches of views occur again, count for count (usually 0.0%)",
        ),
        (
            "coordination__jaccard__best",
            0.5,
            0.1,
            {},
            "shares 50% of its hours of rise with another account of this batch (usually 10%)",
        ),
    ],
)
def test_features_in_words(name: str, value: float, usual: float, options: dict[str, Any], said: str) -> None:
    assert told(name, value, usual, **options) == said


def test_a_comparison_that_reads_the_same_is_left_out() -> None:
    assert told("views__asymmetry__95", 0.994, 0.991, usual_high=[0.993]).endswith("(asymmetry 0.99)")
    assert told("views__asymmetry__95", 0.994, 0.2, usual_high=[0.993]).endswith(
        "(asymmetry 0.99, usually 0.20)"
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_of_the_registry_can_be_told(measure: str) -> None:
    feature = MEASURES[measure]
    wording = wording_of(feature.name)
    assert wording is not None
    assert wording.high or not feature.high_is_suspicious, "large values are suspicious but have no sentence"
    for value, usual, template in (
        (2.5, 1.0, wording.high),
        (0.25, 1.0, wording.low),
        (-3.0, -1.0, wording.low),
    ):
        said = sentences([1.0], [feature.name], [value], [usual])
        assert len(said) == bool(template)
        assert not re.search(r"[{}]|nan|inf\b", " ".join(said))


def test_only_what_adds_to_the_score_and_lies_on_the_suspicious_side_is_told() -> None:
    names = ["likes__half_shift__phase"]
    assert sentences([0.05], names, [1.4], [0.2]) == []
    assert sentences([-1.0], names, [1.4], [0.2]) == []
    assert sentences([1.0], names, [0.1], [0.2]) == []
    assert sentences([1.0], names, [np.nan], [0.2]) == []
    assert len(sentences([0.05], names, [1.4], [0.2], floor=0.01)) == 1
    # What ordinary accounts have as well must add more.
    assert len(sentences([0.5], names, [1.4], [0.2], usual_high=[1.2])) == 1
    assert sentences([0.5], names, [1.4], [0.2], usual_high=[1.5]) == []
    assert len(sentences([1.5], names, [1.4], [0.2], usual_high=[1.5])) == 1


def test_features_of_one_meaning_share_a_sentence_and_the_strongest_speaks() -> None:
    names = [
        "any__scan_up__3",
        "any__scan_up__24",
        "mean__scan_up__24",
        "any__half_shift__phase",
        "views__roughness__1",
    ]
    found = feature_evidence(
        [0.2, 0.5, 0.6, 0.9, 0.05],
        names,
        [8.0, 9.0, 7.0, 1.2, 3.0],
        [3.0] * 3 + [0.1, 1.0],
        usual_high=[6.0, 6.0, 6.0, 0.5, 2.0],
        sources=["likes", "views", "metrics", "views", "views"],
    )
    assert [piece.meaning for piece in found] == ["rise", "daily curve"]
    assert found[0].contribution == pytest.approx(1.3)
    # The mean adds more, but a single metric says more.
    assert found[0].feature == "any__scan_up__24"
    assert (
        found[0].text == "views stood 9.0 standard errors above expectation for 24 hours (rarely above 6.0)"
    )


def test_windows_come_first_and_are_not_told_again() -> None:
    names = ["any__scan_up__6", "any__step_down__6", "any_ratio__ratio_up__24", "any__half_shift__phase"]
    evidence = ([3.0, 2.5, 2.0, 1.0], names, [20.0, 9.0, 15.0, 1.2], [3.0, 3.0, 3.0, 0.1])
    sources = ["likes", "likes", "likes_per_views", "views"]
    without = sentences(*evidence, sources=sources, most=9)
    assert [text.split()[0] for text in without] == ["likes", "likes", "likes", "the"]
    with_window = sentences(
        *evidence, sources=sources, windows=[window("likes", 610, 100, steady=("views",))], most=9
    )
    assert with_window == [
        "likes rose 6.1x above expectation while views stayed as usual, 12–14 Mar",
        "the daily peak of views moved by 4.6 hours between the halves (usually 0.4)",
        "likes rose against views by 15.0 standard errors over 24 hours (usually 3.0)",
    ]


def test_cohort_and_batch_evidence_are_named_as_such() -> None:
    said = sentences(
        [1.0],
        ["likes__half_shift__phase"],
        [1.2],
        [0.1],
        windows=[window("likes", 610, 100), window("views", 300, 100, start=300, end=320)],
        cohort=CohortEvidence(n_others=11, shared_steps=6),
        batch_p=0.00212,
    )
    assert said == [
        "likes rose 6.1x above expectation, 12–14 Mar",
        "rose together with 11 other accounts in 6 shared hours",
        "unlike the other accounts of this batch (p = 0.0021 among its majority)",
    ]
    (alone,) = sentences([], [], [], [], cohort=CohortEvidence(1, 1, "12 Mar"), step="day")
    assert alone == "rose together with 1 other account in 1 shared day, 12 Mar"


def test_arguments_of_other_lengths_are_named() -> None:
    with pytest.raises(ValueError, match=r"values: has shape \(2,\), expected \(1,\), one value per name"):
        sentences([1.0], ["likes__half_shift__phase"], [1.0, 2.0], [0.0])
    with pytest.raises(ValueError, match="sources: has 2 entries, expected 1"):
        sentences([1.0], ["likes__half_shift__phase"], [1.0], [0.0], sources=["likes", "views"])


def waves(n: int = 6, length: int = 336) -> NDArray[np.float32]:
    """Counts with a daily cycle: views, likes, comments, shares."""
    rng = np.random.default_rng(8)
    cycle = 1 + 0.6 * np.sin(2 * np.pi * np.arange(length) / 24)
    return rng.poisson(cycle[None, :, None] * np.array([400.0, 80.0, 30.0, 20.0]), (n, length, 4)).astype(
        np.float32
    )


def panel_of(values: NDArray[np.float32]) -> fe.Panel:
    return fe.Panel.from_arrays(values, metrics=["views", "likes", "comments", "shares"], start="2024-03-01")


def test_planted_likes_are_what_the_reasons_say() -> None:
    values = waves()
    values[2, 274:286, 1] *= 5  # 12 March, 10:00 to 22:00
    accounts = fe.score(panel_of(values)).accounts
    first, *_ = accounts.reasons[2].split("; ")
    found = re.fullmatch(
        r"likes rose (\d\.\d)x above expectation while (.*) stayed as usual, 12 Mar (\d+):00–(\d+):00", first
    )
    assert found, first
    # The expectation leans towards the burst a little.
    assert float(found[1]) == pytest.approx(5.0, rel=0.2)
    assert set(re.findall(r"\w+", found[2])) >= {"views", "comments", "shares"}
    assert abs(int(found[3]) - 10) <= 1
    assert abs(int(found[4]) - 22) <= 1


def test_a_planted_shift_of_the_day_is_told_in_hours() -> None:
    values = waves(1)
    values[0, 168:, 0] = np.roll(values[0, 168:, 0], 6)
    panel = panel_of(values)
    features = feature_matrix(panel)[0]
    names = [feature.name for feature in list_features(panel.metrics)]
    column = names.index("views__half_shift__phase")
    (said,) = sentences([1.0], [names[column]], [features[column]], [0.1])
    found = re.match(r"the daily peak of views moved by (\d\.\d) hours", said)
    assert found, said
    assert float(found[1]) == pytest.approx(6.0, abs=0.5)


def test_counts_taken_back_are_told_with_their_share() -> None:
    values = waves(1)
    total = values[0, :, 0].sum()
    values[0, 200, 0] = -0.1 * total
    panel = panel_of(values)
    features = feature_matrix(panel)[0]
    names = [feature.name for feature in list_features(panel.metrics)]
    column = names.index("views__negative_share__all")
    (said,) = sentences([1.0], [names[column]], [features[column]], [0.0])
    assert said == "10.0% of the views were taken back (usually 0.0%)"
