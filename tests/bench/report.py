"""Figures as a table and as JSON: median, 95th percentile, worst, how many, and on which machine."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Series:
    """Values of one quantity. *target* is said beside the figures, not judged."""

    name: str
    values: Sequence[float]
    unit: str = "ms"
    target: str = ""

    def row(self) -> tuple[str, ...]:
        """Return name, n, median, p95, worst, unit and target as text."""
        if not self.values:
            return (self.name, "0", "-", "-", "-", self.unit, self.target)
        figures = (np.median(self.values), np.percentile(self.values, 95), np.max(self.values))
        return (self.name, str(len(self.values)), *(f"{figure:.1f}" for figure in figures), self.unit, self.target)

    def as_dict(self) -> dict[str, Any]:
        """Return the series with every single value."""
        found: dict[str, Any] = {"name": self.name, "unit": self.unit, "target": self.target, "n": len(self.values)}
        if self.values:
            found["median"] = round(float(np.median(self.values)), 3)
            found["p95"] = round(float(np.percentile(self.values, 95)), 3)
        return found | {"values": [round(float(value), 3) for value in self.values]}


@dataclass
class Report:
    """What a measurement found; *notes* say how it was measured and how sure it is."""

    title: str
    series: list[Series] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    machine: str = ""

    def text(self) -> str:
        """Return the report for a person."""
        rows = [("", "n", "median", "p95", "max", "", "target"), *(series.row() for series in self.series)]
        widths = [max(len(row[column]) for row in rows) for column in range(7)]
        lines = [self.title, f"  {self.machine}", ""]
        for name, *figures, unit, target in rows:
            cells = [name.ljust(widths[0]), *(f.rjust(w) for f, w in zip(figures, widths[1:5], strict=True))]
            lines.append("  ".join(["", *cells, unit.ljust(widths[5]), target]).rstrip())
        return "\n".join([*lines, "", *(f"  {note}" for note in self.notes)])

    def json(self) -> str:
        """Return the report with every single value."""
        rows = [series.as_dict() for series in self.series]
        body = {"title": self.title, "machine": self.machine, "notes": self.notes, "series": rows}
        return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def machine_line() -> str:
    """Say on what the figures were taken: processor, cores, Python, how busy the machine was at the start."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, load {load()}"


def load() -> str:
    """Return how many processes wanted a processor over the last minute."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
