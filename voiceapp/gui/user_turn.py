"""The person's side: a card at the right with the words, and the take they came from."""

from __future__ import annotations

from functools import partial
from math import ceil

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from voiceapp.core.audio import Level
from voiceapp.core.conversation import Take, TakeState
from voiceapp.gui.conversation_entries import LiveTurn, UserTurn, WaitingTake
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.selectable_text import SelectableText
from voiceapp.gui.theme import Theme
from voiceapp.gui.waveform import TakeRow

PAD_X_PX, PAD_Y_PX = 16, 10
LARGEST_SHARE = 0.8
SHOWN_CHARS = 8000
"""Longer words of the person (a pasted text) are shown up to here; copying takes all."""


class TurnText(SelectableText):
    """Words in conversation type, 15 on 24, as plain text."""

    def __init__(self, theme: Theme, text: str = "", *, color: str = "ink", weight: int = 400) -> None:
        super().__init__(theme)
        self._words, self._color, self._weight = text, color, weight
        self.set_ink(color)
        self._write()

    def set_words(self, text: str, color: str = "ink") -> None:
        """Show *text*, in the token *color*."""
        if (text, color) != (self._words, self._color):
            self._words, self._color = text, color
            self.set_ink(color)
            self._write()

    def words(self) -> str:
        return self._words

    def one_line_px(self) -> int:
        """Return how wide the words are without a break."""
        metrics = QFontMetricsF(self.theme.font(15, self._weight))
        return ceil(max((metrics.horizontalAdvance(line) for line in self._words.split("\n")), default=0.0)) + 2

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()  # a layout keeps what it was told at another width

    def _write(self) -> None:
        self.document().clear()
        size = QTextBlockFormat()
        size.setLineHeight(24, int(QTextBlockFormat.LineHeightTypes.FixedHeight.value))
        style = QTextCharFormat()
        style.setFont(self.theme.font(15, self._weight))
        with self.steady() as cursor:
            cursor.setBlockFormat(size)
            cursor.insertText(self._words, style)


