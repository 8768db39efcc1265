"""The one error of reading: a source that cannot be read at all."""

from __future__ import annotations


class InputError(ValueError):
    """A whole source cannot be read.

    The text is one line: where, what, and after a semicolon the remedy.

    Parameters
    ----------
    where
        File, column or line at fault.
    what
        What is wrong with it.
    remedy
        What the user can do.
    """

    def __init__(self, where: str, what: str, remedy: str) -> None:
        # Ids and cells of hostile files may hold line breaks; the command line promises one line.
        line = " ".join(f"{where}: {what}; {remedy}".split())
        super().__init__("".join(c if c.isprintable() else "\ufffd" for c in line))
