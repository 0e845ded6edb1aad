"""The strip above the talk bar: what voiceapp is doing, with seconds, sound, device, engine and milliseconds."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from voiceapp.core import events as ev
from voiceapp.gui.column import column
from voiceapp.gui.controls import ColorFade
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.strip_text import Strip, Word, after, countdown, seconds, spoken
from voiceapp.gui.theme import Theme
from voiceapp.gui.trace import Trace

HEIGHT_PX = 40
TICK_MS = 100
CALM_TICK_MS = 250
_GAP, _ICON_GAP = 12, 8
_TRACE_MIN_PX, _TRACE_MAX_PX, _BAR_PITCH_PX, _BAR_HALF_PX = 88, 184, 3, 13
_DETAIL_MIN_PX = 72


@dataclass(frozen=True)
class Look:
    """A word's icon, its colour and the strip's background."""

    icon: str
    color: str
    back: str


LOOKS = {
    Word.MUTED: Look("mic-off", "ink", "sunken"),
    Word.READY: Look("mic", "ink", "sunken"),
    Word.LISTENING: Look("mic", "you", "youSoft"),
    Word.TRANSCRIBING: Look("captions", "you", "youSoft"),
    Word.THINKING: Look("ellipsis", "ink", "sunken"),
    Word.SPEAKING: Look("volume-2", "it", "itSoft"),
    Word.PROBLEM: Look("triangle-alert", "problem", "problemSoft"),
}


@dataclass(frozen=True)
class Fit:
    """What has room: trace, engine and device go in this order; icon, word and times never."""

    trace_px: float
    has_engine: bool
    has_device: bool
    detail_px: float


def fit(room_px: float, detail_px: float, device_px: float, engine_px: float) -> Fit:
    """Share *room_px*, what icon, word, seconds and milliseconds leave, between the parts that may go."""
    detail_min = min(detail_px, _DETAIL_MIN_PX) if detail_px else 0.0
    both = device_px + engine_px
    if room_px >= detail_px + both + _TRACE_MIN_PX + 2 * _GAP:
        spare = room_px - detail_px - both - 2 * _GAP
        return Fit(min(spare, _TRACE_MAX_PX), True, True, detail_px)
    if room_px >= detail_min + both:
        return Fit(0.0, True, True, min(detail_px, room_px - both))
    if room_px >= detail_min + device_px:
        return Fit(0.0, False, True, min(detail_px, room_px - device_px))
    return Fit(0.0, False, False, max(0.0, min(detail_px, room_px)))


class StateStrip(QWidget):
    """Shows a :class:`Strip`; fed with every event by :meth:`apply`. Repaints only while something runs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._strip = Strip()
        self._trace = Trace()
        self._back = ColorFade(theme, self, "sunken")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_tick)
        self.setFixedHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(spoken(Word.MUTED))

    @property
    def strip(self) -> Strip:
        """What is shown."""
        return self._strip

    @property
    def is_animating(self) -> bool:
        """Whether a timer runs; at rest none does."""
        return self._timer.isActive()

    def apply(self, event: ev.Event) -> None:
        """Take an event of the session."""
        now_s = time.monotonic()
        if isinstance(event, ev.InputLevel):
            self._trace.add_you(event.level.rms_db, now_s)
        elif isinstance(event, ev.OutputLevel):
            self._trace.add_it(event.level.rms_db, now_s)
        self.show_strip(after(self._strip, event, now_s))

    def show_problem(self, problem: ev.Problem | None) -> None:
        """Show a problem of the session as a whole, or take it away."""
        self.show_strip(Strip(problem=problem, devices=self._strip.devices, engines=self._strip.engines))

    def show_strip(self, strip: Strip) -> None:
        """Show *strip*; a new word is announced to whoever cannot see it."""
        old, self._strip = self._strip, strip
        self._run()
        if strip == old:
            return
        if strip.word is not old.word or strip.detail != old.detail:
            self._back.to(LOOKS[strip.word].back)
            self.setAccessibleName(f"{spoken(strip.word)}. {strip.detail}".strip())
            self.setToolTip(plain_tip(strip.detail if strip.word is Word.PROBLEM else ""))
        if strip.word is not old.word:
            announcement = QAccessibleAnnouncementEvent(self, self.accessibleName())
            QAccessible.updateAccessibility(announcement)
        self.update()

    def _run(self) -> None:
        now_s = time.monotonic()
        is_moving = (
            self._strip.since_s is not None or bool(countdown(self._strip, now_s)) or not self._trace.is_empty(now_s)
        )
        if is_moving and not self._timer.isActive():
            self._timer.start(CALM_TICK_MS if self._theme.is_motion_reduced else TICK_MS)
        elif not is_moving and self._timer.isActive():
            self._timer.stop()

    def _on_tick(self) -> None:
        self._run()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, HEIGHT_PX)

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._back.color)
        painter.fillRect(0, 0, self.width(), 1, self._theme.color("line"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("line"))
        left, width = column(self.width())
        x = self._paint_word(painter, float(left))
        right = float(left + width)
        if self._strip.latest_ms is not None and self._strip.word not in (Word.MUTED, Word.READY, Word.TRANSCRIBING):
            text = self.tr("{ms} ms").format(ms=f"{self._strip.latest_ms:.0f}")
            right = self._paint_fact(painter, right, "timer", text, "ink")
        device, engine = self._strip.device, self._strip.engine
        parts = fit(right - x, self._detail_px(), self._fact_px(device), self._fact_px(engine))
        if parts.has_engine and engine:
            right = self._paint_fact(painter, right, "cpu", engine)
        if parts.has_device and device:
            right = self._paint_fact(painter, right, "headphones", device)
        x = self._paint_detail(painter, x, parts.detail_px)
        if parts.trace_px:
            room = right - x - _GAP
            self._paint_trace(painter, right - _GAP - min(room, parts.trace_px), min(room, parts.trace_px))

    def _paint_word(self, painter: QPainter, x: float) -> float:
        """Paint icon, word and seconds; return where the next part may begin."""
        look = LOOKS[self._strip.word]
        self._theme.paint_icon(painter, QRectF(x, 10, 20, 20), look.icon, look.color)
        x += 20 + _ICON_GAP
        x = self._paint_text(painter, x, spoken(self._strip.word), look.color, 13, 600) + _GAP
        if running := seconds(self._strip, time.monotonic()):
            x = self._paint_text(painter, x, running, "ink2", 12, 400, is_tabular=True) + _GAP
        return x

    def _paint_text(
        self, painter: QPainter, x: float, text: str, color: str, size_px: int, weight: int, *, is_tabular: bool = False
    ) -> float:
        font = self._theme.font(size_px, weight, is_tabular=is_tabular)
        wide = QFontMetricsF(font).horizontalAdvance(text)
        painter.setFont(font)
        painter.setPen(self._theme.color(color))
        painter.drawText(QRectF(x, 0, wide + 2, HEIGHT_PX), Qt.AlignmentFlag.AlignVCenter, text)
        return x + wide

    def _paint_detail(self, painter: QPainter, x: float, room_px: float) -> float:
        detail = self._detail()
        if not detail or room_px < 2 * _GAP:
            return x
        metrics = QFontMetricsF(self._theme.font(12))
        text = metrics.elidedText(detail, Qt.TextElideMode.ElideRight, room_px - _GAP)
        return self._paint_text(painter, x, text, "ink2", 12, 400) + _GAP

    def _detail_px(self) -> float:
        """Return the room the detail takes with its gap."""
        detail = self._detail()
        return QFontMetricsF(self._theme.font(12)).horizontalAdvance(detail) + _GAP + 1 if detail else 0.0

    def _detail(self) -> str:
        """Return the wait that a provider asked for as it runs down, else what refines the word."""
        return countdown(self._strip, time.monotonic()) or self._strip.detail

    def _fact_px(self, text: str) -> float:
        """Return the room a fact takes with its icon and gap."""
        if not text:
            return 0.0
        return QFontMetricsF(self._theme.font(12)).horizontalAdvance(text) + 16 + 6 + _GAP

    def _paint_fact(self, painter: QPainter, right: float, icon: str, text: str, color: str = "ink2") -> float:
        """Paint icon and text that end at *right*; return where the part to the left of it must end."""
        wide = QFontMetricsF(self._theme.font(12)).horizontalAdvance(text)
        self._paint_text(painter, right - wide, text, color, 12, 400)
        self._theme.paint_icon(painter, QRectF(round(right - wide - 22), 12, 16, 16), icon, "ink2")
        return right - wide - 22 - _GAP

    def _paint_trace(self, painter: QPainter, x: float, wide: float) -> None:
        """Paint eight seconds: you above the line, voiceapp below, now at the right."""
        middle = HEIGHT_PX // 2
        left, end = round(x), round(x + wide) - 2
        painter.fillRect(left, middle, end - left, 1, self._theme.color("btn"))
        painter.fillRect(end, 5, 2, HEIGHT_PX - 10, self._theme.color("ink"))
        count = max(0, (end - left - 2) // _BAR_PITCH_PX)
        bars = self._trace.bars(count, time.monotonic())
        first = end - 2 - count * _BAR_PITCH_PX
        for heights, color, sign in ((bars.you, "youFill", -1), (bars.it, "itFill", 1)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color(color))
            for index, height in enumerate(heights):
                if height > 0.0:
                    long = max(2, round(height * _BAR_HALF_PX))
                    top = middle - long if sign < 0 else middle + 1
                    corner = QPointF(first + index * _BAR_PITCH_PX, top)
                    painter.drawRect(QRectF(corner.x(), corner.y(), 2, long))
