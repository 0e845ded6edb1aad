"""What a process and its children use, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def tree_of(pid: int) -> list[int]:
    """Return *pid* and all its descendants."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return [pid, *(found for child in children for found in tree_of(child))]


def rss_mb(pids: list[int]) -> float:
    """Return the resident memory of *pids*, shared pages counted in each."""
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids) * PAGE_MB


def pss_mb(pids: list[int]) -> float:
    """Return the memory of *pids* with shared pages divided among those who share them."""
    total_kb = 0
    for pid in pids:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total_kb += next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
    return total_kb / 1024


def cpu_s(pids: list[int]) -> float:
    """Return the processor time that *pids* have used so far, in seconds."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S
