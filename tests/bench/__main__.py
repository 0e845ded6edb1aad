"""Run one measurement by its module's name: ``python -m tests.bench turn --json turn.json``."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from tests.bench.report import load, machine_line

NAMES = ("adapter", "gallery", "gui", "images", "moderation", "search", "startup", "turn", "uplink")


def main() -> None:
    """Parse what all measurements share, let the module add its own options, run it, print and keep its report."""
    chooser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    chooser.add_argument("name", choices=NAMES)
    name = chooser.parse_args(sys.argv[1:2]).name
    module = importlib.import_module(f"tests.bench.{name}")
    options = argparse.ArgumentParser(prog=f"python -m tests.bench {name}", description=module.__doc__)
    options.add_argument("--json", type=Path, metavar="FILE", help="also write the report as JSON")
    module.add_options(options)
    arguments = options.parse_args(sys.argv[2:])
    before = machine_line()
    report = module.measure(arguments)
    report.machine = f"{before} → {load()}"
    print(report.text())
    if arguments.json:
        arguments.json.write_text(report.json(), encoding="utf-8")


if __name__ == "__main__":
    main()
