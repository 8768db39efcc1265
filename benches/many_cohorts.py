"""Cohorts of many accounts, in a process that does nothing else: time and peak memory as JSON.

usage: python benches/many_cohorts.py ACCOUNTS THREADS
"""

import json
import sys
import time

import numpy as np

import fakeengage as fe
from memory import AVAILABLE, peak_bytes, resident_bytes


def main(n: int, threads: int) -> None:
    panel = fe.simulate(n_users=n, seed=5).panel
    fe.find_cohorts(panel.select(range(100)), threads=threads)  # imports and warms up
    before = resident_bytes() if AVAILABLE else 0
    wall, cpu = time.perf_counter(), time.process_time()
    found = fe.find_cohorts(panel, threads=threads)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    added = peak_bytes() - before if AVAILABLE else np.nan
    figures = {
        "wall_s": wall,
        "cpu_s": cpu,
        "added_mb": added / 1e6,
        "added_to_panel": added / panel.data.nbytes,
        "n_cohorts": found.table["cohort_id"].nunique(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
