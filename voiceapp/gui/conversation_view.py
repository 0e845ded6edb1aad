"""The conversation: the page in the middle of the window.

Give it every event by :meth:`ConversationView.handle`; it emits ``core.commands`` by :attr:`ConversationView.wanted`.
It keeps a widget per entry of the model, builds only the newest at first, and works in slices of a few milliseconds,
so that neither a thousand words a second nor a reply of a megabyte makes the window wait. What it is made of:
``entry_widgets`` (what an entry looks like), ``work_slices`` (when it is shown), ``conversation_page`` (where it
stands), ``scroll_place`` (what of it is seen).
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QThreadPool, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.events import Event
from voiceapp.core.turn import Phase
from voiceapp.gui import conversation_entries as n
from voiceapp.gui import conversation_model as m
from voiceapp.gui.bin import Bin
from voiceapp.gui.conversation_page import EDGE_PX, ConversationPage
from voiceapp.gui.dress import dress
from voiceapp.gui.entry_widgets import EntryWidgets, renew
from voiceapp.gui.markdown_blocks import parser
from voiceapp.gui.problem_card import ProblemCard
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.scroll_place import ScrollPlace
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme
from voiceapp.gui.user_turn import LiveCard, UserCard, WaitingCard
from voiceapp.gui.work_slices import WorkSlices

PAGE_ENTRIES = 24
"""How many entries are built at first, and with each "Show earlier"."""


def _import_parser() -> None:
    parser()


class ConversationView(QScrollArea):
    """Shows a conversation and what happens in it.

    Signals:
        wanted: a ``core.commands`` value the person asks for.
        image_wanted: a picture of the conversation is to be seen in the side panel.
        settings_wanted: the settings are to be opened at this page ("providers", "sound").
    """

    wanted = Signal(object)
    settings_wanted = Signal(str)
    image_wanted = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = m.ConversationModel()
        self._widgets: dict[str, QWidget] = {}
        self._first_shown = 0
        self._sought = ""
        self._page = ConversationPage(theme)
        self._stack, self.empty = self._page.stack, self._page.empty
        self._newest = IconTextButton(theme, "chevron-down", self.tr("Jump to newest"), self)
        self._place = ScrollPlace(self, self._stack)
        self._slices = WorkSlices(self._build, self)
        self._bin = Bin(self)
        self._makes = EntryWidgets(theme, self._model, self)
        self._make_frame()
        self._connect()
        theme.changed.connect(self._on_theme)
        self._show_emptiness()

    def _make_frame(self) -> None:
        self.setViewport(QWidget())  # asking for Qt's own makes PySide complete every class of widget: 20 ms
        self.setFrameStyle(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Conversation"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setWidget(self._page)
        self.verticalScrollBar().setSingleStep(24)
        self._newest.setProperty("compact", True)
        dress(self._theme, self._newest, "QPushButton")
        dress(self._theme, self.verticalScrollBar(), "QScrollBar")
        self._newest.hide()

    def _connect(self) -> None:
        self._page.earlier.clicked.connect(self._show_earlier)
        self._stack.laid_out.connect(self._fit)
        self.empty.ask.connect(lambda text: self.wanted.emit(c.SendText(text)))
        self.empty.test_devices.connect(lambda: self.settings_wanted.emit("sound"))
        self.empty.add_key.connect(lambda: self.settings_wanted.emit("providers"))
        self._newest.clicked.connect(self.jump_to_newest)
        self._place.moved.connect(self._on_moved)
        self._slices.finished.connect(self._find_sought)
        self._makes.wanted.connect(self.wanted)
        self._makes.settings_wanted.connect(self.settings_wanted)
        self._makes.image_wanted.connect(self.image_wanted)
        self._makes.grew.connect(self._on_grew)

    # --- for the window -----------------------------------------------------------------------------------

    @property
    def model(self) -> m.ConversationModel:
        """What is shown."""
        return self._model

    @property
    def is_working(self) -> bool:
        """Whether something is still to be shown."""
        return self._slices.has_work

    def handle(self, event: Event) -> None:
        """Take *event* in. GUI thread; any event, those of no concern are ignored."""
        match event:
            case e.SessionReady() | e.SettingsChanged():
                self._on_settings(event)
            case e.InputLevel(level):
                if isinstance(live := self._widgets.get(m.LIVE), LiveCard):
                    live.add_level(level)
                return
            case e.PlaybackChanged(take_id, message_id):
                self._show_playing(take_id, message_id)
            case e.ProviderChecked():
                for entry in self._model.entries:
                    card = self._widgets.get(entry.key)
                    if isinstance(entry, n.ProblemCard) and isinstance(card, ProblemCard):
                        self._makes.on_checked(event, card, entry)
            case e.PhaseChanged(phase):
                self._on_phase(phase)
        for change in self._model.apply(event):
            self._show(change)

    def _on_settings(self, event: e.SessionReady | e.SettingsChanged) -> None:
        self._makes.set_settings(event.settings)
        if isinstance(event, e.SessionReady):  # the first reply must not wait for the import
            QThreadPool.globalInstance().start(_import_parser)

    def regenerate_last(self) -> None:
        """Ask for the newest answer once more."""
        if (reply := self._model.last_reply) is not None:
            self.wanted.emit(c.Regenerate(reply.message.id))

    def copy_last_answer(self) -> bool:
        """Put the newest answer on the clipboard, as Markdown; False when there is none."""
        reply = self._model.last_reply
        if reply is None:
            return False
        QGuiApplication.clipboard().setText(self._model.text(reply.message.id))
        return True

    def jump_to_newest(self) -> None:
        """Go to the end and stay there."""
        self._place.go_to_end()

    def show_message(self, message_id: int) -> None:
        """Bring a message of the open conversation into view, once it is built; nothing where there is none."""
        self._sought = self._model.key_of(message_id)
        index = self._model.index(self._sought) if self._sought else None
        if index is None:
            self._sought = ""
            return
        self._place.is_following = False
        while self._first_shown > index:
            self._show_earlier()
        self._slices.work()

    def _find_sought(self) -> None:
        """Scroll to the message that is sought; all above it is built, so it stays there."""
        widget = self._widgets.get(self._sought)
        self._sought = ""
        if widget is not None:
            self._fit()
            self._place.go_to(self._stack.y() + widget.y() - EDGE_PX)
            widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def widget_of(self, key: str) -> QWidget | None:
        """Return the widget of the entry called *key*, where it is built."""
        return self._widgets.get(key)

    # --- changes ------------------------------------------------------------------------------------------

    def _show(self, change: n.Change) -> None:
        match change:
            case n.Reset():
                self._reset()
            case n.Added(index):
                self._on_added(index)
            case n.Changed(key):
                self._on_changed(key)
            case n.Grew(key, text):
                if isinstance(view := self._widgets.get(key), ReplyView):
                    view.grow(text)
            case n.Removed(key):
                self._forget(key)
            case n.Spoken(key, start, end):
                self._on_spoken(key, start, end)
        self._show_emptiness()

    def _reset(self) -> None:
        self._slices.clear()
        self._widgets.clear()
        for widget in self._stack.clear():
            self._bin.throw(widget)
        entries = self._model.entries
        self._first_shown = max(0, len(entries) - PAGE_ENTRIES)
        self._slices.add_due([entry.key for entry in entries[self._first_shown :]])
        self._place.is_following = True
        self._page.earlier.setVisible(self._first_shown > 0)
        self._slices.work()

    def _on_added(self, index: int) -> None:
        entry = self._model.entries[index]
        self._build(entry.key)
        if isinstance(entry, n.UserTurn | n.LiveTurn | n.Question):
            self.jump_to_newest()

    def _on_changed(self, key: str) -> None:
        widget, entry = self._widgets.get(key), self._model.entry(key)
        if widget is not None and entry is not None:
            renew(widget, entry)

    def _forget(self, key: str) -> None:
        self._slices.forget(key)
        if (widget := self._widgets.pop(key, None)) is not None:
            self._bin.throw(self._stack.take(widget))
        if isinstance(widget, ProblemCard):
            self._offer_waiting(True)

    def _on_spoken(self, key: str, start: int, end: int) -> None:
        for other, view in self._widgets.items():
            if isinstance(view, ReplyView):
                view.set_spoken(*((start, end) if other == key else (0, 0)))
        spoken = self._widgets.get(key)
        if self._place.is_following and isinstance(spoken, ReplyView) and not (rect := spoken.spoken_rect()).isNull():
            self._place.keep_in_sight(spoken.mapTo(self._page, rect.topLeft()).y(), rect.height())

    def _on_phase(self, phase: Phase) -> None:
        self._makes.is_idle = phase is Phase.IDLE
        if phase is not Phase.SPEAKING:
            for view in self._widgets.values():
                if isinstance(view, ReplyView):
                    view.set_spoken(0, 0)
        for view in self._widgets.values():
            if isinstance(view, WaitingCard):
                view.set_busy(phase is not Phase.IDLE)

    def _show_playing(self, take_id: int | None, message_id: int | None) -> None:
        self._makes.playing = (take_id, message_id)
        for key, view in self._widgets.items():
            entry = self._model.entry(key)
            if isinstance(view, UserCard | WaitingCard):
                view.set_playing(take_id)
            elif isinstance(view, ReplyView) and isinstance(entry, n.Reply):
                view.set_playing(message_id == entry.message.id)

    def _on_theme(self) -> None:
        for key, view in list(self._widgets.items()):
            if isinstance(view, ReplyView):
                view.set_look()
            elif isinstance(view, LiveCard | WaitingCard):
                self._on_changed(key)

    # --- building -----------------------------------------------------------------------------------------

    def _build(self, key: str) -> None:
        index = self._model.index(key)
        if index is None or key in self._widgets:
            return
        entry = self._model.entries[index]
        widget = self._makes.make(entry)
        at = sum(earlier.key in self._widgets for earlier in self._model.entries[:index])
        self._widgets[key] = widget
        self._on_grew(key)
        if isinstance(widget, ProblemCard):
            self._offer_waiting(False)
        self._stack.add(widget, at)

    def _on_grew(self, key: str) -> None:
        if isinstance(view := self._widgets.get(key), ReplyView):
            self._slices.add_growing(key, view)

    def _offer_waiting(self, is_offered: bool) -> None:
        waiting = [view for view in self._widgets.values() if isinstance(view, WaitingCard)]
        if waiting:
            waiting[-1].set_offer(is_offered)

    def _show_earlier(self) -> None:
        first = max(0, self._first_shown - PAGE_ENTRIES)
        self._slices.add_due([entry.key for entry in self._model.entries[first : self._first_shown]])
        self._first_shown = first
        self._page.earlier.setVisible(first > 0)
        self._slices.work()

    # --- place --------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Give the page its height, keeping in place what the person looks at."""
        self._place.keep(self._arrange)

    def _arrange(self) -> None:
        seen = self.viewport().size()
        self._page.arrange(self.width(), seen)
        size = self._newest.sizeHint()
        left = (seen.width() - size.width()) // 2
        self._newest.setGeometry(left, self.height() - size.height() - 12, size.width(), size.height())

    def _on_moved(self, is_at_end: bool) -> None:
        self._newest.setVisible(not is_at_end and self.empty.isHidden())

    def _show_emptiness(self) -> None:
        if self._page.set_empty(not self._model.entries):
            self._fit()
