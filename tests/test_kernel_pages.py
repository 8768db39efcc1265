"""The pages on kernels and features name all there are. Their examples run in test_documentation.py."""

import re
from inspect import getmodule
from itertools import groupby
from pathlib import Path

import feature_table
from fakeengage import kernels
from fakeengage.features import BATCH_FAMILIES, FAMILIES, list_features

DOCS = Path(__file__).resolve().parents[1] / "docs"
KERNELS = (DOCS / "kernels.md").read_text(encoding="utf-8")


def headings(page: str, level: int) -> list[str]:
    return re.findall(rf"(?m)^{'#' * level} (.+)$", page)


def test_every_kernel_has_its_section_and_none_is_left_over() -> None:
    assert sorted(headings(KERNELS, 3)) == sorted(kernels.__all__)


def test_kernels_stand_in_groups() -> None:
    modules = [getmodule(getattr(kernels, name)) for name in headings(KERNELS, 3)]
    assert len([module for module, _ in groupby(modules)]) == len(set(modules))
    for section in KERNELS.split("\n## ")[1:]:
        assert len({getmodule(getattr(kernels, name)) for name in headings(section, 3)}) <= 1


def test_every_kernel_has_a_formula_and_says_what_missing_and_a_peer_give() -> None:
    for section in KERNELS.split("\n### ")[1:]:
        name = section.split("\n")[0]
        assert f"`{name}(" in section, name
        assert "```\n" in section, name
        assert re.search(r"(?m)^- Missing", section), name
        assert "- Peer: " in section, name


def test_the_overview_lists_the_sections_in_their_order() -> None:
    assert re.findall(r"(?m)^\| \[`(\w+)`\]\(#\1\)", KERNELS) == headings(KERNELS, 3)


def test_tables_of_measures_are_those_of_the_registry() -> None:
    page = feature_table.PAGE.read_text(encoding="utf-8")
    assert feature_table.written(page) == page, "the registry changed: python tests/feature_table.py"


def test_tables_hold_every_measure_once() -> None:
    named = re.findall(r"(?m)^\| `(\w+)`", feature_table.tables())
    known = {f.name.split("__", 1)[1] for f in list_features(families=(*FAMILIES, *BATCH_FAMILIES))}
    assert sorted(named) == sorted(known)


def test_families_of_the_page_are_those_of_the_registry() -> None:
    page = feature_table.PAGE.read_text(encoding="utf-8")
    section = page.split("\n## Families\n")[1].split("\n## ")[0]
    assert re.findall(r"(?m)^\| `(\w+)`", section) == [*FAMILIES, *BATCH_FAMILIES]


def test_every_measure_of_a_batch_has_its_section() -> None:
    page = feature_table.PAGE.read_text(encoding="utf-8")
    names = [feature.name for feature in list_features(families=BATCH_FAMILIES)]
    assert [name for name in headings(page, 3) if name in names] == names
