"""One finding, and all of them ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "note", "ok"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note", "ok")


@dataclass(frozen=True)
class Finding:
    """Outcome of one check.

    Parameters
    ----------
    check
        Name of the check.
    severity
        ``error`` (the data cannot be trusted as it is), ``warning`` (look), ``note`` (a description), ``ok``.
    figure
        The number that was judged.
    message
        What it means.
    remedy
        What to do; empty where there is nothing to do.
    """

    check: str
    severity: Severity
    figure: float
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Validation:
    """All findings.

    Parameters
    ----------
    findings
        ``check, severity, figure, message, remedy``, errors first.
    ok
        Whether there is no error.
    parts
        What each finding belongs to: ``quality``, ``statistics`` or ``labels``.
    """

    findings: pd.DataFrame
    ok: bool
    parts: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Mapping[str, Iterable[Finding]]) -> Validation:
        """Ranked findings of each part; within a severity the order of the checks stays."""
        import pandas as pd

        every = [(part, finding) for part, findings in found.items() for finding in findings]
        every.sort(key=lambda pair: SEVERITIES.index(pair[1].severity))
        columns = ["check", "severity", "figure", "message", "remedy"]
        rows = [[getattr(finding, column) for column in columns] for _, finding in every]
        frame = pd.DataFrame(rows, columns=columns)
        passed = not any(finding.severity == "error" for _, finding in every)
        return cls(frame, passed, tuple(part for part, _ in every))

    def part(self, name: str) -> pd.DataFrame:
        """Findings of one part: ``quality``, ``statistics`` or ``labels``."""
        return self.findings[[part == name for part in self.parts]]

    def __str__(self) -> str:
        columns = (self.findings[name] for name in ("severity", "check", "message", "remedy"))
        lines = [
            f"{severity:8} {check}: {message}" + (f" - {remedy}" if remedy else "")
            for severity, check, message, remedy in zip(*columns, strict=True)
        ]
        return "\n".join([*lines, "ok" if self.ok else "not ok"])


def share(value: float) -> str:
    """A share as people read it."""
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def plain(value: float) -> str:
    """A figure as people read it: two digits that count, no exponent."""
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def graded(value: float, note: float, warning: float, error: float = float("inf")) -> Severity:
    """Severity of a value that is worse the larger it is."""
    if value > error:
        return "error"
    if value > warning:
        return "warning"
    return "note" if value > note else "ok"
