"""The report: nothing of the input runs, nothing is loaded, and it stays small."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from fakeengage.report import render, words
from fakeengage.report.chart import Series, date_ticks, draw
from standin import HOSTILE, make_result

VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """Checks nesting and gathers what the tests ask about."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert not self.stack, f"never closed: {self.stack}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_hostile_ids_stay_text() -> None:
    result = make_result(40)
    result.accounts.loc[0, "reasons"] = "<b>bold</b>; <script>alert(9)</script>"
    result.summary["notes"] = ["<script>alert(8)</script>"]
    result.rejected.loc[0, "value"] = "<script>alert(7)</script>"
    page = Page(render(result))
    names = [tag for tag, _ in page.tags]
    assert names.count("script") == 1
    assert "img" not in names
    assert "b" not in names
    assert not [a for _, attrs in page.tags for a in attrs if a.startswith("on")]
    text = "".join(page.text)
    for id_ in HOSTILE[:5]:
        assert id_ in text
    assert "{{ 7*7 }}" in text
    assert "alert(7)" in text
    assert "line\\nbreak" in text


def test_nothing_is_loaded_from_anywhere() -> None:
    html = render(make_result(40))
    page = Page(html)
    for tag, attrs in page.tags:
        assert tag not in ("link", "iframe", "object", "embed")
        assert "src" not in attrs
        if "href" in attrs:
            assert str(attrs["href"]).startswith("#")
    style = re.search(r"<style>(.*?)</style>", html, re.S)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    policy = [
        attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy
    assert str(policy[0]).startswith("default-src 'none'")


@pytest.mark.parametrize("flagged", [0, 175])
def test_five_hundred_accounts_fit_in_two_megabytes(flagged: int) -> None:
    html = render(make_result(500, flagged))
    assert len(html.encode()) <= 2_000_000
    page = Page(html)
    assert sum(tag == "tr" and "data-kind" in attrs for tag, attrs in page.tags) == 500
    assert sum(tag == "details" for tag, _ in page.tags) >= 25


def test_many_accounts_and_long_series_stay_small() -> None:
    assert len(render(make_result(3000, 5, steps=48)).encode()) <= 2_000_000
    assert len(render(make_result(30, 5, steps=20_000, metrics=("likes",))).encode()) <= 2_000_000


def test_flagged_accounts_come_first_and_are_drawn_with_red_windows() -> None:
    result = make_result(60, 5)
    result.accounts.loc[20, "score"] = 0.999
    page = Page(render(result))
    kinds = [attrs["data-kind"] for tag, attrs in page.tags if tag == "tr" and "data-kind" in attrs]
    assert kinds[:5] == ["flag"] * 5
    assert kinds[-3:] == ["none"] * 3
    reds = [attrs for tag, attrs in page.tags if tag == "rect" and attrs.get("class") == "w"]
    assert len(reds) == 5 + 1  # one in the legend
    assert "5 of 57 judged accounts are flagged" in "".join(page.text)


@pytest.mark.parametrize(
    ("options", "headline"),
    [
        ({"n": 40, "flagged": 0}, "None of 37 judged accounts is flagged"),
        ({"n": 6, "flagged": 0, "unjudged": 6}, "No account could be judged"),
        ({"n": 1, "flagged": 0, "unjudged": 0}, "The account is not flagged"),
        ({"n": 1, "flagged": 1, "unjudged": 0}, "The account is flagged"),
        ({"n": 0, "flagged": 0, "unjudged": 0}, "No account could be judged"),
        (
            {"n": 30, "flagged": 1, "metrics": ("comments",), "steps": 30},
            "1 of 27 judged accounts is flagged",
        ),
    ],
)
def test_every_kind_of_result_has_a_report(options: dict[str, object], headline: str) -> None:
    page = Page(render(make_result(**options)))  # type: ignore[arg-type]
    assert headline in "".join(page.text)
    assert "nan" not in "".join(page.text).lower().split()


@pytest.mark.parametrize(
    ("p_value", "score", "kind"), [(0.04, 0.1, "odd"), (0.9, 0.6, "odd"), (0.9, 0.4, "calm")]
)
def test_unusual_accounts_are_named_without_a_flag(p_value: float, score: float, kind: str) -> None:
    result = make_result(30, 1)
    result.accounts.loc[0, ["flagged", "p_value", "score"]] = [False, p_value, score]
    page = Page(render(result))
    kinds = {attrs["data-kind"] for tag, attrs in page.tags if tag == "tr" and "data-kind" in attrs}
    assert kinds == {kind, "calm", "none"}
    assert ("not attributable." in "".join(page.text)) == (kind == "odd")


def test_unjudged_series_and_gaps_are_drawn_without_a_curve() -> None:
    result = make_result(20, 1)
    result.expectation.expected[:] = np.nan
    result.panel.data[5:40] = np.nan
    result.panel.block(1)[:] = np.nan
    Page(render(result, accounts=[0, 1, 19]))


def test_a_report_says_whether_its_rate_is_nominal_and_what_was_not_read() -> None:
    result = make_result(60)
    text = "".join(Page(render(result)).text)
    assert "nominal" in text
    assert "not a number" in text
    assert "likes were read as increments" in text
    assert "a reason to look, not proof" in text
    result.summary["calibration"] = "own organic accounts"
    assert "not been checked on your data" not in "".join(Page(render(result)).text)


def test_inflation_headline_adds_up() -> None:
    result = make_result(60, 4, unjudged=0)
    value = result.accounts["inflated_likes"][:4].sum()
    total = np.nansum([np.nansum(s, dtype=float) for s in result.panel.series("likes")])
    text = "".join(Page(render(result)).text)
    assert words.percent(value / total) in text
    assert f"likes {words.count(value, sign=True)}: {words.percent(value / total)} (" in text


def _series(values: list[float] | np.ndarray, **kwargs: object) -> Series:
    observed = np.asarray(values, dtype=float)
    moments = np.datetime64("2024-03-01", "s") + np.arange(len(observed)) * np.timedelta64(3600, "s")
    options = {
        "expected": observed,
        "log_sd": np.full(len(observed), 0.1),
        "windows": [(1, 2)],
        "label": "a",
    } | kwargs
    return Series("likes", moments, observed, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 2, 3],
        [0.0, 0, 0],
        [5.0],
        [np.nan, 1, np.nan],
        [-5.0, 3, -1],
        [1e15, 1, 2],
        np.full(9, np.nan),
        [0.2, 0.4, 0.1],
    ],
)
def test_charts_of_odd_series_hold_only_finite_numbers(values: list[float]) -> None:
    svg = draw(_series(values)).svg
    Page(svg)
    assert "nan" not in svg
    assert "inf" not in svg


