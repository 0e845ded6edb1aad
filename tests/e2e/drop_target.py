"""Another program, into which things are dropped: ``python -m tests.e2e.drop_target FOLDER``.

It writes into FOLDER: ``place`` (where on the screen it takes a drop, "X Y"), ``moves`` (how often something was
dragged over it), ``dropped`` (JSON: what was offered, what was done), and beside them the bytes of every file it got.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

CORNER, SIZE_PX = QPoint(1900, 1100), 300


class Target(QWidget):
    """Takes every file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder, self._moves = folder, 0
        self.setWindowTitle("Drop target")
        self.setAcceptDrops(True)
        self.resize(SIZE_PX, SIZE_PX)
        self.move(CORNER)

    def paintEvent(self, event: QPaintEvent) -> None:
        middle = self.mapToGlobal(self.rect().center())
        self._tell("place", f"{middle.x()} {middle.y()}")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()
        self._moves += 1
        self._tell("moves", str(self._moves))

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        names = []
        for url in event.mimeData().urls():
            source = Path(url.toLocalFile())
            (self._folder / source.name).write_bytes(source.read_bytes())
            names.append(source.name)
        told = {"formats": event.mimeData().formats(), "action": event.dropAction().name, "files": names}
        self._tell("dropped", json.dumps(told))

    def _tell(self, name: str, text: str) -> None:
        """Whole or not at all: somebody is looking."""
        draft = self._folder / f"{name}.part"
        draft.write_text(text)
        draft.replace(self._folder / name)


if __name__ == "__main__":
    app = QApplication(sys.argv)
    target = Target(Path(sys.argv[1]))
    target.show()
    sys.exit(app.exec())
