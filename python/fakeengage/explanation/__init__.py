"""Why: what each feature adds to the score of an account, and what a detector lives on."""

from fakeengage.explanation.importance import importances
from fakeengage.explanation.local import contributions, grouped

__all__ = ["contributions", "grouped", "importances"]
