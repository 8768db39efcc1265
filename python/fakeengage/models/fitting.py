"""The small fits of an auditor: a linear head, what is usual, and the curve of its probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fit_head(hidden: NDArray[np.float64], fake: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Linear model on what the net saw: intercept, then one weight per hidden unit."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        scaler = StandardScaler().fit(hidden)
        model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
        model.fit(scaler.transform(hidden), fake)
    weights = model.coef_[0] / scaler.scale_
    return np.concatenate([[float(model.intercept_[0] - weights @ scaler.mean_)], weights])


def usual_high(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 98 % point of each column; infinite, so never exceeded, where no account has a value."""
    out = np.full(features.shape[1], np.inf)
    known = ~np.isnan(features).all(axis=0)
    out[known] = np.nanquantile(features[:, known], 0.98, axis=0)
    return out


def fit_curve(
    evidence: NDArray[np.float64], fake: NDArray[np.bool_], prevalence: float
) -> tuple[float, float]:
    """Intercept and slope of a logistic curve of fraud over the evidence, fakes weighted to `prevalence`."""
    from sklearn.linear_model import LogisticRegression

    weights = np.where(fake, prevalence / fake.sum(), (1 - prevalence) / (~fake).sum())
    model = LogisticRegression(C=1e6).fit(evidence[:, None], fake, sample_weight=weights * len(fake))
    return float(model.intercept_[0]), float(model.coef_[0, 0])
