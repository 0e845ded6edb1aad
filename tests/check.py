"""``python -m tests.check``: format, lint, types, tests. One command, the same for a person and for CI.

Some tests drive real windows, a real sound server and killed processes. What failed is run once more by itself, only to
tell whoever reads the log whether it is unsteady: the check has failed all the same.
"""

from __future__ import annotations

import subprocess
import sys
import time

STEPS = (
    ("format", ("ruff", "format", "--check", ".")),
    ("lint", ("ruff", "check", ".")),
    ("types", ("mypy",)),
    ("tests", ("pytest", "-q", "-rs", "--durations=8")),
)


SOME_FAILED = 1
"""pytest's exit code when tests failed; others mean that it broke off, found none or was called wrongly."""


def run(*command: str) -> int:
    """Run a Python module with arguments; return its exit code."""
    return subprocess.run([sys.executable, "-m", *command], check=False).returncode


def main() -> int:
    """Run every step, even after a failure; returns 0 when all passed."""
    failed = []
    for name, command in STEPS:
        started = time.monotonic()
        print(f"== {name}: {' '.join(command)}", flush=True)
        code = run(*command)
        if name == "tests" and code == SOME_FAILED:
            print("== tests: once more, only what failed", flush=True)
            if run("pytest", "-q", "-rs", "--last-failed", "--last-failed-no-failures", "none") == 0:
                print("== tests: UNSTEADY: what failed above passed when it was run by itself", flush=True)
        print(f"== {name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s", flush=True)
        if code:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
