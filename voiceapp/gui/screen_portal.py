"""A picture of the screen on Wayland, by the desktop's portal (org.freedesktop.portal.Screenshot).

The desktop asks the person, with a choice of window or region of its own, and names a file. Written by the portal's
documentation; not tested on a real Wayland desktop.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import SLOT, QObject, QUrl, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusInterface, QDBusMessage
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
        """Ask the desktop."""
        portal = QDBusInterface(SERVICE, PATH, "org.freedesktop.portal.Screenshot", self._bus)
        if not portal.isValid():
            self._fail()
            return
        token = f"voiceapp_{uuid.uuid4().hex}"
        sender = self._bus.baseService().removeprefix(":").replace(".", "_")
        request = f"{PATH}/request/{sender}/{token}"
        # listened to before it is asked: the answer may be there at once
        self._bus.connect(SERVICE, request, REQUEST, "Response", self, SLOT("on_response(QDBusMessage)").encode())
        answer = portal.call("Screenshot", "", {"handle_token": token, "interactive": True})
        if answer.type() is QDBusMessage.MessageType.ErrorMessage:
            self._fail()

    @Slot(QDBusMessage)
    def on_response(self, message: QDBusMessage) -> None:
        """The person chose, or did not; *message* holds a code (0 = done) and where the file lies."""
        if self._is_over:
            return
        self._is_over = True
        arguments = message.arguments()
        code = arguments[0] if arguments else 2
        results = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], dict) else {}
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
