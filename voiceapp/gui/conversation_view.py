"""The conversation: the page in the middle of the window.

Give it every event by :meth:`ConversationView.handle`; it emits ``core.commands`` by :attr:`ConversationView.wanted`.
It keeps a widget per entry of the model, builds only the newest at first, and works in slices of a few milliseconds,
so that neither a thousand words a second nor a reply of a megabyte makes the window wait.

Longer than most modules: building, slicing and keeping the place share one list of widgets and one scroll bar.
"""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QWidget

from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.checks import CheckMessage
from voiceapp.core.events import Event
from voiceapp.core.own_search import OpenMessage, place_of
from voiceapp.core.settings import Job, Settings
from voiceapp.core.tool_events import AnswerPermission
from voiceapp.core.turn import Phase
from voiceapp.gui import conversation_entries as n
from voiceapp.gui import conversation_model as m
from voiceapp.gui.column import column
from voiceapp.gui.empty_page import EmptyPage
from voiceapp.gui.image_card import ImageCard
from voiceapp.gui.links import ask_to_open
from voiceapp.gui.markdown_blocks import parser
from voiceapp.gui.problem_card import ProblemCard, offers
from voiceapp.gui.quiet_line import NothingHeard
from voiceapp.gui.remedies import Remedies
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.stack import Stack
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme
from voiceapp.gui.tool_lines import PermissionCard, ToolUseLine
from voiceapp.gui.user_turn import LiveCard, UserCard, WaitingCard

