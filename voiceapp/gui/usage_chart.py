"""A month's costs, drawn: a bar a day stacked by job, and a bar that shows a share."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from voiceapp.core.budget import UsageReport
from voiceapp.core.money import cost_words, job_words, usd
from voiceapp.core.usage import Cost, Total
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme

JOB_COLORS = {"transcription": "youFill", "chat": "itFill", "speech": "focus", "images": "ink2"}
OTHER_COLOR = "edge"
HEIGHT_PX = 180
AXIS_PX = 56
FOOT_PX = 22
TOP_PX = 10
BAR_MAX_PX = 20.0


def job_color(job: str) -> str:
    """Return the token of *job*'s colour."""
    return JOB_COLORS.get(job, OTHER_COLOR)


def nice_top(highest: float) -> float:
    """Return the first of 1, 2, 5 times a power of ten that is not below *highest*."""
    if highest <= 0.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next((power * times for times in (1.0, 2.0, 5.0) if power * times >= highest), power * 10.0)


class DayChart(QWidget):
    """What each day of a month cost. A day with calls of unknown price has a ring at its foot."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._report = UsageReport("", is_current=False)
        self._sums: dict[str, Cost] = {}
        self._top = nice_top(0.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT_PX)

    def sizeHint(self) -> QSize:
        return QSize(480, HEIGHT_PX)

    def show_report(self, report: UsageReport) -> None:
        """Draw *report*."""
        self._report = report
        self._sums = {day: _sum(jobs) for day, jobs in report.days.items()}
        self._top = nice_top(max((cost.usd for cost in self._sums.values()), default=0.0))
        days = (self._words(day, jobs) for day, jobs in report.days.items() if jobs)
        self.setAccessibleName(self.tr("Costs by day"))
        self.setAccessibleDescription("; ".join(days) or self.tr("Nothing was used."))
        self.update()

    def words_at(self, x_px: float) -> str:
        """Say what the day at *x_px* cost; "" where there is none, or nothing was used."""
        days = list(self._report.days)
        number = int((x_px - AXIS_PX) / self._step()) if days and x_px >= AXIS_PX else -1
        if not 0 <= number < len(days) or not self._report.days[days[number]]:
            return ""
        return self._words(days[number], self._report.days[days[number]])

    def bar_rects(self, day: str) -> dict[str, QRectF]:
        """Return where *day*'s bar has which job, from the ground up."""
        days, top = list(self._report.days), self._top
        ground, room = HEIGHT_PX - FOOT_PX, HEIGHT_PX - FOOT_PX - TOP_PX
        step = self._step()
        wide = min(BAR_MAX_PX, step * 0.7)
        left = AXIS_PX + days.index(day) * step + (step - wide) / 2
        rects: dict[str, QRectF] = {}
        y = float(ground)
        for job in _in_order(self._report.days[day]):
            height = room * self._report.days[day][job].cost.usd / top
            if height > 0.0:
                y -= height
                rects[job] = QRectF(left, y, wide, height)
        return rects

    def _step(self) -> float:
        return (self.width() - AXIS_PX) / max(1, len(self._report.days))

    def _words(self, day: str, jobs: Mapping[str, Total]) -> str:
        parts = ", ".join(f"{job_words(job)} {cost_words(jobs[job].cost)}" for job in _in_order(jobs))
        return f"{day}: {cost_words(self._sums[day])} ({parts})"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axis(painter)
        step = self._step()
        for number, day in enumerate(self._report.days):
            middle = AXIS_PX + (number + 0.5) * step
            painter.setPen(Qt.PenStyle.NoPen)
            for job, rect in self.bar_rects(day).items():
                painter.setBrush(self._theme.color(job_color(job)))
                painter.drawRect(rect)
            if self._sums[day].unpriced:
                painter.setBrush(self._theme.color("raised"))
                painter.setPen(QPen(self._theme.color("ink3"), 1.5))
                painter.drawEllipse(QPointF(middle, HEIGHT_PX - FOOT_PX), 3.0, 3.0)
            if number == 0 or (number + 1) % 5 == 0:
                painter.setPen(self._theme.color("ink3"))
                left = min(middle - 16, self.width() - 24.0)  # the last one must not be cut off
                spot = QRectF(left, HEIGHT_PX - FOOT_PX + 4, 32, FOOT_PX - 4)
                painter.drawText(spot, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, str(number + 1))

    def _paint_axis(self, painter: QPainter) -> None:
        top, ground = self._top, HEIGHT_PX - FOOT_PX
        has_costs = any(cost.usd for cost in self._sums.values())
        painter.setFont(self._theme.font(11, is_tabular=True))
        for share in (0.0, 0.5, 1.0):
            y = ground - (ground - TOP_PX) * share
            painter.fillRect(QRectF(AXIS_PX, y, self.width() - AXIS_PX, 1), self._theme.color("line"))
            if has_costs or share == 0.0:
                painter.setPen(self._theme.color("ink3"))
                spot = QRectF(0, y - 8, AXIS_PX - 8, 16)
                painter.drawText(spot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, usd(top * share))

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tip(self.words_at(event.pos().x())), self)
            return True
        return super().event(event)


class ShareBar(QWidget):
    """A thin bar filled to a share, in a colour of the look."""

    def __init__(self, theme: Theme, share: float, color: str) -> None:
        super().__init__()
        self._theme, self.share, self.color = theme, share, color
        self.setFixedHeight(8)
        self.setMinimumWidth(40)

    def set_share(self, share: float, color: str) -> None:
        """Fill it to *share*, 0 to 1."""
        self.share, self.color = share, color
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("hover"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        filled = min(1.0, max(0.0, self.share)) * self.width()
        if filled > 0.0:
            painter.setBrush(self._theme.color(self.color))
            painter.drawRoundedRect(QRectF(0, 0, max(4.0, filled), self.height()), 4, 4)


def _sum(jobs: Mapping[str, Total]) -> Cost:
    return sum((found.cost for found in jobs.values()), Cost())


def _in_order(jobs: Mapping[str, Total]) -> list[str]:
    known = list(JOB_COLORS)
    return sorted(jobs, key=lambda job: (known.index(job) if job in known else len(known), job))
