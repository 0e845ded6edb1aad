"""The page of documents: stores that the service searches, what became of each document, and making new stores."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMessageBox, QWidget

from voiceapp.core import documents as d
from voiceapp.core.events import Event
from voiceapp.core.settings import Job, ProviderKind, Settings, speaks_responses
from voiceapp.gui.document_rows import StoreCard
from voiceapp.gui.dress import dress
from voiceapp.gui.settings_page import SettingsPage, note, side_by_side
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme


class DocumentsPage(SettingsPage):
    """Stores of documents."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            "Documents",
            "Documents that the service may search while it answers. They are uploaded to it and stay there until you"
            " delete them here; what it charges for keeping them is not counted here, nor in the budget. Once the"
            " month's budget is spent you are asked before an upload. Not tested against a live service.",
        )
        self.title = self.tr("Documents")
        self.cards: dict[int, StoreCard] = {}
        self._due: list[d.DocumentStore] = []
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._put_next)
        self.stores = self.section(self.tr("Stores"))
        self._none: QWidget | None = None
        self._show_emptiness()
        panel = self.section(self.tr("Make a store"))
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Household"))
        panel.row(self.tr("Name"), self.name)
        self.files = IconTextButton(theme, "file-text", self.tr("Choose files…"))
        self.folder = IconTextButton(theme, "folder", self.tr("Choose a folder…"))
        self.files.clicked.connect(lambda: self.choose(None, is_folder=False))
        self.folder.clicked.connect(lambda: self.choose(None, is_folder=True))
        hint = self.tr("PDF, Word, PowerPoint, HTML, Markdown, text and program code, up to 512 MB each.")
        self._where = panel.row(self.tr("From"), side_by_side(self.files, self.folder), hint)
        self.know("file search", "vector store", "upload", "files", "PDF", "store")

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        provider = settings.provider(settings.choice(Job.CHAT).provider)
        is_there = provider.kind is not ProviderKind.LOCAL
        self.files.setEnabled(is_there)
        self.folder.setEnabled(is_there)
        self._where.set_error(self._obstacle(settings))

    def handle(self, event: Event) -> None:
        match event:
            case d.StoresListed(stores):
                for gone in self.cards.keys() - {store.id for store in stores}:
                    self._remove(gone)
                self._due = list(stores)
                self._put_next()
            case d.StoreChanged(store):
                self._put(store)
            case d.StoreGone(store_id):
                self._remove(store_id)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.wanted.emit(d.ListStores())

    def choose(self, store_id: int | None, *, is_folder: bool) -> None:
        """Ask for files, or a folder, for a store; None = a new one."""
        dialog = QFileDialog(self, self.tr("Choose documents"))
        dress(self.theme, dialog)
        mode = QFileDialog.FileMode.Directory if is_folder else QFileDialog.FileMode.ExistingFiles
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda paths: self.take(store_id, paths))
        dialog.open()

    def take(self, store_id: int | None, paths: list[str]) -> None:
        """Put *paths* into a store; None = a new one."""
        if store_id is not None:
            self.wanted.emit(d.AddDocuments(store_id, tuple(paths)))
            return
        self.wanted.emit(d.MakeStore(self.name.text().strip(), tuple(paths)))
        self.name.clear()

    # --- inside -------------------------------------------------------------------------------------------

    def _obstacle(self, settings: Settings) -> str:
        provider = settings.provider(settings.choice(Job.CHAT).provider)
        if provider.kind is ProviderKind.LOCAL:
            return self.tr("Answers come from this computer now, which searches no documents. First choose who thinks.")
        if not speaks_responses(provider) or provider.kind is ProviderKind.COMPATIBLE:
            return self.tr("{provider} is not known to search documents while it answers.").format(
                provider=provider.shown
            )
        return ""

    def _put_next(self) -> None:
        """Show one store after the other, between other events: a card takes some milliseconds to make."""
        if self._due:
            self._put(self._due.pop(0))
            self._next.start()

    def _put(self, store: d.DocumentStore) -> None:
        self._due = [one for one in self._due if one.id != store.id]  # older news of it are no news
        card = self.cards.get(store.id)
        if card is None:
            card = self.cards[store.id] = StoreCard(self.theme, store)
            card.wanted.connect(self.wanted)
            card.more_wanted.connect(lambda is_folder: self.choose(store.id, is_folder=is_folder))
            card.deletion_wanted.connect(lambda: self._ask_to_delete(store.id))
            self.stores.add(card)
            self.know(store.name)
        card.set_store(store)
        self._show_emptiness()

    def _remove(self, store_id: int) -> None:
        self._due = [store for store in self._due if store.id != store_id]
        card = self.cards.pop(store_id, None)
        if card is not None:
            self.stores.drop(card)
        self._show_emptiness()

    def _show_emptiness(self) -> None:
        if self._none is None and not self.cards:
            self._none = note(self.tr("No stores yet."))
            self._none.setContentsMargins(0, 10, 0, 10)
            self.stores.add(self._none)
        elif self._none is not None and self.cards:
            self.stores.drop(self._none)
            self._none = None

    def _ask_to_delete(self, store_id: int) -> None:
        store = self.cards[store_id].store
        box = QMessageBox(self)
        dress(self.theme, box)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setText(self.tr("Delete “{name}”?").format(name=store.name))
        one = self.tr("Its document is deleted at the service. Your own file stays.")
        many = self.tr("Its {n} documents are deleted at the service. Your own files stay.")
        count = len(store.documents)
        box.setInformativeText(one if count == 1 else many.format(n=count))
        deletes = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        deletes.clicked.connect(lambda: self.wanted.emit(d.RemoveStore(store_id)))
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.open()
