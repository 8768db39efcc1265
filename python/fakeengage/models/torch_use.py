"""How detectors use torch, which only training needs: found or asked for, on one thread, on a device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DEVICES = ("auto", "cpu", "cuda")


def need_torch(detector: str) -> Any:
    """The module torch, or an ImportError that says what needs it and how to get it."""
    try:
        import torch
    except ImportError:
        raise ImportError(f"{detector}: training needs torch; pip install 'fakeengage[deep]'") from None
    return torch


def pick_device(torch: Any, device: str) -> str:
    """``cpu`` or ``cuda``; ``auto`` takes a GPU where there is one.

    Raises
    ------
    ValueError
        If a GPU is asked for and there is none.
    """
    cuda = torch.cuda.is_available()
    if device == "cuda" and not cuda:
        raise ValueError("device: 'cuda' is not there; 'cpu' or 'auto'")
    return "cuda" if cuda and device != "cpu" else "cpu"


@contextmanager
def one_thread(torch: Any) -> Iterator[None]:
    """Torch on one thread: the same bits on any number of cores, and no thread that waits for another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
