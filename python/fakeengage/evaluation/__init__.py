"""Evaluation of detectors against labels: every question, beside trivial baselines, with intervals."""

from fakeengage.evaluation.evaluating import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
