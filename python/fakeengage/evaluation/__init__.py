"""Evaluation of detectors against labels: every question, beside trivial baselines, with intervals.

``evaluate`` measures on one data set, ``evaluate_seeds`` on many; ``flag_runs`` and ``discovery_table``
count false flags; :mod:`~fakeengage.evaluation.studies` trains without an attack or a world;
``full_results`` does all of it.
"""

from fakeengage.evaluation.discovery import discovery_table, flag_runs
from fakeengage.evaluation.evaluating import Evaluation, evaluate
from fakeengage.evaluation.results import Results, full_results
from fakeengage.evaluation.seeds import evaluate_seeds, over_seeds
from fakeengage.evaluation.studies import (
    cross_preset,
    cross_validation,
    learning_curve,
    leave_one_attack_out,
    leave_one_world_out,
)

__all__ = [
    "Evaluation",
    "Results",
    "cross_preset",
    "cross_validation",
    "discovery_table",
    "evaluate",
    "evaluate_seeds",
    "flag_runs",
    "full_results",
    "learning_curve",
    "leave_one_attack_out",
    "leave_one_world_out",
    "over_seeds",
]
