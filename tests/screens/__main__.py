"""Write pictures of the real window: each state, light and dark, 1280 and 900 wide, at 1x and 2x.

Every state is reached by events through the real bridge; levels arrive at their real pace, so ring and trace are what
a person would see. Each scale runs in a process of its own, because Qt reads it once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

SIZES = ((1280, 800), (900, 640))
EXTRA_SIZES = ((640, 400),)
SCALES = (1, 2)
LOOKS = ("light", "dark")


def main() -> int:
    """Write all pictures into the folder that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--scale", type=int, choices=SCALES, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="each state once, at 1x; speech lasts an instant")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.scale is not None:
        write(options.folder, options.scale, is_quick=options.quick)
        return 0
    for scale in SCALES[:1] if options.quick else SCALES:
        environment = {**os.environ, "QT_SCALE_FACTOR": str(scale)}
        if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
            environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        command = [sys.executable, "-m", "tests.screens", str(options.folder), "--scale", str(scale)]
        subprocess.run([*command, "--quick"] if options.quick else command, env=environment, check=True)
    return 0


def write(folder: Path, scale: int, *, is_quick: bool = False) -> None:
    """Drive one window through its states and write a picture of each look and size; *is_quick*: only of the first."""
    from PySide6.QtWidgets import QApplication

    from tests.screens.studio import Studio

    app = QApplication([])
    studio = Studio(app, pace=0.1 if is_quick else 1.0)
    looks = LOOKS[:1] if is_quick else LOOKS
    sizes = SIZES[:1] if is_quick else (*SIZES, *EXTRA_SIZES)
    states: Sequence[tuple[str, Callable[[], None]]] = (
        ("empty", studio.be_empty),
        ("listening", studio.be_listening),
        ("thinking", studio.be_thinking),
        ("speaking", studio.be_speaking),
        ("interrupted", studio.be_interrupted),
        ("error", studio.be_failed),
        ("settings", studio.be_settings),
    )
    for name, reach in states:
        reach()
        for look in looks:
            for width, height in sizes:
                picture = studio.picture(look, width, height)
                if picture is not None:
                    picture.save(str(folder / f"{name}-{look}-{width}-{scale}x.png"))
    studio.close()


if __name__ == "__main__":
    started_s = time.monotonic()
    code = main()
    print(f"written in {time.monotonic() - started_s:.0f} s", file=sys.stderr)
    raise SystemExit(code)
