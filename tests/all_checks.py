"""Every check of the project, one after another, stopping at the first that fails: `make test`.

Runs with the interpreter of the environment that `make` built. `--only NAME ...` picks checks and
`--list` names them.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-q"]


# Studies measure quality and take minutes; the smallest pass of those that can run without data of others.
STUDIES = [
    ["calibration_published.py", "--seeds", "1", "--n-users", "100", "--full"],
    ["detectors_published.py", "--seeds", "1", "--n-users", "100"],
    ["transfer.py", "--accounts", "48", "--most", "4", "--resamples", "2"],
]


def benchmarks() -> list[list[str]]:
    """One quick pass of every benchmark: answers are compared, nothing is timed or recorded."""
    folder = ROOT / "benches"
    quick = [[PYTHON, str(path), "--check"] for path in sorted(folder.glob("bench_*.py"))]
    return quick + [[PYTHON, str(folder / name), *options] for name, *options in STUDIES]


# Name -> commands. The order is the cheapest first, so that a slip shows within seconds.
CHECKS: dict[str, list[list[str]]] = {
    "rust-format": [["cargo", "fmt", "--all", "--check"]],
    "clippy": [
        ["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"]
    ],
    "ruff": [[PYTHON, "-m", "ruff", "check", "."]],
    "python-format": [[PYTHON, "-m", "ruff", "format", "--check", "."]],
    "mypy": [[PYTHON, "-m", "mypy", "--strict"]],
    "stubtest": [
        [PYTHON, "-m", "mypy.stubtest", "--allowlist", "tests/stubtest_allowlist.txt", "fakeengage._native"]
    ],
    "cargo-test": [["cargo", "test", "--workspace", "--locked", "--quiet"]],
    "pytest": [[*PYTEST, "tests"]],
    "docs": [[*PYTEST, "--doctest-modules", "python/fakeengage"]],
    "benches": benchmarks(),
    "wheel": [[*PYTEST, "-m", "wheel", "tests/test_wheel.py"]],
}

# Closing lines of the two test runners, such as "3 passed, 1 skipped in 0.02s" and
# "test result: ok. 12 passed; 0 failed; 0 ignored; ...".
SUMMARY = re.compile(r"^(?:=+ )?(?:\d+ \w+, )*\d+ \w+(?:, \d+ \w+)* in [\d.:]+s|^test result: ")
COUNT = re.compile(r"(\d+) (passed|failed|skipped|ignored|errors?|xfailed)")


def run(command: Sequence[str], counts: Counter[str]) -> int:
    """Run one command, echo its output line by line and add up the tests that it reports."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if SUMMARY.match(line):
                for number, word in COUNT.findall(line):
                    counts[{"ignored": "skipped", "error": "failed", "errors": "failed"}.get(word, word)] += (
                        int(number)
                    )
    return process.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=CHECKS, default=list(CHECKS))
    parser.add_argument("--list", action="store_true", help="name the checks and leave")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(CHECKS))
        return 0
    if shutil.which("cargo") is None:
        print(
            "all_checks: cargo not found; install Rust 1.89 or newer from https://rustup.rs", file=sys.stderr
        )
        return 2
    counts: Counter[str] = Counter()
    seconds: dict[str, float] = {}
    for number, name in enumerate(arguments.only, start=1):
        print(f"\n== {number}/{len(arguments.only)} {name}", flush=True)
        begun = time.perf_counter()
        for command in CHECKS[name]:
            status = run(command, counts)
            if status:
                print(f"\nall_checks: {name} failed: {subprocess.list2cmdline(command)}", file=sys.stderr)
                print(f"Again, alone: {PYTHON} tests/all_checks.py --only {name}", file=sys.stderr)
                return 1
        seconds[name] = time.perf_counter() - begun
    print("\n== all checks passed")
    for name, took in seconds.items():
        print(f"{name:<14}{took:7.1f} s")
    if counts:
        print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
