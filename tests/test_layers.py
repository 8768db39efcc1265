"""Who may import whom: the table of docs/architecture.md, held against every import in the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import fakeengage as fe

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "fakeengage"
CORE = ROOT / "rust" / "core" / "src"

# From the ground up. A module imports from its own layer and from those above it in this list.
PYTHON_LAYERS = [
    {"_native"},
    {"_validate", "cadence", "lending", "ranking", "resampling", "tables"},
    {"panel"},
    {"attacks", "dataset", "estimation", "presets", "simulation", "simulation_spec"}
    | {"expectation", "features", "kernels", "reading", "splits"},
    {"baselines", "calibration", "cohorts", "explanation", "models", "reasons"},
    {"result", "validation"},
    {"evaluation", "plots", "scoring", "training"},
    {"report"},
    {"config", "monitor", "pipeline", "service"},
    {"cli", "__main__"},
]
# Doors that a type opens to a higher layer: (from, to), used inside one method only.
DOORS = {
    ("panel", "reading"),  # Panel.from_frame reads tables as read_panel does
    ("result", "report"),  # Result.report writes the page
}
# Judging accounts must work without knowing how fraud is simulated.
BLIND = {
    "calibration",
    "cohorts",
    "expectation",
    "explanation",
    "features",
    "kernels",
    "models",
    "panel",
    "reading",
    "reasons",
}
BLIND |= {"result", "scoring"}
SIMULATION = {"attacks", "dataset", "estimation", "presets", "simulation", "simulation_spec"}

# Packages that only some modules may use, at whatever place in the file.
CONFINED = {
    "torch": {"models"},
    "sklearn": {"baselines", "evaluation", "features", "models", "pipeline", "splits", "validation"},
    "safetensors": {"models"},
    "matplotlib": {"plots", "report"},
    "jinja2": {"report"},
    "pydantic": {"config", "service"},
    "yaml": {"config", "presets", "simulation"},
    "typer": {"cli"},
    "rich": {"cli"},
    "fastapi": {"service"},
    "uvicorn": {"service", "cli"},
}
# Slow to import, or a way to run code from a file.
NEVER = {"numba", "shap", "pickle", "joblib"}

RUST_LAYERS = [
    {"error"},
    {"rows", "rng"},
    {"lanes"},
    {"kernels"},
    {"simulate", "attack", "features", "expectation", "forest", "dense", "net", "preparation", "shapley"}
    | {"windows", "cohorts", "scoring"},
    {"coordination"},
]


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part_of(path: Path) -> str:
    """The first name below the package: `report/page.py` belongs to `report`."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer_of(part: str) -> int:
    for level, parts in enumerate(PYTHON_LAYERS):
        if part in parts:
            return level
    raise AssertionError(f"{part}: has no layer; add it to PYTHON_LAYERS and to docs/architecture.md")


def runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but the bodies of `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from runtime_nodes(node)


def imports(path: Path) -> Iterator[str]:
    """Full dotted names that a file imports when it runs, relative ones resolved."""
    package = ["fakeengage", *path.relative_to(PACKAGE).parts[:-1]]
    for node in runtime_nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def own_parts(path: Path) -> set[str]:
    """Parts of the package that a file imports, itself excepted; public names count as their home."""
    known = set().union(*PYTHON_LAYERS) | {part_of(other) for other in modules()}
    names = [name.split(".") for name in imports(path)]
    second = {name[1] for name in names if name[0] == "fakeengage" and len(name) > 1}
    own = part_of(path)
    parts = {fe._HOME.get(name, name).split(".")[0] for name in second} & known
    return {part for part in parts if part != own and (own, part) not in DOORS}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_python_imports_point_downwards(path: Path) -> None:
    level = layer_of(part_of(path))
    upward = {part for part in own_parts(path) if layer_of(part) > level}
    assert not upward, f"{part_of(path)} imports {sorted(upward)} from a higher layer"


def test_judging_does_not_know_the_simulator() -> None:
    seen = {part_of(path): own_parts(path) & SIMULATION for path in modules() if part_of(path) in BLIND}
    assert not {part: names for part, names in seen.items() if names}


def test_packages_stay_where_they_belong() -> None:
    strays = []
    for path in modules():
        for name in {name.split(".")[0] for name in imports(path)}:
            if name in NEVER or part_of(path) not in CONFINED.get(name, {part_of(path)}):
                strays.append(f"{path.relative_to(PACKAGE)}: {name}")
    assert not strays


def test_parts_of_the_python_package_form_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in modules():
        graph.setdefault(part_of(path), set()).update(own_parts(path))
    done: set[str] = set()

    def visit(part: str, trail: tuple[str, ...]) -> None:
        assert part not in trail, " -> ".join([*trail, part])
        if part not in done:
            for other in sorted(graph.get(part, ())):
                visit(other, (*trail, part))
            done.add(part)

    for part in sorted(graph):
        visit(part, ())


def test_rust_core_knows_neither_python_nor_files() -> None:
    manifest = (ROOT / "rust" / "core" / "Cargo.toml").read_text(encoding="utf-8")
    assert not re.findall(r"(?m)^(pyo3|numpy|rayon|tokio|rand)\b", manifest)
    for path in CORE.rglob("*.rs"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bstd::(fs|net|process|env)\b|\bpyo3::", text), path


def test_rust_modules_point_downwards() -> None:
    levels = {name: level for level, names in enumerate(RUST_LAYERS) for name in names}
    for path in CORE.rglob("*.rs"):
        own = path.relative_to(CORE).parts[0].removesuffix(".rs")
        if own == "lib":
            continue
        assert own in levels, f"{own}: has no layer; add it to RUST_LAYERS and to docs/architecture.md"
        text = path.read_text(encoding="utf-8")
        used = set(re.findall(r"\bcrate::(\w+)", text)) | set(
            re.findall(r"^\s*(\w+)::", "\n".join(re.findall(r"use crate::\{(.*?)\};", text, re.DOTALL)), re.M)
        )
        above = {name for name in used if levels.get(name, 0) > levels[own]}
        assert not above, f"{path.relative_to(CORE)} imports {sorted(above)}"
        judges = {"dense", "forest", "net", "preparation", "shapley", "windows", "cohorts", "scoring"}
        if own in judges | {"coordination", "features", "expectation"}:
            assert not used & {"simulate", "attack"}, f"{path.relative_to(CORE)} knows the simulator"


def test_table_in_the_documentation_names_every_part() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    missing = {part for part in {part_of(path) for path in modules()} if f"`{part}`" not in text}
    assert not missing, f"docs/architecture.md does not mention {sorted(missing)}"
