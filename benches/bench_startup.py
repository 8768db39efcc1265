"""How long a user waits before anything happens: `import fakeengage` and `fakeengage --help`."""

import subprocess
import sys
from collections.abc import Iterator

from measure import RUNS, Case, main, timed

# Seconds that starting may take beyond the bare interpreter: people type these all day.
IMPORT_LIMIT = 0.2
HELP_LIMIT = 0.3


def python(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


def within(limit: float, *arguments: str) -> None:
    best = min(timed(lambda: python(*arguments)).wall for _ in range(RUNS))
    assert best <= limit, f"{' '.join(arguments)}: {best:.3f} s, limit {limit} s"


def cases(check: bool) -> Iterator[Case]:
    def imports(answer: str, _: str) -> None:
        assert answer.count(".") == 2
        if not check:
            within(IMPORT_LIMIT, "-c", "import fakeengage")

    def helps(answer: str, _: str) -> None:
        assert "score" in answer
        if not check:
            within(HELP_LIMIT, "-m", "fakeengage", "--help")

    yield Case("interpreter alone", lambda: python("-c", "print('0.0.0')"), None, lambda _, __: None)
    yield Case(
        "import fakeengage",
        lambda: python("-c", "import fakeengage; print(fakeengage.__version__)"),
        None,
        imports,
    )
    yield Case("fakeengage --help", lambda: python("-m", "fakeengage", "--help"), None, helps)


if __name__ == "__main__":
    main("startup", cases)
