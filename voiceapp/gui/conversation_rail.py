"""The left side: new conversation, search, conversations by day, recordings, settings; and its narrow form."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QModelIndex, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.conversation import ConversationHead
from voiceapp.core.events import ConversationsListed
from voiceapp.core.own_search import PassagesFound
from voiceapp.core.search_text import one_line
from voiceapp.gui.assets import assets_dir
from voiceapp.gui.controls import IconButton, Line, RowButton, Surface
from voiceapp.gui.conversation_list import HEAD_ROLE, ConversationDelegate, ConversationList, FoundRow
from voiceapp.gui.dress import Words, dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme

RAIL_PX, ICONS_PX = 248, 56
SEARCH_AFTER_MS = 150
MEANING_AFTER_MS = 600
"""After this pause what was found by its meaning joins; it costs more than looking for words."""


class Logo(QWidget):
    """The bars in spruce and brass."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(20, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        svg = (assets_dir() / "marks" / f"logo-{self._theme.scheme}.svg").read_bytes()
        QSvgRenderer(QByteArray(svg)).render(QPainter(self), QRectF(self.rect()))


class SearchField(QLineEdit):
    """A search field with its icon and shortcut; Esc empties it, Down goes to the list."""

    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setPlaceholderText(self.tr("Search"))
        self.setAccessibleName(self.tr("Search conversations"))
        self.setTextMargins(27, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        self._theme.paint_icon(painter, QRectF(11, (self.height() - 20) / 2, 20, 20), "search", "ink2")
        if not self.text():
            painter.setFont(self._theme.font(12))
            painter.setPen(self._theme.color("ink3"))
            area = self.rect().adjusted(0, 0, -11, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.tr("Ctrl K"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class ConversationRail(Surface):
    """The rail in full width.

    Attributes:
        opened, renamed, deleted: what the person chose, by conversation id.
        searched: the words in the field, 150 ms after the last keystroke.
        meaning_wanted: the same words after a longer pause.
        message_opened: conversation and message that were found by their meaning.
        asked: a question to be answered from all conversations.
    """

    new_wanted = Signal()
    recordings_wanted = Signal()
    settings_wanted = Signal()
    collapse_wanted = Signal()
    opened = Signal(int)
    renamed = Signal(int, str)
    deleted = Signal(object)
    searched = Signal(str)
    meaning_wanted = Signal(str)
    message_opened = Signal(int, int)
    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "rail", parent)
        self._theme = theme
        self._current = 0
        self.setFixedWidth(RAIL_PX)
        self.new_button = RowButton(theme, "plus", self.tr("New conversation"), self.tr("Ctrl N"), is_framed=True)
        self.search = SearchField(theme)
        dress(theme, self.search, "QLineEdit")
        self.collapse_button = IconButton(theme, "panel-left", self.tr("Narrow the list (Ctrl+B)"))
        self.empty = Words(theme, self.tr("Conversations appear here, newest day first."))
        self.empty.setWordWrap(True)
        self.indexing = PlainLabel()
        self.index_now = IconButton(theme, "refresh-cw", self.tr("Read on now"), size_px=24, icon_px=16)
        self.indexing.setProperty("role", "meta")
        self.indexing.setWordWrap(True)
        self.indexing.setToolTip(self.tr("Until then it finds by words, and by meaning what it has read so far."))
        self.show_indexing(0)
        self.model = ConversationList(self)
        self.view = self._make_view()
        self.recordings = RowButton(theme, "audio-lines", self.tr("Recordings"))
        self.settings = RowButton(theme, "settings", self.tr("Settings"))
        self.ask = RowButton(theme, "message-circle", self.tr("Ask my notes"))
        self.ask.setToolTip(self.tr("Answer what stands in the search field from all your conversations"))
        self.ask.hide()
        self._search_timer = QTimer(self, singleShot=True, interval=SEARCH_AFTER_MS)
        self._meaning_timer = QTimer(self, singleShot=True, interval=MEANING_AFTER_MS)
        self._lay_out()
        self._connect()

    def _make_view(self) -> QListView:
        view = QListView()
        view.setModel(self.model)
        view.setItemDelegate(ConversationDelegate(self._theme, view))
        view.setAccessibleName(self.tr("Conversations"))
        view.setMouseTracking(True)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setPalette(self._theme.palette("ink"))
        dress(self._theme, view.verticalScrollBar(), "QScrollBar")
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return view

    def _lay_out(self) -> None:
        title = PlainLabel("voiceapp")
        title.setFont(self._theme.font(15, 600))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Logo(self._theme))
        head.addWidget(title, 1)
        head.addWidget(self.collapse_button)
        top = QVBoxLayout()
        top.setContentsMargins(16, 8, 16, 8)
        top.setSpacing(8)
        head.setContentsMargins(0, 0, -8, 4)
        top.addLayout(head)
        top.addWidget(self.new_button)
        top.addWidget(self.search)
        top.addWidget(self.ask)
        line = QHBoxLayout()
        line.addWidget(self.indexing, 1)
        line.addWidget(self.index_now)
        top.addLayout(line)
        top.addWidget(self.empty)
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 8, 8, 8)
        foot.setSpacing(0)
        foot.addWidget(self.recordings)
        foot.addWidget(self.settings)
        middle = QVBoxLayout()
        middle.setContentsMargins(8, 0, 8, 0)
        middle.addWidget(self.view, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(top)
        whole.addLayout(middle, 1)
        whole.addWidget(Line(self._theme))
        whole.addLayout(foot)

    def _connect(self) -> None:
        self.new_button.clicked.connect(self.new_wanted)
        self.collapse_button.clicked.connect(self.collapse_wanted)
        self.recordings.clicked.connect(self.recordings_wanted)
        self.settings.clicked.connect(self.settings_wanted)
        self.model.renamed.connect(self.renamed)
        self.view.clicked.connect(self._open)
        self.view.activated.connect(self._open)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.search.textChanged.connect(self._on_typed)
        self.ask.clicked.connect(lambda: self.asked.emit(self._words()))
        self._meaning_timer.timeout.connect(lambda: self.meaning_wanted.emit(self._words()))
        self.search.returnPressed.connect(self._enter_list)
        self.search.left.connect(self._enter_list)
        self._search_timer.timeout.connect(lambda: self.searched.emit(self._words()))

    # --- what it is told ----------------------------------------------------------------------------------

    def show_list(self, event: ConversationsListed) -> None:
        """Show conversations, or what a search found."""
        if event.query != self._words():
            return  # an answer to words that have changed since
        self.model.show(event.heads)
        self.empty.setVisible(not event.heads)
        self.empty.setText(
            self.tr("Nothing found.") if event.query else self.tr("Conversations appear here, newest day first.")
        )
        self.show_current(self._current)

    def show_indexing(self, left: int, estimate: str = "") -> None:
        """Say how many texts the search by meaning has still to read; nothing once it has read all.

        *estimate*: what that takes, where it begins with the person's click only.
        """
        one, many = (
            self.tr("Search by meaning: 1 text still to read"),
            self.tr("Search by meaning: {n} texts still to read"),
        )
        words = one if left == 1 else many.format(n=left)
        if estimate:
            words = self.tr("Search by meaning: {estimate}. Nothing is sent before you start it here.").format(
                estimate=estimate
            )
        self.indexing.setText(words)
        for part in (self.indexing, self.index_now):
            part.setVisible(left > 0)

    def show_found(self, event: PassagesFound) -> None:
        """Let what was found by its meaning join the list, one row a conversation, the best message of each."""
        if event.query != self._words():
            return
        rows: dict[int, FoundRow] = {}
        for one in event.found:
            if one.is_by_meaning and one.conversation_id is not None and one.message_id is not None:
                row = FoundRow(one.conversation_id, one.title, one.at_s, 0, one_line(one.text), one.message_id)
                rows.setdefault(row.id, row)
        self.model.show_found(tuple(rows.values()))
        if self.model.rowCount():
            self.empty.hide()
        self.show_current(self._current)

    def show_current(self, conversation_id: int) -> None:
        """Mark the conversation that is open; 0: none."""
        self._current = conversation_id
        row = self.model.row_of(conversation_id)
        if row < 0:
            self.view.clearSelection()
            self.view.setCurrentIndex(QModelIndex())
        else:
            self.view.setCurrentIndex(self.model.index(row))

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # --- hands --------------------------------------------------------------------------------------------

    def _words(self) -> str:
        return self.search.text().strip()

    def _on_typed(self) -> None:
        self._search_timer.start()
        self.model.show_found(())
        self.ask.setVisible(bool(self._words()))
        if self._words():
            self._meaning_timer.start()
        else:
            self._meaning_timer.stop()

    def _open(self, index: QModelIndex) -> None:
        head = index.data(HEAD_ROLE)
        if isinstance(head, FoundRow):
            self.message_opened.emit(head.id, head.message_id)
        elif isinstance(head, ConversationHead):
            self.opened.emit(head.id)

    def _enter_list(self) -> None:
        first = next((r for r in range(self.model.rowCount()) if self._head(r) is not None), -1)
        if first >= 0:
            self.view.setFocus(Qt.FocusReason.TabFocusReason)
            self.view.setCurrentIndex(self.model.index(first))

    def _head(self, row: int) -> ConversationHead | None:
        head = self.model.index(row).data(HEAD_ROLE)
        return head if isinstance(head, ConversationHead) else None

    def _show_menu(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        if (head := self._head(index.row())) is None:
            return
        menu = QMenu(self)
        dress(self._theme, menu, "QMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        rename = menu.addAction(self._theme.icon("pencil", "ink2", 16), self.tr("Rename"))
        delete = menu.addAction(self._theme.icon("trash-2", "ink2", 16), self.tr("Delete"))
        rename.triggered.connect(lambda: self.view.edit(index))
        delete.triggered.connect(lambda: self.deleted.emit(head))
        menu.popup(self.view.viewport().mapToGlobal(place))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        head = self._head(self.view.currentIndex().row()) if self.view.hasFocus() else None
        if event.key() == Qt.Key.Key_Delete and head is not None:
            self.deleted.emit(head)
            return
        super().keyPressEvent(event)


class IconRail(Surface):
    """The rail as icons, for windows under 960 px or when the person wants the room."""

    new_wanted = Signal()
    search_wanted = Signal()
    list_wanted = Signal()
    recordings_wanted = Signal()
    settings_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "rail", parent)
        self.setFixedWidth(ICONS_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 14, 8, 8)
        column.setSpacing(0)
        column.addWidget(Logo(theme), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(14)
        for icon, name, signal in (
            ("plus", self.tr("New conversation (Ctrl+N)"), self.new_wanted),
            ("search", self.tr("Search (Ctrl+K)"), self.search_wanted),
            ("message-circle", self.tr("Conversations (Ctrl+B)"), self.list_wanted),
        ):
            self._add(column, IconButton(theme, icon, name, size_px=40), signal)
        column.addStretch(1)
        for icon, name, signal in (
            ("audio-lines", self.tr("Recordings"), self.recordings_wanted),
            ("settings", self.tr("Settings (Ctrl+comma)"), self.settings_wanted),
        ):
            self._add(column, IconButton(theme, icon, name, size_px=40), signal)

    @staticmethod
    def _add(column: QVBoxLayout, button: IconButton, signal: object) -> None:
        button.clicked.connect(signal)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def sizeHint(self) -> QSize:
        return QSize(ICONS_PX, 300)
