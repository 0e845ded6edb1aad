"""The page that the conversation scrolls: a button for earlier turns, the entries, or what stands before the first."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QPushButton, QWidget

from voiceapp.gui.column import column
from voiceapp.gui.dress import dress
from voiceapp.gui.empty_page import EmptyPage
from voiceapp.gui.stack import Stack
from voiceapp.gui.theme import Theme

EDGE_PX = 24
"""Room above the first and below the last entry."""
GAP_PX = 24


class ConversationPage(QWidget):
    """Places its three parts in the column and takes the height they need; the view says when.

    Attributes:
        earlier: asks for turns further up; hidden where there are none.
        stack: a widget for each entry.
        empty: shown in its stead before the first turn.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("conversation-page")
        self.earlier = QPushButton(self.tr("Show earlier"), self)
        self.earlier.setProperty("compact", True)
        dress(theme, self.earlier, "QPushButton")
        self.earlier.hide()
        self.stack = Stack(self, gap_px=GAP_PX)
        self.empty = EmptyPage(theme)
        self.empty.setParent(self)

    def set_empty(self, is_empty: bool) -> bool:
        """Show the empty page or the entries; return whether this is a change."""
        if is_empty is not self.empty.isHidden():
            return False
        self.empty.setVisible(is_empty)
        self.stack.setVisible(not is_empty)
        return True

    def arrange(self, width_px: int, seen: QSize) -> None:
        """Place the parts in a window *width_px* wide of which *seen* is free of scroll bars."""
        left, wide = column(width_px)  # as strip and talk bar have it: the scroll bar lies in the margin
        top = EDGE_PX
        if not self.earlier.isHidden():
            size = self.earlier.sizeHint()
            self.earlier.setGeometry(left + (wide - size.width()) // 2, top, size.width(), size.height())
            top += size.height() + EDGE_PX
        height = self.stack.heightForWidth(wide)
        self.stack.setGeometry(left, top, wide, height)
        if self.empty.isHidden():
            self.resize(seen.width(), max(seen.height(), top + height + EDGE_PX))
        else:
            height = self.empty.heightForWidth(wide)
            free = seen.height() - height
            self.empty.setGeometry(left, max(EDGE_PX, round(free * 0.45)), wide, height)
            self.resize(seen.width(), max(seen.height(), height + 2 * EDGE_PX))
