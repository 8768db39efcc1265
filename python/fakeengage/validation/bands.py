"""Where the statistics of organic data have been seen, and the verdict on a figure beside that."""

from __future__ import annotations

from dataclasses import dataclass

from fakeengage.validation.findings import Finding

# Public data that the bands come from.
_HOURLY = "12 public videos"  # YouTube, polled every 15 minutes for 10 weeks, 2020–21: views and likes
_SHORT = "10,102 viral short videos"  # TikTok, final counts
_TRENDING = "3,171 trending videos"  # YouTube, day by day, 2017–18


@dataclass(frozen=True)
class Band:
    """Range in which a statistic of organic accounts is plausible.

    Parameters
    ----------
    low, high
        Ends of the range: wider than what was measured, since platforms and audiences differ.
    measured
        What was measured, and on which data.
    """

    low: float
    high: float
    measured: str

    def judge(self, check: str, figure: float, message: str, below: str = "") -> Finding:
        """A note inside the band, a warning outside: unusual data are not wrong data."""
        inside = self.low <= figure <= self.high
        unusual = f"unusual: {self.low:g} to {self.high:g} is plausible"
        why = (below if figure < self.low else "") or "compare with data of the same platform"
        text = f"{message}; measured elsewhere: {self.measured}"
        if inside:
            return Finding(check, "note", figure, text)
        return Finding(check, "warning", figure, f"{text}; {unusual}", why)


BANDS = {
    "daily_peak": Band(1.1, 3.5, f"1.44–1.95 ({_HOURLY})"),
    "daily_trough": Band(0.02, 0.9, f"0.12–0.42 ({_HOURLY})"),
    "weekend": Band(0.0, 0.85, "5–15 % on viral posts and in publishers' reports"),
    "noise": Band(0.03, 1.2, f"0.10–0.34, typically 0.17 ({_HOURLY})"),
    "residual_memory": Band(-0.2, 0.95, f"0.14–0.55 ({_HOURLY})"),
    "loud_hours": Band(0.0, 0.08, f"0.016 % ({_HOURLY})"),
    "likes_per_view": Band(0.002, 0.25, f"5.3 % ({_SHORT}), 3.3 % ({_TRENDING}), 0.6–12 % ({_HOURLY})"),
    "comments_per_view": Band(5e-5, 0.03, f"0.057 % ({_SHORT}), 0.42 % ({_TRENDING})"),
    "shares_per_view": Band(1e-4, 0.08, f"0.30 % ({_SHORT})"),
    "ratio_spread": Band(0.1, 2.2, f"0.7–1.6 ({_SHORT}), 1.1 ({_TRENDING})"),
    "ratio_within": Band(0.0, 0.8, f"0.19 ({_TRENDING}), 0.23 from video to video of one author"),
    "elasticity": Band(0.6, 1.4, f"0.82–0.94 ({_SHORT}), 1.03–1.15 ({_TRENDING})"),
    "ratio_correlation": Band(-0.1, 0.95, f"0.40–0.58 ({_SHORT})"),
    "size_spread": Band(0.5, 5.0, f"1.74 ({_TRENDING}), about 2.6 over a platform"),
}
"""Bands by statistic; figures as the findings give them."""