FRAME_MS = 33
"""Growing replies are shown at most thirty times a second."""
SLICE_MS = 6.0
"""How long the view works before it lets other events through."""
PAGE_ENTRIES = 24
NEAR_END_PX = 24
EDGE_PX = 24
"""Room above the first and below the last entry."""


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
        self._settings = Settings()
        self._model = m.ConversationModel()
        self._remedies = Remedies(self._model, self.wanted.emit)
        self._widgets: dict[str, QWidget] = {}
        self._first_shown = 0
        self._sought = ""
        self._is_following = True
        self._is_fitting = False
        self._building: list[str] = []
        self._busy: dict[str, ReplyView] = {}
        self._phase = Phase.IDLE
        self._attempts = 0
        self._playing: tuple[int | None, int | None] = (None, None)
        self.slowest_slice_ms = 0.0
        self._frame = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._frame.timeout.connect(self._work)
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._work)
        self._make_page()
        theme.changed.connect(self._on_theme)
        self._show_emptiness()

    def _make_page(self) -> None:
        self.setFrameStyle(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Conversation"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._page = QWidget()
        self._page.setObjectName("conversation-page")
        self.setWidget(self._page)
        self._earlier = QPushButton(self.tr("Show earlier"), self._page)
        self._earlier.setProperty("compact", True)
        self._earlier.clicked.connect(self._show_earlier)
        self._earlier.hide()
        self._stack = Stack(self._page, gap_px=24)
        self._stack.laid_out.connect(self._fit)
        self.empty = EmptyPage(self._theme)
        self.empty.setParent(self._page)
        self.empty.ask.connect(lambda text: self.wanted.emit(c.SendText(text)))
        self.empty.test_devices.connect(lambda: self.settings_wanted.emit("sound"))
        self.empty.add_key.connect(lambda: self.settings_wanted.emit("providers"))
        self._newest = IconTextButton(self._theme, "chevron-down", self.tr("Jump to newest"), self)
        self._newest.setProperty("compact", True)
        self._newest.clicked.connect(self.jump_to_newest)
        self._newest.hide()
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.verticalScrollBar().setSingleStep(24)

    # --- for the window -----------------------------------------------------------------------------------

    @property
    def model(self) -> m.ConversationModel:
        """What is shown."""
        return self._model

    @property
    def is_working(self) -> bool:
        """Whether something is still to be shown."""
        return bool(self._building or self._busy)

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
                        self._remedies.on_checked(event, card, entry)
            case e.PhaseChanged(phase):
                self._on_phase(phase)
        for change in self._model.apply(event):
            self._show(change)

    def _on_settings(self, event: e.SessionReady | e.SettingsChanged) -> None:
        self._settings = self._remedies.settings = event.settings
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
        self._is_following = True
        self._to_end()

    def show_message(self, message_id: int) -> None:
        """Bring a message of the open conversation into view, once it is built; nothing where there is none."""
        self._sought = self._model.key_of(message_id)
        index = self._model.index(self._sought) if self._sought else None
        if index is None:
            self._sought = ""
            return
        self._is_following = False
        while self._first_shown > index:
            self._show_earlier()
        self._work()

    def _find_sought(self) -> None:
        """Scroll to the message that is sought; all above it is built, so it stays there."""
        widget = self._widgets.get(self._sought)
        self._sought = ""
        if widget is not None:
            self._fit()
            self.verticalScrollBar().setValue(max(0, self._stack.y() + widget.y() - EDGE_PX))
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
        self._building.clear()
        self._busy.clear()
        for key in list(self._widgets):
            self._forget(key)
        entries = self._model.entries
        self._first_shown = max(0, len(entries) - PAGE_ENTRIES)
        self._building = [entry.key for entry in entries[self._first_shown :]]
        self._is_following = True
        self._earlier.setVisible(self._first_shown > 0)
        self._work()

    def _on_added(self, index: int) -> None:
        entry = self._model.entries[index]
        self._build(entry)
        if isinstance(entry, n.UserTurn | n.LiveTurn | n.Question):
            self.jump_to_newest()

    def _on_changed(self, key: str) -> None:
        widget, entry = self._widgets.get(key), self._model.entry(key)
        match widget, entry:
            case ReplyView(), n.Reply():
                widget.set_reply(entry)
            case UserCard(), n.UserTurn():
                widget.set_turn(entry)
            case LiveCard(), n.LiveTurn():
                widget.set_turn(entry)
            case WaitingCard(), n.WaitingTake():
                widget.set_waiting(entry)
                widget.set_busy(False)

    def _forget(self, key: str) -> None:
        self._busy.pop(key, None)
        if (widget := self._widgets.pop(key, None)) is not None:
            self._stack.remove(widget)
        if isinstance(widget, ProblemCard):
            self._offer_waiting(True)

    def _on_spoken(self, key: str, start: int, end: int) -> None:
        for other, view in self._widgets.items():
            if isinstance(view, ReplyView):
                view.set_spoken(*((start, end) if other == key else (0, 0)))
        spoken = self._widgets.get(key)
        if self._is_following and isinstance(spoken, ReplyView) and not (rect := spoken.spoken_rect()).isNull():
            self._keep_in_sight(spoken.mapTo(self._page, rect.topLeft()).y(), rect.height())

    def _on_phase(self, phase: Phase) -> None:
        self._phase = phase
        if phase is not Phase.SPEAKING:
            for view in self._widgets.values():
                if isinstance(view, ReplyView):
                    view.set_spoken(0, 0)
        for view in self._widgets.values():
            if isinstance(view, WaitingCard):
                view.set_busy(phase is not Phase.IDLE)

    def _show_playing(self, take_id: int | None, message_id: int | None) -> None:
        self._playing = (take_id, message_id)
        for key, view in self._widgets.items():
            entry = self._model.entry(key)
            if isinstance(view, UserCard | WaitingCard):
                view.set_playing(take_id)
            elif isinstance(view, ReplyView) and isinstance(entry, n.Reply):
                view.set_playing(message_id == entry.message.id)

    # --- building -----------------------------------------------------------------------------------------

    def _build(self, entry: n.Entry) -> None:
        if entry.key in self._widgets:
            return
        widget = self._make(entry)
        at = 0
        position = self._model.index(entry.key) or 0
        for earlier in self._model.entries[:position]:
            at += earlier.key in self._widgets
        self._widgets[entry.key] = widget
        self._stack.add(widget, at)

    def _make(self, entry: n.Entry) -> QWidget:
        match entry:
            case n.Reply():
                return self._make_reply(entry)
            case n.UserTurn():
                card = UserCard(self._theme, entry)
                card.play.connect(self._on_play)
                return card
            case n.LiveTurn():
                return LiveCard(self._theme, entry)
            case n.WaitingTake():
                return self._make_waiting(entry)
            case n.NothingHeardLine():
                return NothingHeard(self._theme, entry)
            case n.ToolLine():
                return ToolUseLine(self._theme, entry.use)
            case n.Question(asked=asked):
                question = PermissionCard(self._theme, asked)
                question.answered.connect(lambda answer: self.wanted.emit(AnswerPermission(asked.id, answer)))
                return question
            case n.ImageLine(image=image):
                shown = ImageCard(self._theme, image)
                shown.opened.connect(self.image_wanted)
                return shown
            case n.ProblemCard():
                return self._make_problem(entry)

    def _open_link(self, address: str) -> None:
        """Follow a citation to its message; everything else is asked about first."""
        if (place := place_of(address)) is not None:
            self.wanted.emit(OpenMessage(*place))
        else:
            ask_to_open(self, address)

    def _make_reply(self, entry: n.Reply) -> ReplyView:
        view = ReplyView(self._theme, entry)
        key, message_id = entry.key, entry.message.id
        view.grew.connect(lambda: self._on_grew(key))
        view.link_clicked.connect(self._open_link)
        view.regenerate.connect(lambda: self.wanted.emit(c.Regenerate(message_id)))
        view.speak.connect(lambda: self._on_speak(message_id))
        view.check.connect(lambda: self.wanted.emit(CheckMessage(message_id)))
        self._on_work(key, view)
        return view

    def _make_waiting(self, entry: n.WaitingTake) -> WaitingCard:
        card = WaitingCard(self._theme, entry, self._other_engines())
        card.play.connect(self._on_play)
        card.retry.connect(lambda take_id, provider: self._on_retry(card, take_id, provider))
        card.set_busy(self._phase is not Phase.IDLE)
        return card

    def _other_engines(self) -> tuple[tuple[str, str], ...]:
        own = self._settings.choice(Job.TRANSCRIPTION).provider
        return tuple((p.name, p.shown) for p in self._settings.providers if p.name != own)

    def _make_problem(self, entry: n.ProblemCard) -> ProblemCard:
        self._attempts += 1
        jobs = (Job.CHAT, Job.TRANSCRIPTION, Job.SPEECH)
        is_local = all(self._settings.choice(job).provider == "local" for job in jobs)
        can_retry = self._remedies.retry_of(entry) is not None
        what = offers(entry.problem, has_something_to_retry=can_retry, is_local=is_local)
        card = ProblemCard(self._theme, entry, what, self._attempts)
        card.try_again.connect(lambda: self._remedies.retry(card, entry))
        card.use_local.connect(lambda: self._remedies.use(card, entry, self._settings.with_provider("local")))
        card.use_replacement.connect(lambda model: self._remedies.use_model(card, entry, model))
        card.open_settings.connect(lambda: self.settings_wanted.emit(_page_for(entry.problem.code)))
        card.key_given.connect(lambda key: self._remedies.check_key(card, entry, key))
        self._offer_waiting(False)
        return card

    def _offer_waiting(self, is_offered: bool) -> None:
        waiting = [view for view in self._widgets.values() if isinstance(view, WaitingCard)]
        if waiting:
            waiting[-1].set_offer(is_offered)

    # --- work in slices -----------------------------------------------------------------------------------

    def _on_grew(self, key: str) -> None:
        if isinstance(view := self._widgets.get(key), ReplyView):
            self._on_work(key, view)

    def _on_work(self, key: str, view: ReplyView) -> None:
        self._busy[key] = view
        if not self._frame.isActive() and not self._next.isActive():
            self._frame.start()

    def _work(self) -> None:
        """Show for a few milliseconds what is to be shown: newest first."""
        begun = perf_counter()
        while self._building or self._busy:
            if self._busy:
                key = next(reversed(self._busy))
                view = self._busy[key]
                view.step()
                if not view.has_work:
                    self._busy.pop(key, None)
            else:
                entry = self._model.entry(self._building.pop())
                if entry is not None:
                    self._build(entry)
            if (perf_counter() - begun) * 1000 > SLICE_MS:
                break
        self.slowest_slice_ms = max(self.slowest_slice_ms, (perf_counter() - begun) * 1000)
        if self._building or self._busy:
            self._next.start()
        elif self._sought:
            self._find_sought()

    def _show_earlier(self) -> None:
        first = max(0, self._first_shown - PAGE_ENTRIES)
        self._building = [entry.key for entry in self._model.entries[first : self._first_shown]] + self._building
        self._first_shown = first
        self._earlier.setVisible(first > 0)
        self._work()

    def _on_theme(self) -> None:
        for key, view in list(self._widgets.items()):
            if isinstance(view, ReplyView):
                view.set_look()
            elif isinstance(view, LiveCard | WaitingCard):
                self._on_changed(key)

    # --- place --------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Give the page its height, keeping in place what the person looks at."""
        if self._is_fitting:
            return
        self._is_fitting = True
        try:
            self._place()
        finally:
            self._is_fitting = False

    def _place(self) -> None:
        width = self.viewport().width()
        left, wide = column(self.width())  # as strip and talk bar have it: the scroll bar lies in the margin
        top = EDGE_PX
        if not self._earlier.isHidden():
            size = self._earlier.sizeHint()
            self._earlier.setGeometry(left + (wide - size.width()) // 2, top, size.width(), size.height())
            top += size.height() + EDGE_PX
        bar = self.verticalScrollBar()
        anchor, offset = self._anchor()
        height = self._stack.heightForWidth(wide)
        self._stack.setGeometry(left, top, wide, height)
        if self.empty.isHidden():
            self._page.resize(width, max(self.viewport().height(), top + height + EDGE_PX))
        else:
            self.empty.setGeometry(left, 0, wide, self.empty.height())
            free = self.viewport().height() - self.empty.height()
            self.empty.move(left, max(EDGE_PX, round(free * 0.45)))
            self._page.resize(width, max(self.viewport().height(), self.empty.height() + 2 * EDGE_PX))
        if self._is_following:
            self._to_end()
        elif anchor is not None:
            bar.setValue(self._stack.y() + anchor.y() - offset)
        size = self._newest.sizeHint()
        self._newest.setGeometry(
            (width - size.width()) // 2, self.height() - size.height() - 12, size.width(), size.height()
        )

    def _anchor(self) -> tuple[QWidget | None, int]:
        """Return the first widget in sight and how far below the edge it begins."""
        value = self.verticalScrollBar().value() - self._stack.y()
        for item in self._stack.items:
            if item.y() + item.height() > value:
                return item, item.y() - value
        return None, 0

    def _to_end(self) -> None:
        bar = self.verticalScrollBar()
        if bar.value() != bar.maximum():
            bar.setValue(bar.maximum())
        self._newest.hide()

    def _keep_in_sight(self, top: int, height: int) -> None:
        bar = self.verticalScrollBar()
        if top < bar.value() or top + height > bar.value() + self.viewport().height():
            bar.setValue(top - self.viewport().height() // 3)

    def _on_scrolled(self, value: int) -> None:
        is_at_end = value >= self.verticalScrollBar().maximum() - NEAR_END_PX
        if not self._is_fitting:
            self._is_following = is_at_end
        self._newest.setVisible(not is_at_end and self.empty.isHidden())

    def _show_emptiness(self) -> None:
        is_empty = not self._model.entries
        if is_empty is self.empty.isHidden():
            self.empty.setVisible(is_empty)
            self._stack.setVisible(not is_empty)
            self._fit()

    # --- what the person does -----------------------------------------------------------------------------

    def _on_play(self, take_id: int) -> None:
        self.wanted.emit(c.Interrupt() if self._playing[0] == take_id else c.PlayTake(take_id))

    def _on_speak(self, message_id: int) -> None:
        self.wanted.emit(c.Interrupt() if self._playing[1] == message_id else c.SpeakMessage(message_id))

    def _on_retry(self, card: WaitingCard, take_id: int, provider: str) -> None:
        card.set_busy(True)
        self.wanted.emit(c.RetryTake(take_id, provider))


def _page_for(code: str) -> str:
    return {"device": "sound", "over_budget": "usage"}.get(code, "providers")
