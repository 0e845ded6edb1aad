"""The talk button: a disc or an outline, and round it a ring of 48 ticks that shows measured levels.

A filled disc means the turn is the person's; an outline means voiceapp has it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from voiceapp.core.audio import Level
from voiceapp.gui.controls import ColorFade
from voiceapp.gui.meter import Meter
from voiceapp.gui.strip_text import Word
from voiceapp.gui.theme import Theme

TICKS = 48
SIDE_TICKS = TICKS // 2
TRAVELLERS = 9
TURN_MS = 1200
FRAME_MS = 25
CALM_FRAME_MS = 250
LARGE_PX, SMALL_PX = 96, 72
_FOCUS_ROOM_PX = 8


@dataclass(frozen=True)
class Face:
    """How a state looks: *disc* fills it (None: an outline in *stroke*), *icon* in *ink*, ticks in *tick*."""

    disc: str | None
    stroke: str
    icon: str
    ink: str
    tick: str
    is_travelling: bool = False


FACES = {
    Word.MUTED: Face("ink", "ink", "mic", "onInk", "tick"),
    Word.READY: Face("ink", "ink", "mic", "onInk", "tick"),
    Word.LISTENING: Face("youFill", "youFill", "mic", "onYou", "youFill"),
    Word.TRANSCRIBING: Face(None, "youFill", "captions", "you", "youFill", is_travelling=True),
    Word.THINKING: Face(None, "ink", "ellipsis", "ink", "ink", is_travelling=True),
    Word.SPEAKING: Face(None, "itFill", "mic", "ink", "itFill"),
    Word.PROBLEM: Face("ink", "ink", "mic", "onInk", "tick"),
}


class TalkButton(QWidget):
    """Hold to talk. ``pressed`` and ``released`` are raw; what they mean is :class:`TalkGesture`'s matter."""

    pressed = Signal()
    released = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._word = Word.MUTED
        self._meter = Meter()
        self._step = 0
        self._is_held = False
        self._ring_px = LARGE_PX
        self._disc = ColorFade(theme, self, "ink")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_frame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # a click takes the focus from the entry, and Space talks
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Talk"))
        self.setAccessibleDescription(self.tr("Hold to talk, or press once to begin and once to send."))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    # --- what it is told ----------------------------------------------------------------------------------

    @property
    def word(self) -> Word:
        """The state shown."""
        return self._word

    def show_word(self, word: Word) -> None:
        """Show another state; the needle of the old one falls."""
        if word is self._word:
            return
        self._word = word
        face = FACES[word]
        self._disc.to(face.disc or "raised")
        self._meter = Meter(at_ms=_now_ms())
        self._step = 0
        self._run()
        self.update()

    def show_level(self, level: Level) -> None:
        """Take a measurement of the sound that belongs to the state: the microphone's, or the loudspeaker's."""
        if self._word not in (Word.LISTENING, Word.SPEAKING):
            return
        self._meter = self._meter.pushed(level.rms_db, level.peak_db, _now_ms())
        self._run()

    def set_small(self, is_small: bool) -> None:
        """Shrink to 72 px for low windows."""
        self._ring_px = SMALL_PX if is_small else LARGE_PX
        self.updateGeometry()
        self.update()

    def lit_ticks(self) -> int:
        """Return how many ticks of each side are lit."""
        return round(self._meter.value * SIDE_TICKS)

    @property
    def is_animating(self) -> bool:
        """Whether a timer runs; at rest none does."""
        return self._timer.isActive()

    # --- time ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        is_calm = self._theme.is_motion_reduced
        is_moving = not self._meter.is_at_rest or (FACES[self._word].is_travelling and not is_calm)
        if is_moving and not self._timer.isActive():
            self._timer.start(CALM_FRAME_MS if is_calm else FRAME_MS)
        elif not is_moving:
            self._timer.stop()

    def _on_frame(self) -> None:
        now_ms = _now_ms()
        self._meter = self._meter.advanced(now_ms)
        self._step = int(now_ms % TURN_MS * TICKS / TURN_MS)
        self._run()
        self.update()

    def sizeHint(self) -> QSize:
        side = self._ring_px + _FOCUS_ROOM_PX
        return QSize(side, side)

    minimumSizeHint = sizeHint

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.width() / 2, self.height() / 2)
        scale = self._ring_px / LARGE_PX
        face = FACES[self._word]
        self._paint_ticks(painter, face, scale)
        radius = 34.0 * scale
        if face.disc is None:
            painter.setPen(QPen(self._theme.color(face.stroke), 2))
            painter.setBrush(self._disc.color)
            painter.drawEllipse(QPointF(), radius - 1, radius - 1)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._disc.color)
            painter.drawEllipse(QPointF(), radius, radius)
        icon_px = 28 if scale == 1 else 24
        self._theme.paint_icon(painter, QRectF(-icon_px / 2, -icon_px / 2, icon_px, icon_px), face.icon, face.ink)
        if self.hasFocus() and self.property("isFocusVisible"):
            painter.setPen(QPen(self._theme.color("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(), 50 * scale, 50 * scale)

    def _paint_ticks(self, painter: QPainter, face: Face, scale: float) -> None:
        outer, inner = 47.0 * scale, 39.0 * scale
        lit = self.lit_indexes()
        for color, wanted in (("tick", False), (face.tick, True)):
            pen = QPen(self._theme.color(color), 2.0 if scale == 1 else 1.6)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            lines = []
            for index in range(TICKS):
                if (index in lit) is wanted:
                    angle = math.tau * (index + 0.5) / TICKS  # from the bottom, clockwise
                    x, y = -math.sin(angle), math.cos(angle)
                    lines.append(QLineF(x * inner, y * inner, x * outer, y * outer))
            painter.drawLines(lines)

    def lit_indexes(self) -> frozenset[int]:
        """Return which ticks are lit; they count clockwise from the bottom."""
        face = FACES[self._word]
        if face.is_travelling:
            first = SIDE_TICKS - TRAVELLERS // 2 if self._theme.is_motion_reduced else self._step
            return frozenset((first + k) % TICKS for k in range(TRAVELLERS))
        if self._word not in (Word.LISTENING, Word.SPEAKING):
            return frozenset()
        heights = set(range(self.lit_ticks()))
        if self._meter.peak > 0.0:
            heights.add(min(SIDE_TICKS, max(1, round(self._meter.peak * SIDE_TICKS))) - 1)
        return frozenset(heights | {TICKS - 1 - height for height in heights})

    # --- hands --------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and not self._is_held:
            self._is_held = True
            self.pressed.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._is_held:
            self._is_held = False
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.released.emit()
        else:
            super().keyReleaseEvent(event)


def _now_ms() -> float:
    return time.monotonic() * 1000.0
