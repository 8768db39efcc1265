"""The way a user goes: simulate accounts, judge them. Threads may change the time, never the answer."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

import fakeengage as fe
from measure import Case, main


def cases(check: bool) -> Iterator[Case]:
    n_users, length = (40, 168) if check else (500, 336)
    panel = fe.simulate(n_users=n_users, length=length, seed=1).panel
    yield Case(
        f"simulate {n_users} x {length} x 4, 2 threads beside 1",
        lambda: fe.simulate(n_users=n_users, length=length, seed=1, threads=2).panel.data,
        lambda: fe.simulate(n_users=n_users, length=length, seed=1, threads=1).panel.data,
        np.testing.assert_array_equal,
    )
    yield Case(
        f"expectation {n_users} x {length} x 4, 2 threads beside 1",
        lambda: fe.fit_expectation(panel, threads=2).expected,
        lambda: fe.fit_expectation(panel, threads=1).expected,
        np.testing.assert_array_equal,
    )
    yield Case(
        f"score {n_users} x {length} x 4, 2 threads beside 1",
        lambda: fe.score(panel, threads=2).accounts,
        lambda: fe.score(panel, threads=1).accounts,
        pd.testing.assert_frame_equal,
    )


if __name__ == "__main__":
    main("pipeline", cases)
