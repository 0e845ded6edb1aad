"""The little waveform of a take, and the row it stands in: play, waveform, seconds."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from voiceapp.core.audio import Level
from voiceapp.core.conversation import Take
from voiceapp.gui.controls import DrawnButton
from voiceapp.gui.dress import Words
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.quiet_line import Icon
from voiceapp.gui.theme import Theme

BAR_PX = 3
MAX_BARS = 64
SHORT_S, LONG_S = 1.0, 8.0
QUIET_DB = -54.0


class Waveform(QWidget):
    """Bars from an envelope, one every four pixels; the longer the take, the more of them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bars: deque[float] = deque(maxlen=32)
        self.setFixedHeight(20)

    def sizeHint(self) -> QSize:
        return QSize(max(1, len(self._bars)) * BAR_PX, 20)

    minimumSizeHint = sizeHint

    def set_envelope(self, envelope: tuple[float, ...], duration_s: float) -> None:
        """Show *envelope*, values 0..1."""
        share = min(1.0, max(0.0, (duration_s - SHORT_S) / (LONG_S - SHORT_S)))
        count = min(len(envelope), round(16 + share * (MAX_BARS - 16)))
        self._bars = deque(maxlen=MAX_BARS)
        for index in range(count):
            low = index * len(envelope) // count
            high = max(low + 1, (index + 1) * len(envelope) // count)
            self._bars.append(max(envelope[low:high]))
        loudest = max(self._bars, default=0.0)
        if loudest > 0:
            self._bars = deque((bar / loudest for bar in self._bars), maxlen=MAX_BARS)
        self.updateGeometry()
        self.update()

    def add_level(self, level: Level) -> None:
        """Show one more moment of the sound that is being recorded."""
        self._bars.append(min(1.0, max(0.0, (level.peak_db - QUIET_DB) / -QUIET_DB)))
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._theme.color("youFill"), 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        middle = self.height() / 2
        for index, bar in enumerate(self._bars):
            half = max(0.4, bar * (middle - 2))
            x = index * BAR_PX + 1
            painter.drawLine(QRectF(x, middle - half, 0, 2 * half).topLeft(), QRectF(x, middle + half, 0, 0).topLeft())


class PlayButton(DrawnButton):
    """A round button that plays a take, or stops it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "")
        self.setFixedSize(24, 24)
        self.set_playing(False)

    def set_playing(self, is_playing: bool) -> None:
        self._is_playing = is_playing
        name = self.tr("Stop the recording") if is_playing else self.tr("Play the recording")
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(name))
        self.update()

    @property
    def is_playing(self) -> bool:
        return self._is_playing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.color("focus" if self.hasFocus() else "edge"), 2 if self.hasFocus() else 1))
        painter.setBrush(self.theme.color("hover") if self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        icon = "square" if self._is_playing else "play"
        self.theme.paint_icon(painter, QRectF(6.5 if self._is_playing else 7, 6, 12, 12), icon, "ink")


class TakeRow(QWidget):
    """Play button or microphone, waveform, seconds."""

    def __init__(self, theme: Theme, *, is_live: bool = False) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.play = PlayButton(theme)
        self.play.setVisible(not is_live)
        self.wave = Waveform(theme)
        self._seconds = Words(theme)
        if is_live:
            row.addWidget(Icon(theme, "mic", "you"))
        row.addWidget(self.play)
        row.addWidget(self.wave)
        row.addWidget(self._seconds)
        row.addStretch(1)
        self.setFixedHeight(24)

    def set_take(self, take: Take) -> None:
        self.wave.set_envelope(take.envelope, take.duration_s)
        self.set_seconds(take.duration_s)

    def set_seconds(self, seconds: float) -> None:
        minutes = int(seconds // 60)
        text = f"{seconds:.1f} s" if minutes == 0 else f"{minutes}:{int(seconds % 60):02d}"
        self._seconds.setText(text)
