"""The gallery with a thousand images: from the wish to see it to its first picture painted, and how it scrolls.

Opening is measured twice: with small pictures on disk from before (as after the first look), and without any. The
list is scrolled from end to end by a fixed step a frame; a frame's time is that of the paint it causes, as the window
system asks for it, so that 20 ms are 50 frames a second.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.report import Report, Series
from tests.bench.stage import screen

if TYPE_CHECKING:  # Qt reads the environment once, so the screen must be there before it is imported
    from PySide6.QtWidgets import QApplication

    from voiceapp.core.images import StoredImage
    from voiceapp.gui.images_panel import ImagesPanel

STEP_PX = 40
WITHIN_S = 60.0
TARGET_OPEN, TARGET_FRAME = "≤ 300", "≤ 20 (50 frames/s)"


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("-n", type=int, default=5, help="openings to measure (default 5)")
    options.add_argument("--images", type=int, default=1000, help="in the gallery (default 1000)")
    options.add_argument("--size", type=int, default=1024, metavar="PX", help="their width and height")


def measure(arguments: argparse.Namespace) -> Report:
    """Open the panel again and again on one folder of images; scroll each."""
    with screen(), tempfile.TemporaryDirectory(prefix="voiceapp-bench-") as folder:
        from PySide6.QtWidgets import QApplication

        app = QApplication.instance() or QApplication([])
        assert isinstance(app, QApplication)
        gallery = Gallery(app, Path(folder), arguments.images, arguments.size)
        cold = gallery.run(is_cold=True)
        warm = [gallery.run(is_cold=False) for _number in range(arguments.n)]
    frames = [frame for run in warm for frame in run.frames_ms]
    late = sum(frame > 20 for frame in frames)
    series = [
        Series("opens, small pictures on disk: list painted", [run.painted_ms for run in warm], target=TARGET_OPEN),
        Series("  every picture in sight decoded", [run.filled_ms for run in warm], target=TARGET_OPEN),
        Series("opens the first time: list painted", [cold.painted_ms], target=TARGET_OPEN),
        Series("  every picture in sight decoded", [cold.filled_ms]),
        Series("a frame while scrolling", frames, target=TARGET_FRAME),
        Series("frames a second while scrolling", [run.per_second for run in warm], "frames/s", "≥ 50"),
    ]
    notes = [
        f"{arguments.images} PNG files of {arguments.size} × {arguments.size}, strokes over a gradient, one list event",
        f"scrolled by {STEP_PX} px a frame from end to end; {late} of {len(frames)} frames took longer than 20 ms",
    ]
    return Report("gallery", series, notes)


class Run:
    """The figures of one opening."""

    def __init__(self) -> None:
        self.painted_ms = self.filled_ms = 0.0
        self.frames_ms: list[float] = []
        self.per_second = 0.0


class Gallery:
    """A folder of images, and panels on it."""

    def __init__(self, app: QApplication, folder: Path, count: int, size_px: int) -> None:
        from voiceapp.core.images import StoredImage
        from voiceapp.gui.theme import Theme

        self._app, self._folder = app, folder
        self._theme = Theme(app, "light")
        self._images = tuple(
            StoredImage(n, str(_file(folder, n, size_px)), "png", size_px, size_px, f"Image {n}")
            for n in range(count, 0, -1)
        )

    def run(self, *, is_cold: bool) -> Run:
        """Open a panel, scroll it to its end, close it."""
        from PySide6.QtWidgets import QApplication

        from voiceapp.core.images import ImagesListed
        from voiceapp.gui.images_panel import ImagesPanel

        run = Run()
        cache = self._folder / "cache"
        if is_cold:
            for file in cache.glob("*"):
                file.unlink()
        began_s = time.monotonic()
        panel = ImagesPanel(self._theme, cache)
        panel.resize(328, 800)
        panel.show()
        panel.apply(ImagesListed(self._images))
        grid = panel.grid
        _until(lambda: self._is_painted(panel))
        run.painted_ms = (time.monotonic() - began_s) * 1000
        _until(lambda: all(panel.thumbnails._kept.get(image.path) for image in self._in_sight(panel)))
        run.filled_ms = (time.monotonic() - began_s) * 1000
        bar = grid.verticalScrollBar()
        began_s = time.monotonic()
        while bar.value() < bar.maximum():
            at_s = time.monotonic()
            bar.setValue(bar.value() + STEP_PX)
            grid.viewport().repaint()
            QApplication.processEvents()
            run.frames_ms.append((time.monotonic() - at_s) * 1000)
        run.per_second = len(run.frames_ms) / (time.monotonic() - began_s)
        panel.close_windows()
        panel.close()
        panel.deleteLater()
        QApplication.processEvents()
        return run

    @staticmethod
    def _is_painted(panel: ImagesPanel) -> bool:
        grid = panel.grid
        return grid.isVisible() and grid.indexAt(grid.rect().center()).isValid()

    @staticmethod
    def _in_sight(panel: ImagesPanel) -> list[StoredImage]:
        grid, model = panel.grid, panel.grid.pictures
        shown = grid.viewport().rect()
        return [model.images[row] for row in range(60) if grid.visualRect(model.index(row)).intersects(shown)]


def _until(is_so: Callable[[], bool]) -> None:
    from PySide6.QtWidgets import QApplication

    end_s = time.monotonic() + WITHIN_S
    while True:
        QApplication.processEvents()
        if is_so():
            return
        if time.monotonic() > end_s:
            raise TimeoutError("the gallery did not get there")


def _file(folder: Path, number: int, size_px: int) -> Path:
    """Write one image; ten different ones are linked under all names, since a thousand would fill a small disk."""
    from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter

    path, kind = folder / f"image-{number}.png", folder / f"kind-{number % 10}.png"
    if not kind.exists():
        image = QImage(size_px, size_px, QImage.Format.Format_RGB32)
        gradient = QLinearGradient(0, 0, size_px, size_px)
        gradient.setColorAt(0, QColor.fromHsv(number * 36 % 360, 160, 220))
        gradient.setColorAt(1, QColor.fromHsv(number * 36 % 360, 90, 90))
        painter = QPainter(image)
        painter.fillRect(image.rect(), gradient)
        for stroke in range(400):
            painter.fillRect(
                stroke * 89 % size_px, stroke * 57 % size_px, 40, 12, QColor.fromHsv(stroke * 7 % 360, 80, 200)
            )
        painter.end()
        image.save(str(kind))
    path.hardlink_to(kind)
    return path
