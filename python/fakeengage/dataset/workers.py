"""Parts made by several threads, handed out in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_AHEAD = 2
"""Parts per thread that may be done or under way before the oldest one is: keeps all threads busy."""


def in_order(make: Callable[[int], T], n: int, threads: int) -> Generator[T, None, None]:
    """``make(0), make(1), …, make(n - 1)``, made on `threads` threads and given in that order.

    When the caller stops early or a part fails, parts that are under way are finished and no
    further ones begun.
    """
    if threads == 1 or n == 1:
        yield from map(make, range(n))
        return
    waiting: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(max_workers=min(threads, n), thread_name_prefix="fakeengage")
    try:
        for number in range(n):
            waiting.append(pool.submit(make, number))
            if len(waiting) == _AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
