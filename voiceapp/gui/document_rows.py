"""A store of documents in the settings: how far it is, its documents in lines, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from voiceapp.core import documents as d
from voiceapp.gui.controls import IconButton
from voiceapp.gui.header import ElidedLabel
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.sources import size_words
from voiceapp.gui.theme import Theme

SHOWN, MORE = 6, 30
"""So many documents are listed at first, and so many more at each click: nobody reads a thousand lines."""
AT_ONCE = 3
"""A line takes a millisecond to make; further ones are made between other events."""


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
        self.summary = PlainLabel()
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
        self.more = self._button("", self._show_more, kind="quiet")
        self.more.hide()
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._allowed = SHOWN
        self._due: list[int] = []
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._make_some)
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
        shown = documents[: self._allowed]
        for gone in self.lines.keys() - {one.id for one in shown}:
            line = self.lines.pop(gone)
            self._list.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._due = []
        for number, one in enumerate(shown):
            if one.id in self.lines:
                self.lines[one.id].set_document(one)
            elif number < SHOWN:
                self._new_line(one)
            else:
                self._due.append(one.id)
        if self._due:
            self._next.start()
        hidden = len(documents) - len(shown)
        self.more.setText(self.tr("{n} more documents").format(n=hidden))
        self.more.setVisible(hidden > 0)

    def _make_some(self) -> None:
        due, self._due = self._due[:AT_ONCE], self._due[AT_ONCE:]
        for one in self.store.documents:
            if one.id in due:
                self._new_line(one)
        if self._due:
            self._next.start()

    def _show_more(self) -> None:
        self._allowed += MORE
        self._show_documents(self.store.documents)

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
        self.amount = PlainLabel()
        self.amount.setProperty("role", "meta")
        self.state = PlainLabel()
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
        self._document: d.Document | None = None
        self.set_document(document)

    def set_document(self, document: d.Document) -> None:
        """Show how it stands now."""
        before, self._document = self._document, document
        if before == document:
            return
        self.name.set_whole(document.name)
        self.name.setToolTip(plain_tip(document.path))
        self.amount.setText(size_words(document.size_bytes))
        self.state.setText(self._words(document))
        is_failed = document.state is d.DocumentState.FAILED
        if before is None or (before.state is d.DocumentState.FAILED) is not is_failed:
            self.state.setProperty("role", "problem" if is_failed else "secondary")
            self.state.style().polish(self.state)
        words = self.tr("Delete {name} at the service").format(name=document.name)
        self.delete.setAccessibleName(words)
        self.delete.setToolTip(plain_tip(words))

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
