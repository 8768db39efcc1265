"""Memory that is used again once nobody holds it any more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class _Loan:
    """Owner, in NumPy's eyes, of lent memory: lives as long as any array that looks into it."""

    def __init__(self, memory: NDArray[Any], returned: list[NDArray[Any]]) -> None:
        self.__array_interface__ = memory.__array_interface__
        self._memory = memory
        self._returned = returned

    def __del__(self) -> None:
        self._returned.append(self._memory)


class Lender:
    """Lends arrays and takes their memory back when the last view of them is gone.

    The system finds fresh memory for large arrays at a fraction of the speed at which memory that was
    used before can be written, and gives it back at once when they are freed. NumPy keeps the owner
    of an array's memory alive for as long as any view, slice or transposed array of it exists; here
    that owner tells when it dies. So an array that is still in use is never handed out again.

    Examples
    --------
    >>> lender = Lender()
    >>> first = lender.empty(3, np.float32)
    >>> address = first.ctypes.data
    >>> view = first[1:]
    >>> del first
    >>> lender.empty(3, np.float32).ctypes.data == address
    False
    >>> del view
    >>> lender.empty(3, np.float32).ctypes.data == address
    True
    """

    def __init__(self) -> None:
        self._returned: list[NDArray[Any]] = []

    def empty(self, n: int, dtype: type[np.generic]) -> NDArray[Any]:
        """Array of `n` values of no particular content."""
        # The one returned last is the one most likely to be in the cache still.
        for i in reversed(range(len(self._returned))):
            if len(self._returned[i]) >= n and self._returned[i].dtype == dtype:
                lent = self._returned.pop(i)
                break
        else:
            # What is too small now would lie about unused: drop it before fresh memory is asked for.
            self._returned[:] = [memory for memory in self._returned if memory.dtype != dtype]
            lent = np.empty(n, dtype)
        return np.asarray(_Loan(lent, self._returned))[:n]
