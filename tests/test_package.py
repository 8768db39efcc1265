"""What the package promises as a package: names, types, version, weight, safety and clean sources."""

import ast
import importlib.metadata
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import fakeengage as fe
from fakeengage import _native

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "fakeengage"
HEAVY = {
    "dask",
    "fastapi",
    "jinja2",
    "matplotlib",
    "numba",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "safetensors",
    "scipy",
    "shap",
    "sklearn",
    "torch",
}
TEXT = {".cff", ".css", ".html", ".js", ".md", ".py", ".pyi", ".rs", ".sh", ".toml", ".yaml", ".yml"}


def sources() -> list[Path]:
    """Files under version control, or without git those of the folders that hold sources."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    else:
        folders = ("python", "rust", "tests", "benches", "docs", ".github", ".ci")
        paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
        paths += list(ROOT.glob("*"))
    return sorted(path for path in paths if path.is_file() and "__pycache__" not in path.parts)


def requirements() -> dict[str, set[str]]:
    """Requirements of the installed package by extra; the default ones stand under ''."""
    found: dict[str, set[str]] = {}
    for line in importlib.metadata.requires("fakeengage") or []:
        requirement, _, marker = line.partition(";")
        extra = re.search(r"extra == ['\"](\w+)['\"]", marker)
        found.setdefault(extra[1] if extra else "", set()).add(requirement.strip())
    return found


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after running the code."""
    listing = "import sys; print('\\n' + '\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{listing}"], capture_output=True, text=True, check=True
    )
    return {line.split(".")[0] for line in done.stdout.splitlines()}


def test_version_comes_from_the_crate() -> None:
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'(?m)^version = "(.+)"$', manifest)
    assert fe.__version__ == version == importlib.metadata.version("fakeengage")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in pyproject
    assert not re.search(r"(?m)^version\b", pyproject)


def test_changelog_knows_this_version() -> None:
    assert re.search(
        rf"(?m)^## \[?{re.escape(fe.__version__)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    )


def test_types_are_shipped() -> None:
    assert (PACKAGE / "py.typed").is_file()
    assert (PACKAGE / "_native.pyi").is_file()


def test_stub_names_exactly_what_the_extension_exports() -> None:
    tree = ast.parse((PACKAGE / "_native.pyi").read_text(encoding="utf-8"))
    described = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            described.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            described.add(node.target.id)
    public = {name for name in described if not name.startswith("_")}
    assert public == {name for name in dir(_native) if not name.startswith("_")}


def test_public_names_are_listed_documented_and_importable() -> None:
    assert len(set(fe.__all__)) == len(fe.__all__)
    assert set(fe.__all__) == {*fe._HOME, *fe._MODULES, "__version__"}
    assert set(fe.__all__) <= set(dir(fe))
    for name in fe.__all__:
        assert getattr(fe, name) is not None
    undocumented = [
        name
        for name in fe._HOME
        if not isinstance(getattr(fe, name), tuple) and not getattr(fe, name).__doc__
    ]
    assert not undocumented


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        fe.no_such_name  # noqa: B018


def test_unsafe_code_is_forbidden_in_every_crate() -> None:
    assert 'unsafe_code = "forbid"' in (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    crates = sorted((ROOT / "rust").glob("*/Cargo.toml"))
    assert [path.parent.name for path in crates] == ["core", "py", "store"]
    for path in crates:
        assert "[lints]\nworkspace = true" in path.read_text(encoding="utf-8")
    for path in (ROOT / "rust").rglob("*.rs"):
        assert not re.search(
            r"\bunsafe\s*(\{|fn|impl)|allow\(unsafe_code", path.read_text(encoding="utf-8")
        ), path


def test_import_loads_nothing_heavy() -> None:
    assert not loaded_by("import fakeengage") & HEAVY


@pytest.mark.skipif(not (PACKAGE / "cli").is_dir(), reason="no command line yet")
def test_help_loads_nothing_heavy() -> None:
    code = "\n".join(
        [
            "import sys",
            "from fakeengage.cli import main",
            "sys.argv = ['fakeengage', '--help']",
            "try: main()",
            "except SystemExit: pass",
        ]
    )
    loaded = loaded_by(code)
    assert not loaded & HEAVY
    assert "numpy" not in loaded


def test_extra_all_is_the_sum_of_the_others() -> None:
    extras = requirements()
    assert extras["all"] == extras["deep"] | extras["serve"] | extras["cluster"]


def test_default_dependencies_hold_nothing_that_scoring_never_needs() -> None:
    names = {re.split(r"[\[>=<]", requirement)[0] for requirement in requirements()[""]}
    assert {"numpy", "pandas", "pyarrow"} <= names
    assert not names & {"torch", "numba", "shap", "fastapi", "dask", "polars"}


def test_source_files_stay_short() -> None:
    """400 lines is where a file should be split; 450 is where this test insists."""
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in sources()
        if path.suffix in {".py", ".rs", ".pyi"}
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    ]
    assert not long


def test_sources_name_no_place_on_this_machine() -> None:
    traces = {f"{ROOT.parent}{os.sep}", f"{Path.home()}{os.sep}"} - {os.sep, f"{Path.home().anchor}"}
    host = socket.gethostname()
    if len(host) >= 6 and "localhost" not in host:
        traces.add(host)
    found = [
        f"{path.relative_to(ROOT)}: {trace}"
        for path in sources()
        if path.suffix in TEXT or not path.suffix
        for trace in traces
        if trace in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert not found
