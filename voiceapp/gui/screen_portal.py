"""A picture of the screen on Wayland, by the desktop's portal (org.freedesktop.portal.Screenshot).

The desktop asks the person, with a choice of window or region of its own, and names a file. Tested against a portal of
the tests' own on a real bus; not on a real Wayland desktop.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import cast

from PySide6.QtCore import SLOT, QObject, QUrl, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from voiceapp.gui.in_background import in_background

SERVICE, PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
REQUEST = "org.freedesktop.portal.Request"


class PortalShot(QObject):
    """One picture. ``taken`` carries it, null where the person took none; ``failed`` a sentence."""

    taken = Signal(QImage)
    failed = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._bus = QDBusConnection.sessionBus()
        self._is_over = False

    def begin(self) -> None:
        """Ask the desktop; nothing here waits for it."""
        if not self._bus.isConnected():
            self._fail()
            return
        token = f"voiceapp_{uuid.uuid4().hex}"
        sender = self._bus.baseService().removeprefix(":").replace(".", "_")
        request = f"{PATH}/request/{sender}/{token}"
        # listened to before it is asked: the answer may be there at once; PySide takes a string here, whatever it says
        slot = cast("bytes", SLOT("on_response(uint,QVariantMap)"))
        self._bus.connect(SERVICE, request, REQUEST, "Response", self, slot)
        asked = QDBusMessage.createMethodCall(SERVICE, PATH, "org.freedesktop.portal.Screenshot", "Screenshot")
        asked.setArguments(["", {"handle_token": token, "interactive": True}])
        self._watcher = QDBusPendingCallWatcher(self._bus.asyncCall(asked), self)
        self._watcher.finished.connect(self._on_asked)

    def _on_asked(self, watcher: QDBusPendingCallWatcher) -> None:
        if watcher.isError() and not self._is_over:
            self._fail()

    @Slot("uint", "QVariantMap")
    def on_response(self, code: int, results: dict[str, object]) -> None:
        """The person chose (0), stopped it (1), or it failed; *results* names the file."""
        if self._is_over:
            return
        self._is_over = True
        path = QUrl(str(results.get("uri", ""))).toLocalFile()
        if code == 1:
            self.taken.emit(QImage())
        elif code != 0 or not path:
            self._fail()
        else:
            in_background(self, lambda: _read_and_remove(path), self.taken.emit)

    def _fail(self) -> None:
        self._is_over = True
        self.failed.emit(self.tr("The desktop gives no picture of the screen."))


def _read_and_remove(path: str) -> QImage:
    """Return the picture; the portal's copy of it is not left lying about. Worker thread."""
    image = QImage(path)
    if not image.isNull():
        with suppress(OSError):
            os.unlink(Path(path))
    return image