def test_a_long_series_keeps_its_highest_hour() -> None:
    values = np.full(10_000, 10.0)
    values[7_777] = 900.0
    lines = re.findall(r'class="o" d="([^"]*)"', draw(_series(values, expected=np.full(10_000, 10.0))).svg)
    y = np.cumsum([float(p) for p in re.findall(r"-?\d+\.?\d*", lines[0])[1::2]])
    assert y.min() == pytest.approx(8.0)  # the top of the plot
    assert len(lines[0]) < 15_000


def test_a_gap_breaks_the_line() -> None:
    values = np.arange(50.0)
    values[20:25] = np.nan
    lines = re.findall(r'class="o" d="([^"]*)"', draw(_series(values)).svg)
    assert lines[0].count("M") == 2


def test_dates_on_the_axis() -> None:
    hours = np.datetime64("2024-03-01", "s") + np.arange(336) * np.timedelta64(3600, "s")
    ticks = date_ticks(hours)
    assert ticks[0] == (24, "2 Mar")
    assert len(ticks) <= 8
    months = np.arange("2020-01", "2024-01", dtype="datetime64[M]").astype("datetime64[s]")
    assert all(re.fullmatch(r"[A-Z][a-z]{2} 20\d\d", text) for _, text in date_ticks(months))
    assert date_ticks(hours[:0]) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.4, "0.4"),
        (842, "842"),
        (999.7, "1000"),
        (12_400, "12.4k"),
        (999_999, "1M"),
        (3.1e6, "3.1M"),
        (-51, "−51"),
        (2e10, "20bn"),
    ],
)
def test_counts_in_words(value: float, text: str) -> None:
    assert words.count(value) == text


def test_shares_and_spans_in_words() -> None:
    assert [
        words.percent(s).replace("\N{NO-BREAK SPACE}", " ")
        for s in (0, 0.00004, 0.0031, 0.05, 0.034, 0.34, -0.2)
    ] == [
        "0 %",
        "< 0.01 %",
        "0.31 %",
        "5 %",
        "3.4 %",
        "34 %",
        "−20 %",
    ]
    day = pd.Timestamp("2024-03-12", tz="UTC")
    assert words.span(day, day + pd.Timedelta("2D")) == "12 Mar – 13 Mar"
    assert words.span(day, day + pd.Timedelta("1D")) == "12 Mar"
    assert words.span(day + pd.Timedelta("2h"), day + pd.Timedelta("5h")) == "12 Mar 02:00 – 05:00"
    assert words.span(day, day + pd.Timedelta("31D"), year=True) == "12 Mar 2024 – 11 Apr 2024"
    march = pd.Timestamp("2024-03-01", tz="UTC")
    assert words.span(march, march + pd.DateOffset(months=1), months=True) == "Mar 2024"
    assert words.span(march, march + pd.DateOffset(months=3), months=True) == "Mar 2024 – May 2024"
    assert words.span(pd.NaT, day) == ""


def test_counts_taken_back_have_an_axis() -> None:
    chart = draw(_series(np.r_[np.full(30, 900.0), -2500.0, np.full(30, 1000.0)]))
    assert "−2k" in chart.svg


def test_a_wide_range_is_drawn_on_a_logarithmic_scale_that_says_so() -> None:
    values = np.r_[np.geomspace(100_000, 10, 50), -30_000.0]
    chart = draw(_series(values))
    assert chart.heading == "likes (logarithmic scale)"
    assert re.findall(r">([−\dk]+)</text>", chart.svg)[:3] == ["−10k", "0", "1k"]
    assert draw(_series(np.arange(50.0))).heading == "likes"
