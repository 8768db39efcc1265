"""The command line: parsing and words; everything else is a call of the public functions."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        Words after ``fakeengage``; those of the process when left out.

    Returns
    -------
    int
        Exit code: 0 done, 1 a check failed, 2 bad input or usage, 3 drift, 130 interrupted.
    """
    from fakeengage.cli.outcome import run

    return run(arguments)
