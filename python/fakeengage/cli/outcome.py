"""Runs a command and turns whatever goes wrong into one line and an exit code."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

from fakeengage.cli.app import COMMANDS, CliError, app
from fakeengage.cli.console import settings

INTERRUPTED = 130
BROKEN_PIPE = 141
UNEXPECTED = 70


def run(arguments: Sequence[str] | None = None) -> int:
    """Exit code of the command in `arguments` (those of the process when left out)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    words, settings.debug = _take(words, "--debug")
    words, settings.quiet = _take(words, "--quiet")
    command = next((word for word in words if not word.startswith("-")), None)
    known = {function.__name__ for function in COMMANDS}
    settings.command = f"fakeengage {command}" if command in known else "fakeengage"
    with warnings.catch_warnings():
        if not settings.debug:
            warnings.showwarning = _show_warning  # type: ignore[assignment]
        try:
            code = app(args=words or ["--help"], prog_name="fakeengage", standalone_mode=False)
            sys.stdout.flush()
            # Typer turns an interrupt into a code of its own, without a word.
            return _interrupted() if code == INTERRUPTED else code if isinstance(code, int) else 0
        except Exception as error:
            if settings.debug and not isinstance(error, CliError):
                raise
            return _explain(error)
        except KeyboardInterrupt:
            return _interrupted()


def _interrupted() -> int:
    return _say("interrupted; files already written are whole", INTERRUPTED)


def _take(words: list[str], flag: str) -> tuple[list[str], bool]:
    """`words` without `flag`, which may stand before or after the command."""
    end = words.index("--") if "--" in words else len(words)
    kept = [word for word in words[:end] if word != flag]
    return kept + words[end:], len(kept) < end


def _explain(error: Exception) -> int:
    if isinstance(error, CliError):
        # Typer has no message where it has shown the help itself.
        message = " ".join(error.format_message().split())
        return _say(f"{message.rstrip('.')}; see {settings.command} --help", 2) if message else 2
    if isinstance(error, BrokenPipeError):
        # The reader of the pipe has had enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    if type(error).__name__ == "Abort":
        return _interrupted()
    if isinstance(error, FileNotFoundError) and error.filename:
        return _say(f"{error.filename}: no such file or folder; check the path", 2)
    if isinstance(error, OSError) and error.filename:
        return _say(f"{error.filename}: {error.strerror or error}", 2)
    if isinstance(error, MemoryError):
        return _say("not enough memory; score the accounts in parts, or use a machine with more", 2)
    if isinstance(error, (ValueError, TypeError, ImportError, OSError)):
        return _say(str(error) or type(error).__name__, 2)
    return _say(
        f"{type(error).__name__}: {error}; this is a fault of fakeengage, --debug shows where", UNEXPECTED
    )


def _say(message: str, code: int) -> int:
    line = " ".join(str(message).split())
    print(f"{settings.command}: {line}", file=sys.stderr)
    return code


def _show_warning(message: Warning | str, *_: object) -> None:
    if not settings.quiet:
        print(f"{settings.command}: note: {' '.join(str(message).split())}", file=sys.stderr)
