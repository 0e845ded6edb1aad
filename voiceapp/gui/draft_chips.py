"""What goes along with the next message, above the entry: small picture, name, size, cost, and a cross."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from voiceapp.core.attachments import Draft, DraftsChanged, Kind
from voiceapp.core.draft_words import cost_facts, draft_words, facts, sum_words
from voiceapp.gui.controls import IconButton
from voiceapp.gui.dress import Words
from voiceapp.gui.in_background import in_background
from voiceapp.gui.picture_reader import QImageReader
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme

CHIP_PX, LOWEST_CHIP_PX, HIGH_PX, GAP_PX = 288, 176, 48, 8
THUMB_PX = 36
LOW_WINDOW_PX = 560


class DraftChip(QWidget):
    """One thing that goes along. ``removed`` once it is not to."""

    removed = Signal(int)

    def __init__(self, theme: Theme, draft: Draft | None) -> None:
        super().__init__()
        self._theme = theme
        self.draft = draft
        self._pixels = QImage()
        self.cross = IconButton(theme, "x", self.tr("Remove"), self, size_px=24, icon_px=14)
        self.cross.setVisible(draft is not None)
        self.setFixedHeight(HIGH_PX)
        if draft is not None:
            one = draft.attachment
            self.cross.setAccessibleName(self.tr("Remove {name}").format(name=one.name))
            self.cross.clicked.connect(lambda: self.removed.emit(one.id))
            if one.kind is Kind.PICTURE:
                side = round(THUMB_PX * self.devicePixelRatioF())
                in_background(self, lambda: thumb_of(one.path, side), self._show)
        self.show_draft(draft)

    def show_draft(self, draft: Draft | None) -> None:
        """Say something else about the same thing; None: it is still being made ready."""
        self.draft = draft
        words = self.tr("Being made ready") if draft is None else f"{draft.attachment.name}: {draft_words(draft)}"
        self.setAccessibleName(words)
        self.setToolTip(plain_tip(words))
        self.update()

    @property
    def lines(self) -> tuple[str, str]:
        """What stands in it: the name, and what is said of it."""
        if self.draft is None:
            return self.tr("Being made ready…"), ""
        one = self.draft
        said = one.trouble or cost_facts(one.tokens, one.cost_usd, is_least=one.is_least)
        return one.attachment.name, f"{said} · {facts(one.attachment)}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.cross.move(self.width() - self.cross.width() - 4, (self.height() - self.cross.height()) // 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        has_trouble = self.draft is not None and bool(self.draft.trouble)
        painter.setPen(QPen(self._theme.color("problem" if has_trouble else "line"), 1))
        painter.setBrush(self._theme.color("canvas"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        self._paint_thumb(painter)
        left, right = 6 + THUMB_PX + 8, self.width() - (32 if self.draft is not None else 8)
        name, said = self.lines
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._theme.font(13, 500))
        painter.setPen(self._theme.color("ink"))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, right - left)
        painter.drawText(
            QRect(left, 5, right - left, 20) if said else QRect(left, 0, right - left, HIGH_PX), middle, shown
        )
        painter.setFont(self._theme.font(12))
        painter.setPen(self._theme.color("problem" if has_trouble else "ink2"))
        shown = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, 24, right - left, 18), middle, shown)

    def _paint_thumb(self, painter: QPainter) -> None:
        box = QRectF(6, 6, THUMB_PX, THUMB_PX)
        shape = QPainterPath()
        shape.addRoundedRect(box, 5, 5)
        painter.fillPath(shape, self._theme.color("hover"))
        if self._pixels.isNull():
            is_picture = self.draft is not None and self.draft.attachment.kind is Kind.PICTURE
            icon = "clock" if self.draft is None else "image" if is_picture else "file-text"
            self._theme.paint_icon(painter, box.adjusted(8, 8, -8, -8), icon, "ink2")
            return
        painter.save()
        painter.setClipPath(shape)
        painter.drawImage(box, self._pixels)
        painter.restore()

    def _show(self, image: QImage) -> None:
        self._pixels = image
        self.update()


class _Rows(QWidget):
    """The chips in rows; many become narrower before there are more rows."""

    def __init__(self) -> None:
        super().__init__()
        self.chips: list[DraftChip] = []

    def put(self, chips: list[DraftChip]) -> None:
        """Hold *chips* and no others."""
        for chip in self.chips:
            if chip not in chips:
                chip.hide()
                chip.deleteLater()
        self.chips = chips
        for chip in chips:
            chip.setParent(self)
            chip.show()

    def place(self, width_px: int) -> int:
        """Put the chips where they stand in a column *width_px* wide; return how high they are."""
        wide = max(LOWEST_CHIP_PX, width_px)
        a_row = max(1, (wide + GAP_PX) // (CHIP_PX + GAP_PX))
        if len(self.chips) > 2 * a_row:
            a_row = max(1, (wide + GAP_PX) // (LOWEST_CHIP_PX + GAP_PX))
        chip_px = min(CHIP_PX, (wide - (a_row - 1) * GAP_PX) // a_row)
        for number, chip in enumerate(self.chips):
            row, column = divmod(number, a_row)
            chip.setGeometry(column * (chip_px + GAP_PX), row * (HIGH_PX + GAP_PX), chip_px, HIGH_PX)
        high = -(-len(self.chips) // a_row) * (HIGH_PX + GAP_PX) - GAP_PX
        self.setFixedSize(wide, max(0, high))
        return high


class DraftChips(QScrollArea):
    """All of them, two rows in sight. ``removed`` carries the id of what is not to go along.

    Attributes:
        total: what all of it takes, for a place beside.
    """

    removed = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows = _Rows()
        self.total = Words(theme, color="ink2")
        self.setFrameStyle(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Goes along with the next message"))
        self.setWidget(self._rows)
        for clear in (self, self.viewport(), self._rows):
            clear.setAutoFillBackground(False)
        self.hide()
        self.total.hide()

    @property
    def chips(self) -> list[DraftChip]:
        """Those that are shown, in order."""
        return self._rows.chips

    def show_drafts(self, event: DraftsChanged) -> None:
        """Show what goes along now; chips of the same thing stay."""
        known = {chip.draft.attachment.id: chip for chip in self.chips if chip.draft is not None}
        kept = [self._chip(known.get(draft.attachment.id), draft) for draft in event.drafts]
        kept += [DraftChip(self._theme, None) for _number in range(event.pending)]
        self._rows.put(kept)
        self.total.setText(sum_words(event.drafts))
        self.total.setVisible(bool(self.total.text()))
        self.setVisible(bool(kept))
        self._place()

    def _chip(self, chip: DraftChip | None, draft: Draft) -> DraftChip:
        if chip is None:
            chip = DraftChip(self._theme, draft)
            chip.removed.connect(self.removed)
        chip.show_draft(draft)
        return chip

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        if not self.chips:
            return
        wide = self.width()
        high = self._rows.place(wide)
        is_low = self.window().height() < LOW_WINDOW_PX
        limit = HIGH_PX if is_low else 2 * HIGH_PX + GAP_PX
        if high > limit:
            self._rows.place(wide - self.verticalScrollBar().sizeHint().width())
        high = min(high, limit)
        if self.height() != high or self.minimumHeight() != high:
            self.setFixedHeight(high)
            self.updateGeometry()


def thumb_of(path: str, side_px: int) -> QImage:
    """Return the middle of a picture as a square. Worker thread."""
    reader = QImageReader(path)
    whole = reader.size()
    if whole.isValid():
        reader.setScaledSize(whole.scaled(QSize(side_px, side_px), Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    left, top = (image.width() - side_px) // 2, (image.height() - side_px) // 2
    return image.copy(QRect(left, top, side_px, side_px)) if not image.isNull() else image