class VerdictLine(QWidget):
    """What moderation found in the words: a flag, the categories, their scores."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.text = ""
        self.setFont(theme.font(12, 500))
        self.setFixedHeight(20)
        self.hide()

    def set_text(self, text: str) -> None:
        """Show *text*; nothing where it is empty."""
        self.text = text
        self.setAccessibleName(self.tr("Moderation: {found}").format(found=text))
        self.setToolTip(plain_tip(text))
        self.setVisible(bool(text))

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text) + 24, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._theme.paint_icon(painter, QRectF(0, 2, 16, 16), "flag", "problem")
        painter.setPen(self._theme.color("problem"))
        shown = painter.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, self.width() - 22)
        painter.drawText(QRectF(22, 0, self.width() - 22, 20), Qt.AlignmentFlag.AlignVCenter, shown)


class Card(QWidget):
    """Something of the person's, framed, at the right and no wider than it needs to be.

    Args:
        look: "turn" (said), "live" (being said) or "waiting" (dashed).
    """

    def __init__(self, theme: Theme, look: str) -> None:
        super().__init__()
        self._theme, self._look = theme, look
        self._wanted, self._high = (-1, 0), (-1, 0)
        self.inside = QWidget(self)
        self.column = QVBoxLayout(self.inside)
        self.column.setContentsMargins(PAD_X_PX, PAD_Y_PX - 2, PAD_X_PX, PAD_Y_PX + 2)
        self.column.setSpacing(4)

    def set_look(self, look: str) -> None:
        self._look = look
        self.update()

    def renewed(self) -> None:
        """What is inside has changed: measure and place it anew."""
        self._wanted, self._high = (-1, 0), (-1, 0)
        self.column.invalidate()
        self.updateGeometry()
        self.place()

    def wanted_px(self, width_px: int) -> int:
        """Return how wide the card is in a column *width_px* wide."""
        if self._wanted[0] != width_px:
            self._wanted = (width_px, self._measured_px(width_px))
        return self._wanted[1]

    def _measured_px(self, width_px: int) -> int:
        texts = [text.one_line_px() for text in self.inside.findChildren(TurnText) if not text.isHidden()]
        rows = [
            item.sizeHint().width()
            for item in self.inside.children()
            if isinstance(item, QWidget) and not isinstance(item, TurnText) and not item.isHidden()
        ]
        return min(max([*texts, *rows, 40]) + 2 * PAD_X_PX, int(width_px * LARGEST_SHARE))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        if self._high[0] != width_px:
            wide, layout = self.wanted_px(width_px), self.column
            high = layout.heightForWidth(wide) if layout.hasHeightForWidth() else layout.sizeHint().height()
            self._high = (width_px, high)
        return self._high[1]

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.place()

    def place(self) -> None:
        """Give the card its size."""
        wide = self.wanted_px(self.width())
        self.inside.setGeometry(self.width() - wide, 0, wide, self.height())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill, line = {"turn": ("turn", "line"), "live": ("youSoft", "youFill")}.get(self._look, ("canvas", "edge"))
        pen = QPen(self._theme.color(line), 1)
        if self._look == "waiting":
            pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.setBrush(self._theme.color(fill))
        painter.drawRoundedRect(QRectF(self.inside.geometry()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)


class UserCard(Card):
    """What the person said or wrote."""

    play = Signal(int)
    opened = Signal(object)

    def __init__(self, theme: Theme, turn: UserTurn) -> None:
        super().__init__(theme, "turn")
        self._text = TurnText(theme)
        if turn.message.attachments:
            from voiceapp.gui.attached_row import AttachedRow  # most messages have none

            self.attached = AttachedRow(theme, turn.message.attachments)
            self.attached.opened.connect(self.opened)
            self.column.addWidget(self.attached)
        self.row = TakeRow(theme)
        self.verdict = VerdictLine(theme)
        for part in (self._text, self.row, self.verdict):
            self.column.addWidget(part)
        self.row.play.clicked.connect(self._on_play)
        self.set_turn(turn)

    def set_turn(self, turn: UserTurn) -> None:
        self._turn = turn
        text = turn.message.text
        self._text.setVisible(bool(text) or not turn.message.attachments)
        if not text and turn.take is not None:  # the model heard it itself; its words may follow
            self._text.set_words(self.tr("Heard as sound"), "ink2")
        else:
            self._text.set_words(text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…")
        self._text.setAccessibleName(self.tr("You: {text}").format(text=text[:SHOWN_CHARS]))
        self.row.setVisible(turn.take is not None)
        if turn.take is not None:
            self.row.set_take(turn.take)
        self.verdict.set_text(turn.verdict)
        self.renewed()

    def set_playing(self, take_id: int | None) -> None:
        self.row.play.set_playing(self._turn.take is not None and take_id == self._turn.take.id)

    def _on_play(self) -> None:
        if self._turn.take is not None:
            self.play.emit(self._turn.take.id)


class LiveCard(Card):
    """The person is speaking: words as they come, level and seconds; then the words being made out."""

    def __init__(self, theme: Theme, turn: LiveTurn) -> None:
        super().__init__(theme, "live")
        self._text = TurnText(theme)
        self.row = TakeRow(theme, is_live=True)
        self.column.addWidget(self._text)
        self.column.addWidget(self.row)
        self._clock = QElapsedTimer()
        self._tick = QTimer(self, interval=100)
        self._tick.timeout.connect(self._on_tick)
        self.set_turn(turn)

    def set_turn(self, turn: LiveTurn) -> None:
        waiting = self.tr("Listening") if turn.is_listening else self.tr("Turning it into words")
        self._text.set_words(turn.text or waiting, "ink" if turn.text else "ink2")
        if turn.is_listening and not self._tick.isActive():
            self._clock.start()
            self._tick.start()
        elif not turn.is_listening:
            self._tick.stop()
            if turn.take is not None and turn.take.duration_s > 0:
                self.row.set_take(turn.take)
        self.renewed()

    def add_level(self, level: Level) -> None:
        if self._tick.isActive():
            self.row.wave.add_level(level)
            self.renewed()

    def _on_tick(self) -> None:
        self.row.set_seconds(self._clock.elapsed() / 1000)


class WaitingCard(Card):
    """A recording without words: dashed, with what can be done about it."""

    play = Signal(int)
    retry = Signal(int, str)

    def __init__(self, theme: Theme, waiting: WaitingTake, engines: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(theme, "waiting")
        self._take = waiting.take
        self._text = TurnText(theme)
        self.row = TakeRow(theme)
        self.row.play.clicked.connect(lambda: self.play.emit(self._take.id))
        buttons = QWidget()
        dress(theme, buttons)
        line = QHBoxLayout(buttons)
        line.setContentsMargins(0, 4, 0, 0)
        line.setSpacing(8)
        self.again = QPushButton(self.tr("Turn into words"))
        self.again.setProperty("compact", True)
        self.again.clicked.connect(lambda: self.retry.emit(self._take.id, ""))
        self.other = QPushButton(self.tr("Other engine"))
        self.other.setProperty("compact", True)
        self.menu = QMenu(self.other)
        self.other.setMenu(self.menu)
        self.other.setStyleSheet("QPushButton::menu-indicator { image: none; width: 0; }")
        line.addWidget(self.again)
        line.addWidget(self.other)
        line.addStretch(1)
        self._buttons = buttons
        for item in (self._text, self.row, buttons):
            self.column.addWidget(item)
        self.set_engines(engines)
        self.set_waiting(waiting)

    def set_engines(self, engines: tuple[tuple[str, str], ...]) -> None:
        """Offer *engines*, (name, label) each, for another try."""
        self.menu.clear()
        for name, label in engines:
            self.menu.addAction(label).triggered.connect(partial(self._try_engine, name))
        self.other.setVisible(bool(engines))

    def _try_engine(self, provider: str) -> None:
        self.retry.emit(self._take.id, provider)

    def set_waiting(self, waiting: WaitingTake) -> None:
        self._take = take = waiting.take
        self._text.set_words(self._words(take), "ink2")
        self.again.setText(self.tr("Try again") if take.state is TakeState.FAILED else self.tr("Turn into words"))
        self.row.set_take(take)
        self.renewed()

    def set_busy(self, is_busy: bool) -> None:
        """While it is being tried again there is nothing to press."""
        self._buttons.setEnabled(not is_busy)

    def set_offer(self, is_offered: bool) -> None:
        """Hide the buttons where a card below offers the same."""
        self._buttons.setVisible(is_offered)
        self.renewed()

    def set_playing(self, take_id: int | None) -> None:
        self.row.play.set_playing(take_id == self._take.id)

    def _words(self, take: Take) -> str:
        if take.state is TakeState.FAILED and take.error:
            return self.tr("Recorded, not turned into words yet. {why}").format(why=take.error)
        if take.state is TakeState.CANCELLED:
            return self.tr("Stopped. The recording is kept.")
        return self.tr("Recorded, waiting to be turned into words")
