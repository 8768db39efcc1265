"""The tables of measures in docs/features.md, made from the registry: `python tests/feature_table.py`."""

from __future__ import annotations

from pathlib import Path

from fakeengage.features import BATCH_FAMILIES, FAMILIES, Feature, list_features
from fakeengage.panel import METRICS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "features.md"
BEGIN = "<!-- made by tests/feature_table.py -->\n"
END = "<!-- end of what tests/feature_table.py made -->\n"

# Measures of one metric, of a pair and of all metrics are each listed under one owner of their kind.
OWNERS = {
    METRICS[0]: "metric",
    "any_ratio": "pair",
    "joint": "account",
    **dict.fromkeys(BATCH_FAMILIES, "batch"),
}
HEADER = "| measure | of a | unit | steps | needs | meaning |\n|---|---|---|---|---|---|\n"


def row(feature: Feature) -> str:
    owner, measure = feature.name.split("__", 1)
    cells = (
        f"`{measure}`" + (" ▲" if feature.high_is_suspicious else ""),
        OWNERS[owner],
        feature.unit,
        str(feature.min_steps),
        feature.needs,
        feature.meaning,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def tables() -> str:
    """One table per family, in the order of the registry."""
    parts = []
    for family in (*FAMILIES, *BATCH_FAMILIES):
        listed = [f for f in list_features(METRICS, family) if f.name.split("__")[0] in OWNERS]
        parts.append(f"### {family}\n\n{HEADER}{''.join(map(row, listed))}\n")
    return "\n" + "".join(parts)


def written(page: str) -> str:
    """The page with the tables of the registry between its two marks."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return before + BEGIN + tables() + END + after


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
