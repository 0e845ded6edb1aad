"""From the last byte of an image's first preview, as the server sent it, to its pixels painted in the panel.

The real window, session and adapter; a loopback server sends a preview of a megabyte and a picture after it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.report import Report, Series
from tests.bench.stage import screen
from tests.server.loopback import LoopbackServer
from tests.server.script import ImageScript

SERVICE_MS = 600.0
WITHIN_S = 30.0


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("-n", type=int, default=20, help="images to draw (default 20)")
    options.add_argument("--size", type=int, default=1024, metavar="PX", help="width and height of the preview")


def measure(arguments: argparse.Namespace) -> Report:
    """Draw again and again in one window."""
    with screen(), LoopbackServer() as server, tempfile.TemporaryDirectory(prefix="voiceapp-bench-") as folder:
        os.environ |= {
            "OPENAI_API_KEY": "sk-test-0a1b2c3d4e5f6071",
            "OPENAI_BASE_URL": server.base_url,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        data = picture(arguments.size)
        server.script.image = ImageScript(SERVICE_MS, png=data, partial_png=data, partials=1)
        shown_ms, kept_ms = draw(Path(folder), server, arguments.n)
    series = [
        Series("first preview sent → painted", shown_ms, target="≤ 100"),
        Series("picture sent → on disk and in the gallery", kept_ms),
    ]
    notes = [f"PNG of {arguments.size} × {arguments.size}, {len(data) / 1e6:.1f} MB, {SERVICE_MS:.0f} ms of service"]
    return Report("images", series, notes)


def draw(folder: Path, server: LoopbackServer, count: int) -> tuple[list[float], list[float]]:
    """Return both figures of *count* images in ms."""
    from PySide6.QtWidgets import QApplication

    from tests.fakes import FakeDevices
    from voiceapp.core.images import ImageAdded
    from voiceapp.gui.conversation_view import ConversationView
    from voiceapp.gui.images_panel import ImagesPanel
    from voiceapp.gui.main_window import MainWindow
    from voiceapp.gui.session_bridge import SessionBridge
    from voiceapp.gui.side_pages import SidePages
    from voiceapp.gui.theme import Theme
    from voiceapp.gui.windows import SideWindows
    from voiceapp.paths import Paths
    from voiceapp.wiring.session import Opening, open_session

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    paths = Paths.below(folder)
    paths.create()
    theme = Theme(app, "light")
    bridge = SessionBridge(lambda emit: open_session(Opening(paths, devices=FakeDevices()), emit))
    windows = SideWindows(theme, bridge, tuple)
    window = MainWindow(theme, bridge, ConversationView(theme), windows)
    pages = SidePages(theme, bridge, window, windows, paths.cache / "thumbnails")
    window.show()
    bridge.start()
    window.toggle_side()
    # it is seen once the window's own work is done
    while (panel := window.findChild(ImagesPanel)) is None or not panel.isVisible():
        app.processEvents()
    assert pages.panel.isVisible()
    shown: list[float] = []
    added: list[float] = []
    panel.progress.preview.shown.connect(shown.append)
    bridge.happened.connect(lambda event: added.append(time.monotonic()) if isinstance(event, ImageAdded) else None)
    wait(lambda: panel.form.offer is not None)
    shown_ms, kept_ms = [], []
    for number in range(count + 1):
        panel.form.prompt.setPlainText(f"Image {number}")
        panel.draw()
        wait(lambda number=number: len(added) > number and not panel._job)  # type: ignore[misc]
        request = server.requests_for("/images/generations")[-1]
        if number and len(shown) > number:  # the first one warms up
            shown_ms.append((shown[number] - request.times_of("partial")[0]) * 1000)
            kept_ms.append((added[number] - request.times_of("image")[0]) * 1000)
    panel.close_windows()
    bridge.stop()
    bridge.wait(10.0)
    window.deleteLater()
    return shown_ms, kept_ms


def wait(is_so: Callable[[], object]) -> None:
    """Let Qt work until *is_so*."""
    from PySide6.QtTest import QTest

    end_s = time.monotonic() + WITHIN_S
    while not is_so():
        if time.monotonic() > end_s:
            raise TimeoutError("the window did not get there")
        QTest.qWait(2)


def picture(size_px: int) -> bytes:
    """Return a PNG of about a megabyte: what an image model sends is not easily compressed."""
    import numpy as np
    from PySide6.QtGui import QImage

    from voiceapp.gui.image_inputs import png_of

    noise = np.random.default_rng(7)
    coarse = noise.integers(0, 255, (size_px // 2, size_px // 2, 4), dtype=np.uint8)
    pixels = np.ascontiguousarray(coarse.repeat(2, axis=0).repeat(2, axis=1))
    return png_of(QImage(pixels.data, size_px, size_px, QImage.Format.Format_RGB32).copy())
