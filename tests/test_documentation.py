"""What the documentation tells people to type exists, and its Python examples run."""

import itertools
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benches").glob("*.md")])
FENCE = re.compile(r"(?ms)^```(\w*)[^\n]*\n(.*?)^```$")
# A path in backticks or a link that starts in one of the project's folders.
FOLDERS = ("rust/", "python/", "tests/", "benches/", "docs/", ".github/", ".ci/", "notebooks/", "deployment/")
# Made by the commands themselves, so absent from a fresh clone.
MADE = ("outputs", "dist", "target", ".venv", "data", "models", "results")


def blocks(page: Path, *languages: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [body for language, body in FENCE.findall(text) if language in languages]


def commands(page: Path) -> list[list[str]]:
    """Every command of the page: lines of shell blocks, and code in backticks that starts like one."""
    lines = "\n".join(blocks(page, "bash", "sh", "console")).replace("\\\n", " ").splitlines()
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    lines += re.findall(r"`((?:make|fakeengage|cargo|pytest|python|maturin|pip) [^`]+)`", prose)
    found = []
    for line in lines:
        for part in re.split(r"&&|\||;", re.sub(r"(^|\s)#.*$", "", line.removeprefix("$ "))):
            if words := shlex.split(part):
                found.append(words)
    return found


def named_paths(page: Path) -> set[str]:
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    quoted = re.findall(r"`([^`\s]+)`", prose)
    links = [
        (page.parent / target).resolve().relative_to(ROOT).as_posix()
        for target in re.findall(r"\]\(([^)#\s]+)", prose)
        if "://" not in target
    ]
    return {
        path.split("::")[0] for path in quoted if path.startswith(FOLDERS) and not set(path) & set("<>*{")
    } | {*links}


@cache
def help_of(subcommand: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "fakeengage", *([subcommand] if subcommand else []), "--help"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, f"fakeengage {subcommand} --help: {done.stderr}"
    return done.stdout


def check_fakeengage(words: list[str]) -> None:
    subcommand = next((word for word in words[1:] if not word.startswith("-")), "")
    text = help_of(subcommand)
    for option in (word.split("=")[0] for word in words[1:] if word.startswith("--")):
        if option not in {"--help", "--version"}:
            assert option.replace("_", "-") in text, f"fakeengage {subcommand}: no option {option}"


def check_make(words: list[str]) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    asked = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
    assert set(asked) <= targets, f"make has no {sorted(set(asked) - targets)}"


def check_paths(words: list[str]) -> None:
    for word in words[1:]:
        path = word.split("::")[0]
        if "/" in path and not path.startswith(("-", "..", "/", *MADE)) and "://" not in path:
            assert (ROOT / path).exists() or list(ROOT.glob(path)), f"{word}: no such file"


def check_cargo(words: list[str]) -> None:
    manifests = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("rust/*/Cargo.toml"))
    for flag, value in itertools.pairwise(words):
        if flag in {"-p", "--package"}:
            assert f'name = "{value}"' in manifests, f"no crate {value}"


def check_extras(words: list[str]) -> None:
    manifest = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = [names for word in words for names in re.findall(r"(?:fakeengage|^\.)\[([\w,]+)\]", word)]
    wanted += [value for flag, value in itertools.pairwise(words) if flag in {"-E", "--extras"}]
    for extra in ",".join(wanted).split(",") if wanted else []:
        assert re.search(rf"(?m)^{extra} = \[", manifest), f"no extra {extra}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_of_the_page_exist(page: Path) -> None:
    for words in commands(page):
        check_paths(words)
        check_extras(words)
        if words[0] == "fakeengage":
            check_fakeengage(words)
        elif words[:3] == ["python", "-m", "fakeengage"]:
            check_fakeengage(words[2:])
        elif words[0] == "make":
            check_make(words)
        elif words[0] == "cargo":
            check_cargo(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_paths_of_the_page_exist(page: Path) -> None:
    missing = {path for path in named_paths(page) if not (ROOT / path).exists() and not path.startswith(MADE)}
    assert not missing


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if blocks(page, "python")],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_python_examples_of_the_page_run(page: Path, tmp_path: Path) -> None:
    """The blocks of one page run in order in one process and in an empty folder, as a reader would."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks(page, "python"))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr


def test_make_help_lists_every_target_for_people() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"(?m)^\.PHONY: (.+)$", text)
    assert set(phony.split()) == set(re.findall(r"(?m)^([a-z-]+):.*## ", text))
