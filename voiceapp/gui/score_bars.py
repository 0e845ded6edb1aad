"""The categories of a verdict as bars, highest first, each with the person's limit as a mark that can be moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from voiceapp.core.moderation import LOWEST_LIMIT, Score, figure, is_too_much, name_of
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme

ROW_PX = 40
TRACK_PX = 6
STEP = 0.05


class ScoreBar(QWidget):
    """One category.

    Drag on the track, or Left and Right, set the limit; Delete takes it away, and the service's own flag decides
    again. ``limit_set`` carries the category and the limit, None for none. ``chosen``: the passage is wanted.
    """

    limit_set = Signal(str, object)
    chosen = Signal(str)

    def __init__(self, theme: Theme, score: Score, limit: float | None) -> None:
        super().__init__()
        self._theme, self.score, self.limit = theme, score, limit
        self._is_dragged = False
        self.setFixedHeight(ROW_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setMouseTracking(True)
        self._say()

    def sizeHint(self) -> QSize:
        return QSize(240, ROW_PX)

    @property
    def is_too_much(self) -> bool:
        """Whether the score is over the limit, or flagged where there is none."""
        return is_too_much(self.score, self.limit)

    def set_limit(self, limit: float | None) -> None:
        """Show another limit."""
        self.limit = limit
        self._say()
        self.update()

    def _say(self) -> None:
        value = figure(self.score.value) or self.tr("no score")
        limit = (
            self.tr("limit {n}").format(n=figure(self.limit)) if self.limit else self.tr("the service's flag decides")
        )
        flag = self.tr("flagged") if self.score.is_flagged else self.tr("not flagged")
        self.setAccessibleName(f"{name_of(self.score.category)}: {value}, {flag}, {limit}")
        words = self.tr("{flag} by the service. {limit}. Drag to set your limit, Delete removes it.")
        self.setToolTip(plain_tip(words.format(flag=flag.capitalize(), limit=limit.capitalize())))

    # --- hands --------------------------------------------------------------------------------------------

    def _track(self) -> QRectF:
        return QRectF(0, 22, self.width(), TRACK_PX)

    def _limit_at(self, x: float) -> float:
        return round(min(1.0, max(LOWEST_LIMIT, x / max(1, self.width()))), 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and event.position().y() >= 16:
            self._is_dragged = True
            self.set_limit(self._limit_at(event.position().x()))
        elif event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(self.score.category)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        shape = Qt.CursorShape.SizeHorCursor if event.position().y() >= 16 else Qt.CursorShape.PointingHandCursor
        self.setCursor(shape)
        if self._is_dragged:
            self.set_limit(self._limit_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_dragged:
            self._is_dragged = False
            self.limit_set.emit(self.score.category, self.limit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = STEP if key == Qt.Key.Key_Right else -STEP
            self.set_limit(round(min(1.0, max(LOWEST_LIMIT, (self.limit or 0.5) + step)), 2))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.set_limit(None)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.score.category)
            return
        else:
            super().keyPressEvent(event)
            return
        self.limit_set.emit(self.score.category, self.limit)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    # --- paint --------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_over, theme = self.is_too_much, self._theme
        left = 0.0
        if is_over or self.score.is_flagged:
            color = "problem" if is_over else "ink2"
            theme.paint_icon(painter, QRectF(0, 1, 14, 14), "flag", color)
            left = 18.0
        painter.setFont(theme.font(12, 600 if is_over else 400))
        painter.setPen(theme.color("problem" if is_over else "ink2"))
        words = QRectF(left, 0, self.width() - left - 56, 16)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(
            words,
            middle,
            painter.fontMetrics().elidedText(
                name_of(self.score.category), Qt.TextElideMode.ElideRight, int(words.width())
            ),
        )
        painter.setFont(theme.font(12, 600 if is_over else 400, is_tabular=True))
        painter.setPen(theme.color("problem" if is_over else "ink"))
        shown = figure(self.score.value) or self.tr("no score")
        painter.drawText(QRectF(self.width() - 64, 0, 64, 16), middle | Qt.AlignmentFlag.AlignRight, shown)
        self._paint_track(painter, is_over=is_over)

    def _paint_track(self, painter: QPainter, *, is_over: bool) -> None:
        track, theme = self._track(), self._theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("tick" if self.hasFocus() or self.underMouse() else "hover"))
        painter.drawRoundedRect(track, 3, 3)
        value = self.score.value
        if value:
            painter.setBrush(theme.color("problem" if is_over else "ink3"))
            painter.drawRoundedRect(QRectF(track.left(), track.top(), max(2.0, track.width() * value), TRACK_PX), 3, 3)
        if self.limit is not None:
            x = min(track.width() - 2, max(0.0, track.width() * self.limit - 1))
            painter.setBrush(theme.color("rail"))
            painter.drawRect(QRectF(x - 1.5, track.top() - 3, 5, TRACK_PX + 6))
            painter.setBrush(theme.color("ink"))
            painter.drawRect(QRectF(x, track.top() - 3, 2, TRACK_PX + 6))


class ScoreBars(QWidget):
    """All categories of a verdict. Signals as :class:`ScoreBar`'s."""

    limit_set = Signal(str, object)
    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.bars: tuple[ScoreBar, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_scores(self, scores: Sequence[Score], limits: Mapping[str, float]) -> None:
        """Show *scores*, what is too much first, then the highest."""
        for bar in self.bars:
            self._column.removeWidget(bar)
            bar.hide()
            bar.deleteLater()
        ordered = sorted(scores, key=lambda s: not is_too_much(s, limits.get(s.category)))
        self.bars = tuple(ScoreBar(self._theme, score, limits.get(score.category)) for score in ordered)
        for bar in self.bars:
            bar.limit_set.connect(self.limit_set)
            bar.chosen.connect(self.chosen)
            self._column.addWidget(bar)

    def show_limits(self, limits: Mapping[str, float]) -> None:
        """Show other limits; the order stays, so that nothing jumps under the hand."""
        for bar in self.bars:
            bar.set_limit(limits.get(bar.score.category))
