"""What a check came to, in a chip and a sentence, with the passage that was meant."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voiceapp.core.checks import Checked, SubjectKind
from voiceapp.core.moderation import Decision, Score, exceeded, figure, is_over, name_of
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme

QUOTE_CHARS = 160


class Chip(QWidget):
    """A tinted word with an icon. *kind*: "problem", "fine" or "plain"."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.text, self._icon, self._kind = "", "check", "fine"
        self.setFont(theme.font(12, 500))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_word(self, text: str, icon: str, kind: str) -> None:
        self.text, self._icon, self._kind = text, icon, kind
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text) + 34, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, tint = {"problem": ("problem", "problemSoft"), "fine": ("you", "youSoft")}.get(
            self._kind, ("ink2", "hover")
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(tint))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        self._theme.paint_icon(painter, QRectF(6, 5, 14, 14), self._icon, ink)
        painter.setPen(self._theme.color(ink))
        painter.drawText(self.rect().adjusted(25, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text)


class _Quote(PlainLabel):
    """A passage in quotes; a click shows it in the text."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "meta")
        self.setWordWrap(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()


class ResultHead(QWidget):
    """Chip, sentence, passage. ``passage_wanted`` carries the category whose passage is to be shown."""

    passage_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.chip = Chip(theme)
        self.sentence, self.quote = PlainLabel(), _Quote()
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("role", "secondary")
        self._category = ""
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.sentence, 1, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.quote)
        self.quote.clicked.connect(lambda: self.passage_wanted.emit(self._category))

    def show_checked(self, checked: Checked | None, limits: Mapping[str, float], hint: str = "") -> None:
        """Say what *checked* comes to with the *limits* of now."""
        self.quote.hide()
        self.chip.setVisible(checked is not None)
        if checked is None:
            self.sentence.setText(
                self.tr("A text is checked in passages, so you see which part is meant. The bars show every category.")
            )
            return
        if checked.problem:
            self.chip.show_word(self.tr("Not checked"), "triangle-alert", "plain")
            self.sentence.setText(f"{checked.problem} {hint}".strip())
            return
        over = exceeded(checked.verdict, limits)
        if not is_over(checked.verdict, limits):
            self.chip.show_word(self.tr("Fine"), "check", "fine")
            self.sentence.setText(self._fine(checked))
            return
        self.chip.show_word(self.tr("Flagged"), "flag", "problem")
        self.sentence.setText(f"{self._why(over, limits)} {self._consequence(checked.decision)}".strip())
        self._show_quote(checked, over)

    def _fine(self, checked: Checked) -> str:
        if checked.verdict.is_flagged:
            return self.tr("The service flags it, your limits allow it.")
        if not checked.verdict.scores:
            return self.tr("The service found nothing and gave no scores.")
        return self.tr("Nothing is above a limit.")

    def _why(self, over: tuple[Score, ...], limits: Mapping[str, float]) -> str:
        if not over:
            return self.tr("The service flags it without saying why.")
        first = over[0]
        limit = limits.get(first.category)
        more = self.tr(" And {n} more.").format(n=len(over) - 1) if len(over) > 1 else ""
        if limit is None or first.value is None:
            return self.tr("{name} is flagged by the service.").format(name=name_of(first.category)) + more
        words = self.tr("{name} is above your limit of {limit}.")
        return words.format(name=name_of(first.category), limit=figure(limit)) + more

    def _consequence(self, decision: Decision) -> str:
        return {
            Decision.BLOCKED: self.tr("It was held back."),
            Decision.SHOWN: self.tr("Nothing was blocked."),
        }.get(decision, "")

    def _show_quote(self, checked: Checked, over: tuple[Score, ...]) -> None:
        part = checked.part_for(over[0].category) if over else None
        is_part = part is not None and len(checked.parts) > 1 and checked.subject.kind is not SubjectKind.IMAGE
        if part is None or not is_part:
            return
        words = " ".join(part.passage.of(checked.text).split())
        shown = words if len(words) <= QUOTE_CHARS else words[: QUOTE_CHARS - 1] + "…"
        self._category = over[0].category
        self.quote.setText(f"“{shown}”")
        self.quote.setToolTip(self.tr("Show it in the text"))
        self.quote.show()
