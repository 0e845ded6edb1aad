"""Checking by hand: a text, the conversation, a transcript, a picture; and what was found, as bars."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.checks import (
    CheckBegan,
    CheckConversation,
    CheckDone,
    Checked,
    CheckFile,
    CheckImage,
    CheckMessage,
    CheckText,
    Part,
    SubjectKind,
    as_report,
)
from voiceapp.core.conversation import Role
from voiceapp.core.events import ConversationOpened, MessageAdded
from voiceapp.core.moderation import Checkpoint
from voiceapp.core.passages import Passage
from voiceapp.core.picture import format_for
from voiceapp.gui.check_result import ResultHead
from voiceapp.gui.controls import IconButton, Line, Surface
from voiceapp.gui.copy_button import CopyButton
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.score_bars import ScoreBars
from voiceapp.gui.theme import Theme

TRANSCRIPTS = "*.txt *.md *.srt *.vtt *.json"
PICTURES = "*.png *.jpg *.jpeg *.webp *.gif"


class CheckView(QWidget):
    """The first view of the page.

    Signals:
        wanted: a command.
        limit_set: a category and its new limit, None for none.
        limits_reset: all limits are to go.
    """

    wanted = Signal(object)
    limit_set = Signal(str, object)
    limits_reset = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._limits: dict[str, float] = {}
        self._marked: Part | None = None
        self._newest: int | None = None
        self.checked: Checked | None = None
        self._is_waiting = False
        self.setAcceptDrops(True)
        self._make_entry()
        self._make_result()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._above)
        whole.addWidget(Line(theme))
        whole.addWidget(self._area, 1)
        whole.addWidget(self._foot_line)
        whole.addWidget(self._foot)
        theme.changed.connect(self._on_theme)
        self._show_result()

    def _make_entry(self) -> None:
        theme = self._theme
        title = PlainLabel(self.tr("Text to check"))
        title.setFont(theme.font(12, 500))
        self.origin = PlainLabel()
        self.origin.setProperty("role", "meta")
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(self.tr("Text to check"))
        self.text.setPlaceholderText(self.tr("Type or paste a text, or drop a file"))
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(98)
        self.text.setAcceptDrops(False)  # the page takes files; a text can be pasted
        title.setBuddy(self.text)
        self.meta = PlainLabel()
        self.meta.setProperty("role", "meta")
        self.meta.setWordWrap(True)
        self.more = IconButton(theme, "ellipsis", self.tr("Check something else"), size_px=32)
        self.check = QPushButton(self.tr("Check"))
        self.check.setProperty("compact", True)
        self.check.setToolTip(self.tr("Check (Ctrl+Enter)"))
        head, row = QHBoxLayout(), QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.origin)
        row.setSpacing(4)
        row.addWidget(self.meta, 1)
        row.addWidget(self.more)
        row.addWidget(self.check)
        self._above = QVBoxLayout()
        self._above.setContentsMargins(16, 12, 16, 14)
        self._above.setSpacing(8)
        self._above.addLayout(head)
        self._above.addWidget(self.text)
        self._above.addLayout(row)
        self.check.clicked.connect(self._ask)
        self.more.clicked.connect(self._show_more)
        self.text.textChanged.connect(self._on_text)
        QShortcut(QKeySequence("Ctrl+Return"), self.text, context=Qt.ShortcutContext.WidgetShortcut).activated.connect(
            self._ask
        )

    def _make_result(self) -> None:
        theme = self._theme
        self.head = ResultHead(theme)
        self.bars = ScoreBars(theme)
        inner = Surface(theme, "rail")
        column = QVBoxLayout(inner)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(12)
        column.addWidget(self.head)
        column.addWidget(self.bars)
        column.addStretch(1)
        self._area = QScrollArea()
        self._area.setAccessibleName(self.tr("Result"))
        self._area.setFrameStyle(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inner)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(16, 4, 12, 4)
        foot.setSpacing(0)
        self.hint = PlainLabel()
        self.hint.setProperty("role", "meta")
        self.reset = QPushButton(self.tr("Reset"))
        self.reset.setProperty("kind", "quiet")
        self.reset.setProperty("compact", True)
        self.reset.setToolTip(self.tr("Remove all limits: the service's own flags decide"))
        self.copy = CopyButton(theme, self.tr("JSON"), self._json)
        self.copy.setToolTip(self.tr("Copy as JSON"))
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.reset)
        foot.addWidget(self.copy)
        self._foot_line = Line(theme)
        self.bars.limit_set.connect(self.limit_set)
        self.bars.chosen.connect(self.show_passage)
        self.head.passage_wanted.connect(self.show_passage)
        self.reset.clicked.connect(self.limits_reset)

    # --- what it is told ----------------------------------------------------------------------------------

    def apply(self, event: object) -> None:
        """Take an event of the session: checks by hand are shown, automatic ones only where they found too much."""
        match event:
            case ConversationOpened(conversation):
                mine = [message.id for message in conversation.messages if message.role is Role.USER]
                self._newest = mine[-1] if mine else None
            case MessageAdded(message) if message.role is Role.USER:
                self._newest = message.id
            case CheckBegan(checkpoint=Checkpoint.BY_HAND):
                self._set_waiting(True)
            case CheckDone(checked, _turn, hint) if checked.checkpoint is Checkpoint.BY_HAND:
                self._set_waiting(False)
                self.show_checked(checked, hint)

    def show_checked(self, checked: Checked, hint: str = "") -> None:
        """Show a result, of today or from the log."""
        earlier, self.checked = self.checked, checked
        text = self.text.toPlainText()
        if checked.text and checked.text != text:
            self.text.setPlainText(checked.text)
        elif checked.subject.kind is SubjectKind.IMAGE and earlier is not None and text == earlier.text:
            self.text.clear()  # it would stand under the picture's name; what the person writes stays
        self.origin.setText(self._origin(checked))
        self._show_result(hint)

    def show_limits(self, limits: dict[str, float]) -> None:
        """Show other limits in what stands there."""
        self._limits = dict(limits)
        self.bars.show_limits(limits)
        self._show_foot()
        if self.checked is not None:
            self.head.show_checked(self.checked, self._limits)

    def _origin(self, checked: Checked) -> str:
        subject = checked.subject
        return {
            SubjectKind.TEXT: "",
            SubjectKind.MESSAGE: self.tr("from the conversation"),
            SubjectKind.CONVERSATION: self.tr("the conversation"),
            SubjectKind.FILE: subject.name,
            SubjectKind.ATTACHMENT: subject.name,
            SubjectKind.IMAGE: subject.name or self.tr("a picture"),
        }[subject.kind]

    def _show_result(self, hint: str = "") -> None:
        checked = self.checked
        self.head.show_checked(checked, self._limits, hint)
        scores = checked.verdict.ranked() if checked is not None else ()
        self.bars.show_scores(scores, self._limits)
        for part in (self._foot, self._foot_line):
            part.setVisible(bool(scores))
        self.copy.setVisible(checked is not None)
        self._show_foot()
        self._show_meta()
        self._on_text()
        self._mark(None)

    def _show_foot(self) -> None:
        self.reset.setEnabled(bool(self._limits))
        has_limits = bool(self._limits)
        self.hint.setText(
            self.tr("▎your limit, drag to move") if has_limits else self.tr("Drag on a bar to set a limit")
        )

    def _show_meta(self) -> None:
        checked = self.checked
        if self._is_waiting:
            self.meta.setText(self.tr("Checking…"))
        elif checked is None or not checked.parts:
            self.meta.setText("")
        else:
            model = checked.verdict.model or checked.engine
            self.meta.setText(self.tr("{model} · {s} s").format(model=model, s=f"{checked.duration_ms / 1000:.2f}"))

    def _set_waiting(self, is_waiting: bool) -> None:
        self._is_waiting = is_waiting
        self._show_meta()
        self._on_text()

    # --- what the person does -----------------------------------------------------------------------------

    def _ask(self) -> None:
        text = self.text.toPlainText()
        if text.strip() and not self._is_waiting:
            self._set_waiting(True)
            self.wanted.emit(CheckText(text))

    def _on_text(self) -> None:
        text = self.text.toPlainText()
        is_same = self.checked is not None and text == self.checked.text and bool(text)
        self.check.setText(self.tr("Check again") if is_same else self.tr("Check"))
        self.check.setEnabled(bool(text.strip()) and not self._is_waiting)
        if not is_same:
            self._mark(None)

    def _show_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        newest = self._newest
        if newest is not None:
            mine = menu.addAction(self.tr("Your last message"))
            mine.triggered.connect(lambda: self.wanted.emit(CheckMessage(newest)))
        menu.addAction(self.tr("This conversation")).triggered.connect(lambda: self.wanted.emit(CheckConversation()))
        menu.addAction(self.tr("A transcript…")).triggered.connect(self._choose_transcript)
        menu.addAction(self.tr("A picture…")).triggered.connect(self._choose_picture)
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _choose_transcript(self) -> None:
        words = self.tr("Transcripts ({endings})").format(endings=TRANSCRIPTS)
        self._choose(self.tr("Check a transcript"), words)

    def _choose_picture(self) -> None:
        self._choose(self.tr("Check a picture"), self.tr("Pictures ({endings})").format(endings=PICTURES))

    def _choose(self, title: str, kinds: str) -> None:
        """Ask for a file; the dialog does not block the program."""
        dialog = QFileDialog(self, title, str(Path.home()), kinds)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.check_file)
        dialog.open()

    def check_file(self, path: str) -> None:
        """Check a file: a picture by its ending, anything else as a transcript."""
        self.wanted.emit(CheckImage(path) if format_for(path) else CheckFile(path))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.check_file(event.mimeData().urls()[0].toLocalFile())

    def show_passage(self, category: str) -> None:
        """Mark the passage in which *category* is highest, and bring it into view."""
        part = self.checked.part_for(category) if self.checked is not None else None
        self._mark(part)

    def _mark(self, part: Part | None) -> None:
        self._marked = part
        marks: list[QTextEdit.ExtraSelection] = []
        if part is not None and self.checked is not None and self.text.toPlainText() == self.checked.text:
            mark = QTextEdit.ExtraSelection()
            cursor = self._cursor_of(part.passage)
            style = QTextCharFormat()
            style.setBackground(self._theme.color("problemSoft"))
            mark.cursor, mark.format = cursor, style
            marks.append(mark)
            at = QTextCursor(cursor)
            at.setPosition(cursor.selectionStart())
            self.text.setTextCursor(at)
            self.text.centerCursor()
        self.text.setExtraSelections(marks)

    def _on_theme(self) -> None:
        self._mark(self._marked)

    def _cursor_of(self, passage: Passage) -> QTextCursor:
        """Qt counts UTF-16 units, we count characters."""
        text = self.text.toPlainText()
        start = len(text[: passage.start].encode("utf-16-le")) // 2
        end = start + len(passage.of(text).encode("utf-16-le")) // 2
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _json(self) -> str:
        return "" if self.checked is None else json.dumps(as_report(self.checked), ensure_ascii=False, indent=1)
