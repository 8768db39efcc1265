"""The convolution net on an account's steps: its input channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fakeengage import _native
from fakeengage.panel import METRICS

if TYPE_CHECKING:
    from fakeengage.panel import Panel

CHANNELS = (
    *(
        f"{metric}__{name}"
        for metric in METRICS
        for name in ("residual", "standard", "level", "mean_level", "seen", "taken_back", "above_median")
    ),
    "hour__sine",
    "hour__cosine",
    "hour__known",
)
"""Names of the input channels, in order."""


def channels(panel: Panel, *, threads: int | None = None) -> NDArray[np.float32]:
    """Input channels of every account: what the net sees of it.

    Parameters
    ----------
    panel
        Accounts with any metrics, cadence and lengths.
    threads
        Threads to use; all cores by default. The values do not depend on it.

    Returns
    -------
    numpy.ndarray
        float32, flat. Account ``i`` owns ``C * offsets[i]`` to ``C * offsets[i + 1]`` with ``C`` =
        ``len(CHANNELS)``, channel after channel: ``.reshape(C, n_steps)`` makes its matrix.

    Notes
    -----
    With ``y`` the count, ``mu`` the trend and cycles fitted robustly to the account's own metric,
    ``r = ln((max(y, 0) + 0.5) / (mu + 0.5))``, ``c = 1 / (mu + 0.5)`` its counting variance, ``v`` its own
    variance beside that (so that the median of ``|r| / sqrt(c + v)`` is that of a normal law) and ``m`` the
    mean of ``ln(mu + 0.5)``, the channels of each metric are

    - ``residual``: ``r``, within ±4;
    - ``standard``: ``asinh(r / sqrt(c + v))``;
    - ``level``: ``ln(mu + 0.5) - m``;
    - ``mean_level``: ``m / 5``;
    - ``seen``: 1 where the count is known;
    - ``taken_back``: ``asinh(min(y, 0) / (mean(mu) + 0.5))``;
    - ``above_median``: ``ln(max(y, 0) + 0.5)`` less its median (of an even number of steps the lower
      one), within ±6;

    then sine and cosine of the hour of day and 1, all three 0 for steps of a day and longer. A missing
    count is 0 in all but ``level`` and ``mean_level``; a metric that an account lacks is 0 in all.

    Examples
    --------
    >>> import fakeengage as fe
    >>> panel = fe.simulate(n_users=2, length=96, seed=1).panel
    >>> channels(panel).reshape(2, len(CHANNELS), 96).shape
    (2, 31, 96)
    """
    return _native.net_channels(
        panel.data,
        panel.offsets,
        panel.starts,
        [METRICS.index(metric) for metric in panel.metrics],
        panel.cadence.steps_per_day,
        panel.cadence.steps_per_week,
        threads=threads or 0,
    )
