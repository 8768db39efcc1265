"""Is this engagement real? Finds fake views, likes, comments and shares in hourly series.

Public names load on first use, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fakeengage._native import VERSION

if TYPE_CHECKING:
    from fakeengage import plots
    from fakeengage.attacks import ATTACKS, Injection, inject
    from fakeengage.dataset import Dataset, load_dataset
    from fakeengage.expectation import Expectation, PlatformFactor, fit_expectation, platform_factor
    from fakeengage.panel import Panel
    from fakeengage.reading import InputError, read_batches, read_panel
    from fakeengage.result import Result
    from fakeengage.simulation import simulate, simulate_batches, simulate_range
    from fakeengage.simulation_spec import SimulationSpec
    from fakeengage.validation import validate

__version__ = VERSION

# Public name -> module that defines it. Modules stand for themselves.
_HOME = {
    "ATTACKS": "attacks",
    "Dataset": "dataset",
    "Expectation": "expectation",
    "Injection": "attacks",
    "InputError": "reading",
    "Panel": "panel",
    "PlatformFactor": "expectation",
    "Result": "result",
    "SimulationSpec": "simulation_spec",
    "fit_expectation": "expectation",
    "inject": "attacks",
    "load_dataset": "dataset",
    "platform_factor": "expectation",
    "read_batches": "reading",
    "read_panel": "reading",
    "simulate": "simulation",
    "simulate_batches": "simulation",
    "simulate_range": "simulation",
    "validate": "validation",
}
_MODULES: tuple[str, ...] = ("plots",)

__all__ = [
    "ATTACKS",
    "Dataset",
    "Expectation",
    "Injection",
    "InputError",
    "Panel",
    "PlatformFactor",
    "Result",
    "SimulationSpec",
    "__version__",
    "fit_expectation",
    "inject",
    "load_dataset",
    "platform_factor",
    "plots",
    "read_batches",
    "read_panel",
    "simulate",
    "simulate_batches",
    "simulate_range",
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
