"""The desktop for tools that were allowed: clipboard, and opening what was checked and asked about already."""

from __future__ import annotations

from gettext import gettext as _

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from voiceapp.core.tool_events import OutsideAnswered, OutsideAsked
from voiceapp.gui.links import LINK_SCHEMES


def answer(asked: OutsideAsked) -> OutsideAnswered:
    """Do what is asked; GUI thread."""
    clipboard = QGuiApplication.clipboard()
    match asked.act:
        case "read_clipboard":
            return OutsideAnswered(asked.id, clipboard.text())
        case "write_clipboard":
            clipboard.setText(asked.text)
            return OutsideAnswered(asked.id)
        case "open":
            address = QUrl(asked.text)
            url = address if address.scheme().lower() in LINK_SCHEMES else QUrl.fromLocalFile(asked.text)
            is_opened = QDesktopServices.openUrl(url)
            return OutsideAnswered(asked.id, problem="" if is_opened else _("No program is there to open this."))
        case _:
            return OutsideAnswered(asked.id, problem=_("The window cannot do this."))
