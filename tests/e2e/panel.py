"""Where the parts of the images panel lie in the program's window, as the program itself lays them out."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from tests.e2e.window import PATIENCE_S
from voiceapp.core import images as i
from voiceapp.core.settings import Job
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.images_panel import ImagesPanel
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.side_pages import SidePages
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows
from voiceapp.resources import model_table


@dataclass(frozen=True)
class Places:
    """Points in a window of *size* with the panel open and one picture in it.

    Attributes:
        prompt: in the empty prompt.
        talk: on the talk button.
        picture: on the first picture of the gallery.
    """

    size: tuple[int, int]
    prompt: QPoint
    talk: QPoint
    picture: QPoint


def places_of_panel(theme: Theme) -> Places:
    """Lay out a window of this process. Before the program's own is started: both would want the keyboard."""
    bridge = SessionBridge(lambda _emit: None)  # type: ignore[arg-type, return-value]  # never started
    windows = SideWindows(theme, bridge, tuple)
    window = MainWindow(theme, bridge, ConversationView(theme), windows)
    pages = SidePages(theme, bridge, window, windows)
    window.show()
    assert QTest.qWaitForWindowExposed(window)
    window.toggle_side()
    deadline_s = time.monotonic() + PATIENCE_S
    # it is seen once the window's own work is done
    while (panel := window.findChild(ImagesPanel)) is None or not panel.isVisible():
        assert time.monotonic() < deadline_s
        QTest.qWait(1)
    table = model_table()
    model = table.default(Job.IMAGES.value)
    panel.apply(i.ImageChoices("OpenAI", (i.ModelChoice(model, table.find(model).images),)))
    image = i.StoredImage(1, "/none.png", "png", 120, 80, "A lighthouse")
    prompt = _middle_of(panel.form.prompt, window)
    panel.apply(i.ImagesListed((image,)))
    panel.apply(i.ImageChosen(image))
    QTest.qWait(0)
    grid = panel.grid
    cell = grid.visualRect(grid.pictures.index(0)).center()
    places = Places(
        (window.width(), window.height()),
        prompt,
        _middle_of(window.bar.button, window),
        grid.viewport().mapTo(window, cell),
    )
    panel.close_windows()
    window.hide()
    pages.deleteLater()
    window.deleteLater()
    return places


def _middle_of(widget: QWidget, window: QWidget) -> QPoint:
    return widget.mapTo(window, widget.rect().center())
