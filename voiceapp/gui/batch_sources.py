"""Which conversations are worked on in a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.conversation import ConversationHead
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme


class ConversationChoice(QDialog):
    """A list with a tick for each. ``chosen`` carries sources: ("conversation:12", …)."""

    chosen = Signal(tuple)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        dress(theme, self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Conversations"))
        words = PlainLabel(
            self.tr("Summaries and clean texts go into voiceapp's folder “batches”, titles into the list.")
        )
        words.setWordWrap(True)
        words.setProperty("role", "secondary")
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Conversations"))
        self.list.setSpacing(2)
        self.list.itemChanged.connect(lambda _item: self._show_state())
        self._theme = theme
        self._dye()
        theme.changed.connect(self._dye)
        self.all = QPushButton(self.tr("All"))
        self.all.setProperty("compact", True)
        self.all.setAutoDefault(False)
        self.all.clicked.connect(self._tick_all)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setText(self.tr("Estimate"))
        self.ok.setProperty("kind", "primary")
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(self.all)
        foot.addStretch(1)
        foot.addWidget(buttons)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 20, 20, 16)
        whole.setSpacing(12)
        whole.addWidget(words)
        whole.addWidget(self.list, 1)
        whole.addLayout(foot)
        self._show_state()

    def sizeHint(self) -> QSize:
        return QSize(440, 420)

    @property
    def sources(self) -> tuple[str, ...]:
        """What is ticked."""
        rows = (self.list.item(row) for row in range(self.list.count()))
        return tuple(row.data(Qt.ItemDataRole.UserRole) for row in rows if row.checkState() is Qt.CheckState.Checked)

    def show_heads(self, heads: Sequence[ConversationHead]) -> None:
        """Offer *heads*; what is ticked stays ticked."""
        ticked = set(self.sources)
        self.list.blockSignals(True)
        self.list.clear()
        for head in heads:
            source = f"conversation:{head.id}"
            day = datetime.fromtimestamp(head.updated_at).astimezone().strftime("%Y-%m-%d")
            row = QListWidgetItem(f"{day}  {head.title or self.tr('Untitled')}")
            row.setData(Qt.ItemDataRole.UserRole, source)
            row.setFlags(row.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            row.setCheckState(Qt.CheckState.Checked if source in ticked else Qt.CheckState.Unchecked)
            self.list.addItem(row)
        self.list.blockSignals(False)
        self._show_state()

    def _dye(self) -> None:
        """Qt draws the boxes in a colour that dark grounds swallow."""
        box = f"width: 14px; height: 14px; border: 1px solid {self._theme.css('ink2')}; border-radius: 3px;"
        ticked = f"background: {self._theme.css('ink')};"
        self.list.setStyleSheet(f"QListView::indicator {{ {box} }} QListView::indicator:checked {{ {ticked} }}")

    def _tick_all(self) -> None:
        for row in range(self.list.count()):
            self.list.item(row).setCheckState(Qt.CheckState.Checked)

    def _show_state(self) -> None:
        self.ok.setEnabled(bool(self.sources))
        self.all.setEnabled(self.list.count() > 0)

    def _accept(self) -> None:
        self.chosen.emit(self.sources)
        self.accept()
