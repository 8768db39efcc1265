"""Tables of figures as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def pivot(table: pd.DataFrame, by: str = "figure", *, digits: int = 3, missing: str = "–") -> pd.DataFrame:
    """Tidy figures as one row per detector and one column per figure: ``0.87 (0.83–0.90)``.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"detector": "d", "figure": "AUROC", "value": 0.874, "low": 0.83, "high": 0.9}
    >>> pivot(pd.DataFrame([row]))["AUROC"].tolist()
    ['0.874 (0.830–0.900)']
    """
    import pandas as pd

    rows: dict[str, dict[str, str]] = {}
    for record in table.to_dict("records"):
        value, low, high = (float(record[name]) for name in ("value", "low", "high"))
        text = missing if np.isnan(value) else with_interval(value, low, high, digits)
        rows.setdefault(str(record["detector"]), {})[str(record[by])] = text
    return pd.DataFrame([{"detector": name, **figures} for name, figures in rows.items()]).fillna(missing)


def with_interval(value: float, low: float, high: float, digits: int = 3) -> str:
    """``0.874 (0.830–0.900)``; the value alone without an interval.

    Examples
    --------
    >>> with_interval(0.5, float("nan"), float("nan"), 2)
    '0.50'
    """
    if not np.isfinite(low):
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def markdown_table(frame: pd.DataFrame) -> str:
    """A frame as a table in Markdown.

    Examples
    --------
    >>> import pandas as pd
    >>> print(markdown_table(pd.DataFrame({"a": [1], "b": [0.5]})))
    | a | b |
    |---|---|
    | 1 | 0.500 |
    """
    lines = [_line(frame.columns), "|" + "---|" * len(frame.columns)]
    lines += [_line(record) for record in frame.itertuples(index=False, name=None)]
    return "\n".join(lines)


def _line(cells: Any) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(cell: Any) -> str:
    if isinstance(cell, float):
        return "–" if np.isnan(cell) else f"{cell:.3f}"
    return str(cell).replace("|", r"\|")
