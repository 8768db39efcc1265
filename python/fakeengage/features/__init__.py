"""Self-normalised features of engagement series, from the registry in the Rust core."""

from __future__ import annotations

from fakeengage.features.extraction import extract_features, feature_matrix
from fakeengage.features.registry import (
    BATCH_FAMILIES,
    FAMILIES,
    SUMMARY_OWNERS,
    Feature,
    list_features,
)

# The transformer stands in `features.extractor`: it needs scikit-learn, which is slow to import.
__all__ = [
    "BATCH_FAMILIES",
    "FAMILIES",
    "SUMMARY_OWNERS",
    "Feature",
    "extract_features",
    "feature_matrix",
    "list_features",
]
