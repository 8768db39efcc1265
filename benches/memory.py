"""Memory of this process, as the kernel of the system counts it."""

import sys
from pathlib import Path

AVAILABLE = sys.platform == "linux"


def _status(field: str) -> int:
    """Not `ru_maxrss`: on Linux a process starts with the peak of the one that started it."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}")


def resident_bytes() -> int:
    """Memory in use now."""
    return _status("VmRSS")


def peak_bytes() -> int:
    """The most that was ever in use."""
    return _status("VmHWM")
