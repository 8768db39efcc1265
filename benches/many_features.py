"""Features of many accounts, in a process that does nothing else: time and peak memory as JSON.

usage: python benches/many_features.py ACCOUNTS TIMES THREADS simulates ACCOUNTS and repeats them TIMES times
"""

import json
import sys
import time

import numpy as np

import fakeengage as fe
from memory import AVAILABLE, peak_bytes, resident_bytes


def main(n: int, times: int, threads: int) -> None:
    few = fe.simulate(n_users=n, seed=1).panel
    # Also warms up.
    alone = fe.extract_features(few, threads=threads).to_numpy()
    before = resident_bytes() if AVAILABLE else 0
    of_few = few.values.transpose(0, 2, 1)
    values = np.empty((times, *of_few.shape), dtype=np.float32)
    values[:] = of_few
    panel = fe.Panel.from_arrays(values.reshape(-1, *of_few.shape[1:]).transpose(0, 2, 1))
    assert np.shares_memory(panel.data, values)
    wall, cpu = time.perf_counter(), time.process_time()
    found = fe.extract_features(panel, threads=threads)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    added = peak_bytes() - before if AVAILABLE else np.nan
    whole = found.to_numpy()
    size = values.nbytes + whole.nbytes
    for k in range(times):
        np.testing.assert_array_equal(whole[k * n : (k + 1) * n], alone)
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "size_mb": size / 1e6, "peak_to_size": added / size}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
