"""What a click on a source does: a page or a file is opened after a yes, a file that was made is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from voiceapp.core.conversation import Source, SourceKind
from voiceapp.core.hosted import SaveMade
from voiceapp.core.runnable import runs_when_opened
from voiceapp.gui.dress import dress
from voiceapp.gui.links import ask_to_open
from voiceapp.gui.theme import Theme


def act_on(theme: Theme, owner: QWidget, source: Source, message_id: int, send: Callable[[SaveMade], None]) -> None:
    """Do what *source* is there for; questions open above *owner*."""
    match source.kind:
        case SourceKind.PAGE:
            ask_to_open(theme, owner, source.address)
        case SourceKind.DOCUMENT:
            if source.path:
                ask_to_open_file(theme, owner, source.path)
        case SourceKind.MADE:
            ask_where(theme, owner, source, lambda path: send(SaveMade(message_id, source.file_id, path)))


def ask_to_open_file(theme: Theme, parent: QWidget, path: str) -> None:
    """Show where a document of the person's lies and ask before it is opened with its program."""
    box = QMessageBox(parent)
    dress(theme, box)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(path[-500:])
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if Path(path).is_file():
        runs = runs_when_opened(path)
        box.setText(_tr("This file would run. Open its folder?") if runs else _tr("Open this document?"))
        opens = box.addButton(_tr("Open the folder") if runs else _tr("Open"), QMessageBox.ButtonRole.AcceptRole)
        target = QUrl.fromLocalFile(str(Path(path).parent) if runs else path)
        opens.clicked.connect(lambda: QDesktopServices.openUrl(target))
        box.addButton(QMessageBox.StandardButton.Cancel)
    else:
        box.setText(_tr("The document is no longer where it was when it was uploaded."))
        box.addButton(QMessageBox.StandardButton.Ok)
    box.open()


def ask_where(theme: Theme, parent: QWidget, source: Source, save: Callable[[str], None]) -> None:
    """Ask where a file is to be saved."""
    name = Path(source.title.replace("\\", "/")).name.lstrip(".") or "file"
    dialog = QFileDialog(parent, _tr("Save the file"), str(Path.home() / name))
    dress(theme, dialog)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(save)
    dialog.open()


def _tr(words: str) -> str:
    return QCoreApplication.translate("source_actions", words)
