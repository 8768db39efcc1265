"""Many accounts' series at one cadence, ragged, in one buffer."""

from __future__ import annotations

METRICS = ("views", "likes", "comments", "shares")
"""Metric names in the order in which every panel holds those that it has."""


class Panel:
    """Placeholder until the reading side lands."""
