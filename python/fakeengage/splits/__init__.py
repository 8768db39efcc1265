"""Splits that keep apart what belongs together: accounts, cohorts, owners, worlds, attacks, time.

They are splitters in scikit-learn's sense, with ``split`` and ``get_n_splits``, so ``cross_val_score``,
``cross_val_predict`` and ``GridSearchCV`` take them as ``cv=``; a :class:`~fakeengage.Panel` or a
:class:`~fakeengage.Dataset` can be split without scikit-learn just as well.
"""

from fakeengage.splits.account_splits import AccountSplit, LeaveOneAttackOut, LeaveOneWorldOut
from fakeengage.splits.components import connected_accounts
from fakeengage.splits.time_split import TimeFold, TimeSplit

__all__ = [
    "AccountSplit",
    "LeaveOneAttackOut",
    "LeaveOneWorldOut",
    "TimeFold",
    "TimeSplit",
    "connected_accounts",
]
