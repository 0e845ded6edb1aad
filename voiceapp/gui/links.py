"""Links in replies: nothing is opened without a yes, and only the web and e-mail ever are."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from voiceapp.gui.dress import dress
from voiceapp.gui.theme import Theme

LINK_SCHEMES = frozenset({"http", "https", "mailto"})


def ask_to_open(theme: Theme, parent: QWidget, address: str) -> None:
    """Show *address* and ask before it is opened in the browser; other kinds of links are only shown."""
    url = QUrl(address, QUrl.ParsingMode.StrictMode)
    box = QMessageBox(parent)
    dress(theme, box)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(address[:500])
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if url.isValid() and url.scheme().lower() in LINK_SCHEMES:
        box.setText(_tr("Open this address?"))
        opens = box.addButton(_tr("Open"), QMessageBox.ButtonRole.AcceptRole)
        opens.clicked.connect(lambda: QDesktopServices.openUrl(url))
        box.addButton(QMessageBox.StandardButton.Cancel)
    else:
        box.setText(_tr("This address is not opened: it leads neither to the web nor to an e-mail."))
        box.addButton(QMessageBox.StandardButton.Ok)
    box.open()


def _tr(words: str) -> str:
    return QCoreApplication.translate("links", words)
