"""A store of documents in the settings: how far it is, its documents in lines, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from voiceapp.core import documents as d
from voiceapp.gui.controls import IconButton
from voiceapp.gui.header import ElidedLabel
from voiceapp.gui.settings_page import note
from voiceapp.gui.sources import size_words
from voiceapp.gui.theme import Theme

SHOWN = 60
"""More documents than this are counted, not listed: nobody reads a thousand lines."""


class StoreCard(QWidget):
    """One store.

    Signals:
        wanted: a command.
        more_wanted: more documents are to be chosen; True for a folder.
        deletion_wanted: it is to be deleted, after a question.
    """

    wanted = Signal(object)
    more_wanted = Signal(bool)
    deletion_wanted = Signal()

    def __init__(self, theme: Theme, store: d.DocumentStore) -> None:
        super().__init__()
        self.store = store
        self._theme = theme
        self.lines: dict[int, DocumentLine] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.name = ElidedLabel()
        self.name.setFont(theme.font(15, 600))
        self.summary = QLabel()
        self.summary.setProperty("role", "secondary")
        self.stop = self._button(self.tr("Stop"), lambda: self.wanted.emit(d.StopDocuments(self.store.id)))
        self.retry = self._button(self.tr("Try again"), lambda: self.wanted.emit(d.RetryDocuments(self.store.id)))
        self.add = self._button(self.tr("Add"), self._open_menu)
        self.delete = self._button(self.tr("Delete"), self.deletion_wanted.emit, kind="quiet")
        head.addWidget(self.name)
        head.addWidget(self.summary)
        head.addStretch(1)
        for button in (self.delete, self.retry, self.stop, self.add):
            head.addWidget(button)
        column.addLayout(head)
        self.bar = ShareBar(theme)
        column.addWidget(self.bar)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column.addLayout(self._list)
        self._more = note("")
        self._more.hide()
        column.addWidget(self._more)
        self.menu = QMenu(self)
        self.menu.addAction(self.tr("Files…")).triggered.connect(lambda: self.more_wanted.emit(False))
        self.menu.addAction(self.tr("A folder…")).triggered.connect(lambda: self.more_wanted.emit(True))
        self.set_store(store)

    def set_store(self, store: d.DocumentStore) -> None:
        """Show how it stands now."""
        self.store = store
        self.name.set_whole(store.name)
        self.summary.setText(d.summary(store))
        self.bar.set_share(store.share, is_shown=store.is_busy)
        self.stop.setVisible(
            any(one.state in (d.DocumentState.WAITING, d.DocumentState.UPLOADING) for one in store.documents)
        )
        stuck = (d.DocumentState.FAILED, d.DocumentState.STOPPED)
        self.retry.setVisible(not store.is_busy and any(one.state in stuck for one in store.documents))
        for button in (self.stop, self.retry, self.add, self.delete):
            button.setAccessibleName(f"{button.text()}: {store.name}")
        self._show_documents(store.documents)

    def _show_documents(self, documents: tuple[d.Document, ...]) -> None:
        shown = documents[:SHOWN]
        for gone in self.lines.keys() - {one.id for one in shown}:
            line = self.lines.pop(gone)
            self._list.removeWidget(line)
            line.hide()
            line.deleteLater()
        for one in shown:
            line = self.lines.get(one.id) or self._new_line(one)
            line.set_document(one)
        hidden = len(documents) - len(shown)
        self._more.setText(self.tr("{n} more documents").format(n=hidden))
        self._more.setVisible(hidden > 0)

    def _new_line(self, document: d.Document) -> DocumentLine:
        line = self.lines[document.id] = DocumentLine(self._theme, document)
        line.deleted.connect(lambda: self.wanted.emit(d.RemoveDocument(document.id)))
        self._list.addWidget(line)
        return line

    def _button(self, words: str, act: object, kind: str = "") -> QPushButton:
        button = QPushButton(words)
        button.setProperty("compact", True)
        if kind:
            button.setProperty("kind", kind)
        button.clicked.connect(lambda: act())  # type: ignore[operator]
        return button

    def _open_menu(self) -> None:
        self.menu.popup(self.add.mapToGlobal(self.add.rect().bottomLeft()))


class DocumentLine(QWidget):
    """One document: its name, its size, how far it is or why not."""

    deleted = Signal()

    def __init__(self, theme: Theme, document: d.Document) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.name = ElidedLabel()
        self.amount = QLabel()
        self.amount.setProperty("role", "meta")
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.delete = IconButton(theme, "trash-2", "", size_px=28, icon_px=16)
        self.delete.clicked.connect(self.deleted)
        row.addWidget(self.name, 2)
        row.addWidget(self.amount)
        row.addWidget(self.state, 3)
        row.addWidget(self.delete)
        self.setMinimumHeight(32)
        self.set_document(document)

    def set_document(self, document: d.Document) -> None:
        """Show how it stands now."""
        self.name.set_whole(document.name)
        self.name.setToolTip(document.path)
        self.amount.setText(size_words(document.size_bytes))
        self.state.setText(self._words(document))
        is_failed = document.state is d.DocumentState.FAILED
        self.state.setProperty("role", "problem" if is_failed else "secondary")
        self.state.style().polish(self.state)
        words = self.tr("Delete {name} at the service").format(name=document.name)
        self.delete.setAccessibleName(words)
        self.delete.setToolTip(words)

    def _words(self, document: d.Document) -> str:
        share = round(100 * document.sent_bytes / max(1, document.size_bytes))
        words = {
            d.DocumentState.WAITING: self.tr("Waits"),
            d.DocumentState.UPLOADING: self.tr("Uploading, {n} %").format(n=share),
            d.DocumentState.INDEXING: self.tr("Being made searchable"),
            d.DocumentState.READY: self.tr("Ready"),
            d.DocumentState.STOPPED: self.tr("Stopped"),
            d.DocumentState.FAILED: document.problem or self.tr("Failed"),
        }
        return words[document.state]


class ShareBar(QWidget):
    """How far something is, as a thin line."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.share = 0.0
        self.setFixedHeight(10)
        theme.changed.connect(self.update)
        self.hide()

    def set_share(self, share: float, *, is_shown: bool) -> None:
        """Show *share*, 0..1."""
        self.share = share
        self.setVisible(is_shown)
        self.setAccessibleName(self.tr("{n} % done").format(n=round(100 * share)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(0, 3, self.width(), 4)
        painter.setBrush(self._theme.color("line"))
        painter.drawRoundedRect(whole, 2, 2)
        painter.setBrush(self._theme.color("ink"))
        painter.drawRoundedRect(QRectF(0, 3, max(4.0, self.width() * self.share), 4), 2, 2)
