"""Is this engagement real? Finds fake views, likes, comments and shares in hourly series.

Public names load on first use, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fakeengage._native import VERSION

if TYPE_CHECKING:
    from fakeengage import kernels, models, plots, splits
    from fakeengage.attacks import ATTACKS, Injection, inject
    from fakeengage.cohorts import Cohorts, find_cohorts
    from fakeengage.dataset import Dataset, load_dataset
    from fakeengage.estimation import PresetEstimate, estimate_preset, simulate_alike
    from fakeengage.evaluation import Evaluation, evaluate
    from fakeengage.expectation import Expectation, PlatformFactor, fit_expectation, platform_factor
    from fakeengage.explanation import contributions, importances
    from fakeengage.features import extract_features
    from fakeengage.features.extractor import FeatureExtractor
    from fakeengage.models import load_model
    from fakeengage.panel import Panel
    from fakeengage.policies import Policy
    from fakeengage.reading import InputError, read_batches, read_panel
    from fakeengage.result import Result
    from fakeengage.scoring import score
    from fakeengage.simulation import simulate, simulate_batches, simulate_range
    from fakeengage.simulation_spec import SimulationSpec
    from fakeengage.training import train
    from fakeengage.validation import validate

__version__ = VERSION

# Public name -> module that defines it. No module shares the name of a function in it: importing
# the module would hide the function.
_HOME = {
    "ATTACKS": "attacks",
    "Cohorts": "cohorts",
    "contributions": "explanation",
    "Dataset": "dataset",
    "estimate_preset": "estimation",
    "evaluate": "evaluation",
    "Evaluation": "evaluation",
    "Expectation": "expectation",
    "extract_features": "features",
    "FeatureExtractor": "features.extractor",
    "find_cohorts": "cohorts",
    "fit_expectation": "expectation",
    "importances": "explanation",
    "inject": "attacks",
    "Injection": "attacks",
    "InputError": "reading",
    "load_dataset": "dataset",
    "load_model": "models",
    "Panel": "panel",
    "Policy": "policies",
    "platform_factor": "expectation",
    "PresetEstimate": "estimation",
    "PlatformFactor": "expectation",
    "read_batches": "reading",
    "read_panel": "reading",
    "Result": "result",
    "score": "scoring",
    "simulate": "simulation",
    "simulate_alike": "estimation",
    "simulate_batches": "simulation",
    "simulate_range": "simulation",
    "SimulationSpec": "simulation_spec",
    "train": "training",
    "validate": "validation",
}
_MODULES = ("kernels", "models", "plots", "splits")

__all__ = [
    "ATTACKS",
    "Cohorts",
    "Dataset",
    "Evaluation",
    "Expectation",
    "FeatureExtractor",
    "Injection",
    "InputError",
    "Panel",
    "PlatformFactor",
    "Policy",
    "PresetEstimate",
    "Result",
    "SimulationSpec",
    "__version__",
    "contributions",
    "estimate_preset",
    "evaluate",
    "extract_features",
    "find_cohorts",
    "fit_expectation",
    "importances",
    "inject",
    "kernels",
    "load_dataset",
    "load_model",
    "models",
    "platform_factor",
    "plots",
    "read_batches",
    "read_panel",
    "score",
    "simulate",
    "simulate_alike",
    "simulate_batches",
    "simulate_range",
    "splits",
    "train",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"fakeengage.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"fakeengage.{name}")
    raise AttributeError(f"module 'fakeengage' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})
