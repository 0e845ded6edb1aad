"""The service's own tools in the header: a button that says what is on, and its menu of switches."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy

from voiceapp.core.documents import DocumentStore, summary
from voiceapp.core.hosted import HostedChoice, HostedKnown, HostedOffer, HostedTool
from voiceapp.gui.controls import DrawnButton
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme


class HostedButton(DrawnButton):
    """Shows what is on; a click opens the switches.

    Signals:
        chosen: a ``HostedChoice``.
        opening: the menu opens; what it shows may be renewed.
        documents_wanted: the person wants to make or change stores of documents.
    """

    chosen = Signal(object)
    opening = Signal()
    documents_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "")
        self._known = HostedKnown(0, HostedChoice(), HostedOffer())
        self._stores: tuple[DocumentStore, ...] = ()
        self.setFixedHeight(32)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.web = self._switch(self.tr("Search the web"))
        self.code = self._switch(self.tr("Run code"))
        self.documents = self.menu.addMenu(self.tr("Search documents"))
        self.menu.addSeparator()
        self.where = self.menu.addAction("")
        self.where.setEnabled(False)
        self.web.triggered.connect(lambda on: self._choose(replace(self._known.choice, web=on)))
        self.code.triggered.connect(lambda on: self._choose(replace(self._known.choice, code=on)))
        self.clicked.connect(self.open_menu)
        theme.changed.connect(self.update)
        self._show()

    def set_known(self, known: HostedKnown) -> None:
        """Show what is on, and offer what there is."""
        self._known = known
        self._show()

    def set_stores(self, stores: tuple[DocumentStore, ...]) -> None:
        """Offer *stores* for searching."""
        self._stores = stores
        self._show()

    def open_menu(self) -> None:
        """Open the switches below the button."""
        self.opening.emit()
        self.menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    # --- inside -------------------------------------------------------------------------------------------

    def _switch(self, words: str) -> QAction:
        action = self.menu.addAction(words)
        action.setCheckable(True)
        return action

    def _show(self) -> None:
        choice, offer = self._known.choice, self._known.offer
        self.setVisible(bool(offer.tools))
        self.web.setChecked(choice.web)
        self.code.setChecked(choice.code)
        self.web.setVisible(HostedTool.WEB.value in offer.tools)
        self.code.setVisible(HostedTool.CODE.value in offer.tools)
        self.documents.menuAction().setVisible(HostedTool.FILES.value in offer.tools)
        self.where.setText(self.tr("They work at {provider}, which charges for them.").format(provider=offer.shown))
        self._show_stores()
        words = self._words()
        self.setText(words)
        on = self.tr("On: {what}").format(what=words) if words else self.tr("Nothing is on.")
        self.setAccessibleName(self.tr("Tools of {provider}. {on}").format(provider=offer.shown, on=on))
        where = self.tr("What {provider} may use in this conversation").format(provider=offer.shown)
        self.setToolTip(plain_tip(where))
        self.setFixedWidth(self.sizeHint().width())
        self.update()

    def _show_stores(self) -> None:
        self.documents.clear()
        for store in self._stores:
            if store.provider != self._known.offer.provider:
                continue
            action = self.documents.addAction(f"{store.name} · {summary(store)}".replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(bool(store.remote_id) and store.remote_id in self._known.choice.stores)
            action.setEnabled(store.ready > 0 and bool(store.remote_id))
            action.triggered.connect(lambda on, name=store.remote_id: self._choose_store(name, is_on=on))
        if not self.documents.isEmpty():
            self.documents.addSeparator()
        self.documents.addAction(self.tr("Documents…")).triggered.connect(self.documents_wanted)

    def _words(self) -> str:
        choice = self._known.choice
        words = {
            HostedTool.WEB: self.tr("Web"),
            HostedTool.FILES: self.tr("Documents"),
            HostedTool.CODE: self.tr("Code"),
        }
        return ", ".join(words[tool] for tool in choice.tools if tool.value in self._known.offer.tools)

    def _choose_store(self, name: str, *, is_on: bool) -> None:
        others = tuple(one for one in self._known.choice.stores if one != name)
        self._choose(replace(self._known.choice, stores=(*others, name) if is_on else others))

    def _choose(self, choice: HostedChoice) -> None:
        self.set_known(replace(self._known, choice=choice))
        self.chosen.emit(choice)

    # --- looks --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        words_px = QFontMetrics(self.theme.font(12, 500)).horizontalAdvance(self.text())
        return QSize(32 + (words_px + 8 if words_px else 0), 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_on = bool(self.text())
        if is_on or self.underMouse() or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.color("hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        self.theme.paint_icon(painter, QRectF(6, 6, 20, 20), "globe", "ink" if is_on else "ink2")
        painter.setFont(self.theme.font(12, 500))
        painter.setPen(self.theme.color("ink"))
        painter.drawText(QRectF(30, 0, self.width() - 30, 32), Qt.AlignmentFlag.AlignVCenter, self.text())
