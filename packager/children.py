"""Child processes that work on media: what they are given, and what they may use.

What a stranger's bytes can break is such a process. It is niced and has limits; its parent kills it
when it takes too long.
"""

import ctypes
import os
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass

_NICENESS = 10
_OPEN_FILES = 256
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000  # linux/sched.h


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one job may use."""

    timeout_s: float = 600.0
    memory_bytes: int = 4 * 1024**3  # of address space, most of which is never touched


def environment() -> dict[str, str]:
    """The parent's, so that a child finds the modules that its parent finds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def be_modest(memory_bytes: int) -> None:
    """Let others go first, and take no more than so much memory; in the child, at its start."""
    os.nice(_NICENESS)
    set_limit(resource.RLIMIT_AS, memory_bytes)
    set_limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    set_limit(resource.RLIMIT_CORE, 0)


def set_limit(kind: int, amount: int) -> None:
    """Set one of `resource`'s limits for good; not every system has every one."""
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (amount, amount))


def leave_network() -> bool:
    """Go where there is no network, before any thread starts; say whether the system allows it."""
    try:
        unshare = ctypes.CDLL(None).unshare
    except (AttributeError, OSError):  # not Linux
        return False
    # Without a namespace of users, root goes on reading whatever root may read.
    ways = (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET)
    return any(unshare(way) == 0 for way in ways)
