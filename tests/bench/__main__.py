"""Run one measurement by its module's name: ``python -m tests.bench turn --json turn.json``."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from tests.bench.report import machine_line

NAMES = ("startup", "turn")


def main() -> None:
    """Parse what all measurements share, let the module add its own options, run it, print and keep its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    chosen = parser.add_subparsers(dest="name", required=True)
    for name in NAMES:
        module = importlib.import_module(f"tests.bench.{name}")
        options = chosen.add_parser(name, description=module.__doc__)
        options.add_argument("--json", type=Path, metavar="FILE", help="also write the report as JSON")
        module.add_options(options)
        options.set_defaults(measure=module.measure)
    arguments = parser.parse_args()
    before = machine_line()
    report = arguments.measure(arguments)
    report.machine = before
    print(report.text())
    if arguments.json:
        arguments.json.write_text(report.json(), encoding="utf-8")


if __name__ == "__main__":
    main()
