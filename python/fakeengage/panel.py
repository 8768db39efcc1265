"""Many accounts' series at one cadence, ragged, in one buffer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeengage.cadence import Cadence

if TYPE_CHECKING:
    import pandas as pd

    from fakeengage.reading import ReadReport

METRICS = ("views", "likes", "comments", "shares")
"""Metric names in the order in which every panel holds those that it has."""

MAX_DENSE_VALUES = 1_000_000_000
"""Largest dense array (values, not bytes) that :attr:`Panel.values` builds: 4 GB of float32."""


class Panel:
    """Series of many accounts at one cadence.

    Parameters
    ----------
    data
        float32, one value per account, metric and step: account after account, inside an account
        metric after metric, inside a metric step after step. NaN = missing.
    offsets
        int64 ``(n_accounts + 1,)``: steps before each account. Account ``i`` with ``m`` metrics
        owns ``data[m * offsets[i] : m * offsets[i + 1]]``.
    starts
        int64 ``(n_accounts,)``: number of each account's first step on the clock of `cadence`.
    metrics
        Names of the metrics present, a subset of :data:`METRICS` in that order.
    account_ids
        One id per account, text or integer, each once.
    cadence
        Length of a step.
    owner_ids
        Optional owner of each account (``None`` where unknown).
    is_fake
        Optional label per account, ``True`` / ``False`` / ``None``.
    status
        Optional text per account: ``ok``, or why it cannot be judged
        (``irregular_cadence``, ``unusable``).
    reading
        How the panel came out of a file: rejected rows, counts, notes.

    Notes
    -----
    The ragged form costs nothing for accounts that differ in length, and a slice of accounts is a
    slice of the buffer, which is how threads, chunks and partitions divide the work.
    """

    def __init__(
        self,
        data: NDArray[np.float32],
        offsets: NDArray[np.int64],
        starts: NDArray[np.int64],
        metrics: Sequence[str],
        account_ids: ArrayLike,
        cadence: Cadence | None = None,
        *,
        owner_ids: NDArray[Any] | None = None,
        is_fake: NDArray[Any] | None = None,
        label_windows: pd.DataFrame | None = None,
        status: NDArray[Any] | None = None,
        reading: ReadReport | None = None,
    ) -> None:
        self.data = np.ascontiguousarray(data, dtype=np.float32)
        self.offsets = np.ascontiguousarray(offsets, dtype=np.int64)
        self.starts = np.ascontiguousarray(starts, dtype=np.int64)
        self.metrics = tuple(metrics)
        ids = account_ids if isinstance(account_ids, np.ndarray) else np.asarray(account_ids)
        self.account_ids = ids.astype(object) if ids.dtype.kind in "US" else ids
        self.cadence = cadence or Cadence()
        self.owner_ids = None if owner_ids is None else np.asarray(owner_ids)
        self.is_fake = None if is_fake is None else np.asarray(is_fake)
        self.label_windows = label_windows
        self.status = np.full(len(self.starts), "ok", dtype=object) if status is None else np.asarray(status)
        self.reading = reading
        order = [METRICS.index(m) if m in METRICS else -1 for m in self.metrics]
        if not order or -1 in order or order != sorted(set(order)):
            raise ValueError(
                f"metrics: {list(self.metrics)} is not allowed; any of {list(METRICS)}, in that order"
            )
        n = len(self.offsets) - 1
        if n < 0 or self.offsets[0] != 0 or (np.diff(self.offsets) < 0).any():
            raise ValueError("offsets: must start at 0 and never fall")
        for name, values in (
            ("starts", self.starts),
            ("account_ids", self.account_ids),
            ("status", self.status),
            ("owner_ids", self.owner_ids),
            ("is_fake", self.is_fake),
        ):
            if values is not None and len(values) != n:
                raise ValueError(f"{name}: has {len(values)} entries, offsets describe {n} accounts")
        if self.data.shape != (len(self.metrics) * self.offsets[-1],):
            raise ValueError(
                f"data: has shape {self.data.shape}, expected ({len(self.metrics) * self.offsets[-1]},)"
            )

    @classmethod
    def from_arrays(
        cls,
        values: ArrayLike,
        account_ids: ArrayLike | None = None,
        metrics: Sequence[str] = METRICS,
        start: str | np.datetime64 = "2024-01-01",
        cadence: Cadence | None = None,
    ) -> Panel:
        """Panel of accounts that share one clock, from a dense array.

        Parameters
        ----------
        values
            ``(n_accounts, n_steps, n_metrics)`` counts, NaN = missing.
        account_ids
            One id per account, each once; ``0, 1, 2, …`` when left out.
        metrics
            Names of the last axis, in the order of :data:`METRICS`.
        start
            Moment of the first step, UTC.
        cadence
            Length of a step, one hour by default.

        Raises
        ------
        ValueError
            If the shapes do not fit one another, or an id stands twice.

        Examples
        --------
        >>> import numpy as np
        >>> panel = Panel.from_arrays(np.ones((2, 24, 1)), metrics=["likes"])
        >>> panel
        Panel(2 accounts x 1 metric, 24 steps of 1 hour)
        """
        dense = np.asarray(values, dtype=np.float32)
        if dense.ndim != 3:
            raise ValueError(
                f"values: has {dense.ndim} dimensions, expected (n_accounts, n_steps, n_metrics)"
            )
        if dense.shape[2] != len(metrics):
            raise ValueError(f"values: last axis has {dense.shape[2]} entries, metrics has {len(metrics)}")
        n, n_steps, _ = dense.shape
        ids = np.arange(n) if account_ids is None else np.asarray(account_ids)
        if len(set(ids.tolist())) < len(ids):
            raise ValueError("account_ids: an id stands twice; give every account its own")
        cadence = cadence or Cadence()
        return cls(
            dense.transpose(0, 2, 1).reshape(-1),
            np.arange(n + 1, dtype=np.int64) * n_steps,
            np.full(n, cadence.step_of(start), dtype=np.int64),
            metrics,
            ids,
            cadence,
        )

    @classmethod
    def from_frame(cls, frame: Any, **options: Any) -> Panel:
        """Panel from a long table (pandas, polars, Arrow): see :func:`fakeengage.read_panel`."""
        from fakeengage.reading import panel_from_table

        return panel_from_table(frame, **options)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def shape(self) -> tuple[int]:
        """``(n_accounts,)``: to scikit-learn, which splits it by account, a panel is a list of accounts."""
        return (len(self),)

    def __getitem__(self, accounts: Any) -> Panel:
        """Panel of some accounts, by position, slice or mask: :meth:`select` in square brackets.

        Examples
        --------
        >>> import numpy as np
        >>> len(Panel.from_arrays(np.ones((5, 24, 1)), metrics=["likes"])[1:4])
        3
        """
        if isinstance(accounts, tuple) and len(accounts) == 2 and accounts[1] is Ellipsis:
            accounts = accounts[0]  # how scikit-learn asks for rows
        if isinstance(accounts, slice):
            accounts = np.arange(len(self))[accounts]
        return self.select(accounts)

    def __iter__(self) -> Iterator[Panel]:
        """One panel per account."""
        return (self.select(i) for i in range(len(self)))

    def __array__(self, *_: object, **__: object) -> NDArray[Any]:
        """Refused: NumPy would look for arrays inside the accounts, and estimators for features.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(
            "a Panel is not an array; take Panel.values, or put FeatureExtractor before the estimator"
        )

    def __repr__(self) -> str:
        n, m, lengths = len(self), len(self.metrics), self.lengths
        steps = "no"
        if n:
            low, high = lengths.min(), lengths.max()
            steps = str(low) if low == high else f"{low}–{high}"
        accounts, metrics = "account" + "s" * (n != 1), "metric" + "s" * (m != 1)
        return f"Panel({n} {accounts} x {m} {metrics}, {steps} steps of {self.cadence})"

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of each account, from its first to its last reading."""
        return np.diff(self.offsets)

    @property
    def origin(self) -> int:
        """Number of the earliest step of any account (0 for a panel without steps)."""
        used = self.lengths > 0
        return int(self.starts[used].min()) if used.any() else 0

    @property
    def n_steps(self) -> int:
        """Steps of the common clock, from the earliest start to the latest end."""
        used = self.lengths > 0
        return int((self.starts + self.lengths)[used].max()) - self.origin if used.any() else 0

    @property
    def timestamps(self) -> NDArray[np.datetime64]:
        """Start of every step of the common clock, UTC, ``datetime64[s]``."""
        return self.cadence.timestamps(np.arange(self.origin, self.origin + self.n_steps))

    @property
    def shares_clock(self) -> bool:
        """Whether all accounts start and end together."""
        return len(self) > 0 and bool(
            (self.starts == self.starts[0]).all() and (self.lengths == self.lengths[0]).all()
        )

    @property
    def values(self) -> NDArray[np.float32]:
        """``(n_accounts, n_steps, n_metrics)`` on the common clock: a view where accounts share it.

        Raises
        ------
        ValueError
            Where the dense array would hold more than :data:`MAX_DENSE_VALUES` values.
        """
        n, m = len(self), len(self.metrics)
        if self.shares_clock:
            return self.data.reshape(n, m, -1).transpose(0, 2, 1)
        if n * m * self.n_steps > MAX_DENSE_VALUES:
            raise ValueError(
                f"values: {n} accounts x {self.n_steps} steps x {m} metrics is too large for one array; "
                "work on Panel.series(metric), or on parts: panel.select(range(0, 10_000))"
            )
        dense = np.full((n, m, self.n_steps), np.nan, dtype=np.float32)
        for i, begin in enumerate(self.starts - self.origin):
            dense[i, :, begin : begin + self.lengths[i]] = self.block(i)
        return dense.transpose(0, 2, 1)

    def block(self, i: int) -> NDArray[np.float32]:
        """``(n_metrics, n_steps_of_i)`` view of account number `i`."""
        m = len(self.metrics)
        return self.data[m * self.offsets[i] : m * self.offsets[i + 1]].reshape(m, -1)

    def series(self, metric: str) -> list[NDArray[np.float32]]:
        """One view per account of one metric.

        Raises
        ------
        ValueError
            If the panel does not have the metric.
        """
        if metric not in self.metrics:
            raise ValueError(f"metric: {metric!r} is not in this panel, which has {list(self.metrics)}")
        k = self.metrics.index(metric)
        return [self.block(i)[k] for i in range(len(self))]

    def select(self, accounts: ArrayLike) -> Panel:
        """Panel of some accounts, by position, in the order given (one position or a mask works too).

        Raises
        ------
        IndexError
            If a position does not exist, or a mask has another length than the panel.
        TypeError
            If the positions are not whole numbers.
        """
        given = np.asarray(accounts)
        if given.size and given.dtype.kind not in "iub":
            raise TypeError(f"accounts: {given.dtype} is not allowed; positions or a mask, not ids")
        # Indexing a range of positions knows negative ones and refuses what does not exist.
        chosen = np.atleast_1d(given) if given.size else np.empty(0, np.int64)
        positions = np.arange(len(self))[chosen]
        lengths = self.lengths[positions]
        windows = self.label_windows
        if windows is not None:
            windows = windows[windows["account_id"].isin(self.account_ids[positions])]
        blocks = [self.block(int(i)).reshape(-1) for i in positions]
        return Panel(
            np.concatenate(blocks) if blocks else np.empty(0, np.float32),
            np.concatenate([[0], np.cumsum(lengths)]),
            self.starts[positions],
            self.metrics,
            self.account_ids[positions],
            self.cadence,
            owner_ids=None if self.owner_ids is None else self.owner_ids[positions],
            is_fake=None if self.is_fake is None else self.is_fake[positions],
            label_windows=windows,
            status=self.status[positions],
        )

    def to_frame(self) -> pd.DataFrame:
        """Long table: ``account_id, timestamp`` (UTC) and one column per metric, steps in order."""
        import pandas as pd

        account = np.repeat(np.arange(len(self)), self.lengths)
        steps = np.arange(self.offsets[-1]) - self.offsets[account] + self.starts[account]
        columns: dict[str, Any] = {
            "account_id": self.account_ids[account],
            "timestamp": pd.DatetimeIndex(self.cadence.timestamps(steps)).tz_localize("UTC"),
        }
        m = len(self.metrics)
        step_in_account = np.arange(self.offsets[-1]) - self.offsets[account]
        for k, metric in enumerate(self.metrics):
            columns[metric] = self.data[
                m * self.offsets[account] + k * self.lengths[account] + step_in_account
            ]
        return pd.DataFrame(columns)
