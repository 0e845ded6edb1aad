"""The window: puts the parts together, hands every event to those it concerns, and owns the shortcuts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from voiceapp.core import commands as do
from voiceapp.core import events as ev
from voiceapp.core.budget import BudgetAsked, BudgetSettled
from voiceapp.core.conversation import ConversationHead, Role
from voiceapp.core.notes_events import WriteNotes
from voiceapp.core.settings import Settings
from voiceapp.core.tool_events import OutsideAsked
from voiceapp.core.turn import Phase
from voiceapp.gui import outside
from voiceapp.gui.auto_repeat import ask_for_true_key_ups
from voiceapp.gui.conversation_rail import ConversationRail, IconRail
from voiceapp.gui.cost_tally import CostTally
from voiceapp.gui.focus_ring import FocusRing
from voiceapp.gui.header import Header
from voiceapp.gui.notice_texts import notice_for
from voiceapp.gui.notices import NoticeAction, NoticeLine, Notices, NoticeText
from voiceapp.gui.own_search import OwnSearch
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.shell import Plan, Shell, is_text_field
from voiceapp.gui.state_strip import StateStrip
from voiceapp.gui.talk_bar import TalkBar
from voiceapp.gui.talk_gesture import TalkGesture
from voiceapp.gui.talk_key import TalkKey
from voiceapp.gui.theme import Theme

if TYPE_CHECKING:
    from voiceapp.gui.regions import Regions

UNDO_MS = 6000
CLOSE_WITHIN_MS = 3000
MINIMUM_PX = (640, 400)


class ConversationPane(Protocol):
    """What the window needs of the conversation view, besides being a widget."""

    wanted: SignalInstance
    """Carries commands."""
    image_wanted: SignalInstance
    """A picture is to be seen in the side panel."""
    settings_wanted: SignalInstance
    """The settings are to be opened at the page it names."""

    def handle(self, event: ev.Event) -> None:
        """Take an event of the session."""

    def regenerate_last(self) -> None:
        """Ask for the newest answer once more."""

    def show_message(self, message_id: int) -> None:
        """Bring a message of the open conversation into view."""

    def copy_last_answer(self) -> bool:
        """Copy the newest answer; return whether there was one."""


class Windows(Protocol):
    """The windows that stand beside this one; ``app`` makes them when they are first wanted."""

    def show_settings(self, page: str = "") -> None:
        """Open the settings, at *page* where one is named."""

    def show_recordings(self) -> None:
        """Open the list of recordings."""

    def show_log(self) -> None:
        """Open the log."""


class MainWindow(QMainWindow):
    """Shows one session.

    Attributes:
        ready: the session takes commands now.
        closed: the session has ended and all is saved.
        image_wanted: a picture of the conversation is to be seen in the side panel.
    """

    ready = Signal()
    closed = Signal()
    image_wanted = Signal(int)

    def __init__(self, theme: Theme, bridge: SessionBridge, pane: QWidget, windows: Windows) -> None:
        super().__init__()
        self._theme, self._bridge, self._pane, self._windows = theme, bridge, pane, windows
        self._talk = cast("ConversationPane", pane)
        self.settings = Settings()
        self._head = ConversationHead(0, "", 0.0)
        self._turns, self._costs = 0, CostTally()
        self._questions: dict[int, NoticeLine] = {}
        self._regions: Regions | None = None
        self._is_closing = self._is_closed = False
        self.gesture = TalkGesture(self)
        self.header, self.notices = Header(theme), Notices(theme)
        self.strip, self.bar = StateStrip(theme), TalkBar(theme)
        self.rail, self.icons = ConversationRail(theme), IconRail(theme)
        self.shell = Shell(theme, self.rail, self.icons, self._make_middle())
        self.setCentralWidget(self.shell)
        self.setWindowTitle("voiceapp")
        self.setMinimumSize(*MINIMUM_PX)
        self.resize(1280, 800)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        ask_for_true_key_ups(app)
        self._ring = FocusRing(theme, self, app)
        self.talk_key = TalkKey(self.gesture, self._ring, self.bar.button.isEnabled, self)
        self._connect()
        self._add_shortcuts()

    def _make_middle(self) -> QWidget:
        middle = QWidget()
        whole = QVBoxLayout(middle)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        for part in (self.header, self.notices):
            whole.addWidget(part)
        whole.addWidget(self._pane, 1)
        whole.addWidget(self.strip)
        whole.addWidget(self.bar)
        return middle

    def _connect(self) -> None:
        send = self._bridge.send
        self._bridge.happened.connect(self.apply)
        self._bridge.happened.connect(self._lend)
        self._bridge.happened.connect(self.bar.apply)
        self._bridge.failed.connect(self._on_failed)
        self._bridge.stopped.connect(self._on_stopped)
        self._talk.wanted.connect(send)
        self._talk.settings_wanted.connect(self._windows.show_settings)
        self._talk.image_wanted.connect(self.image_wanted)
        self.gesture.asked.connect(send)
        self.gesture.locked_changed.connect(self.bar.show_lock)
        self.bar.button.pressed.connect(lambda: self.gesture.press())
        self.bar.button.released.connect(self.gesture.release)
        self.bar.sent.connect(lambda text: send(do.SendText(text)))
        self.bar.aloud_changed.connect(self._set_aloud)
        self.rail.opened.connect(self._open)
        self.rail.renamed.connect(lambda number, title: send(do.RenameConversation(number, title)))
        self.rail.searched.connect(lambda words: send(do.Search(words)))
        self._own_search = OwnSearch(self.rail, self._talk, send, self.shell.close_over)
        self.rail.deleted.connect(self._delete)
        self.rail.collapse_wanted.connect(self._toggle_rail)
        self.icons.list_wanted.connect(lambda: self.shell.open_rail(is_open=True))
        self.icons.search_wanted.connect(self._search)
        for rail in (self.rail, self.icons):
            rail.new_wanted.connect(self._new)
            rail.recordings_wanted.connect(self._windows.show_recordings)
            rail.settings_wanted.connect(lambda: self._windows.show_settings())
        self.header.notes_wanted.connect(lambda: send(WriteNotes(self._head.id)))
        self.header.side_wanted.connect(self.toggle_side)
        self.shell.plan_changed.connect(self._on_plan)
        self._on_plan(self.shell.plan)
        self.bar.button.setProperty("drawsFocus", True)

    def _add_shortcuts(self) -> None:
        for keys, act in (
            ("Ctrl+N", self._new),
            ("Ctrl+K", self._search),
            ("Ctrl+L", lambda: self.bar.entry.setFocus(Qt.FocusReason.ShortcutFocusReason)),
            ("Ctrl+,", lambda: self._windows.show_settings()),
            ("Ctrl+B", self._toggle_rail),
            ("Ctrl+J", self.toggle_side),
            ("Ctrl+R", self._talk.regenerate_last),
            ("Ctrl+Shift+C", self._talk.copy_last_answer),
            ("F6", lambda: self._next_region(1)),
            ("Shift+F6", lambda: self._next_region(-1)),
            ("F12", self._windows.show_log),
            ("Esc", self._escape),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    # --- events -------------------------------------------------------------------------------------------

    def apply(self, event: ev.Event) -> None:
        """Hand *event* to those it concerns. GUI thread."""
        self.gesture.apply(event)
        self.strip.apply(event)
        self._on_money(event)
        self.bar.show_word(self.strip.strip.word)
        self._talk.handle(event)
        self._own_search.apply(event)
        match event:
            case ev.InputLevel(level=level) if self.strip.strip.phase.value == "listening":
                self.bar.button.show_level(level)
            case ev.OutputLevel(level=level) if self.strip.strip.phase.value == "speaking":
                self.bar.button.show_level(level)
            case ev.InputLevel() | ev.OutputLevel() | ev.ReplyDelta():
                return
            case ev.SessionReady(settings=settings):
                self._use_settings(settings)
                self.bar.set_ready(is_ready=True)
                if self.shell.hasFocus():
                    self.bar.button.setFocus(Qt.FocusReason.OtherFocusReason)
                self.ready.emit()
            case ev.SettingsChanged(settings=settings):
                self._use_settings(settings)
            case ev.ConversationsListed():
                self.rail.show_list(event)
                self._retitle(event.heads)
            case ev.ConversationOpened(conversation=conversation):
                self._turns = sum(message.role is Role.USER for message in conversation.messages)
                self._show_head(conversation.head)
            case ev.MessageAdded(message=message):
                self._turns += message.role is Role.USER
                self._show_head(replace(self._head, id=message.conversation_id))
        self._notice(event)

    @property
    def is_talking(self) -> bool:
        """Whether a turn is under way: somebody speaks or waits for an answer."""
        return self.strip.strip.phase is not Phase.IDLE

    def _on_money(self, event: ev.Event) -> None:
        """Add up what the conversation costs; close the question about the budget once it is settled."""
        if self._costs.apply(event):
            self._show_head(self._head)
        if isinstance(event, BudgetSettled) and (line := self._questions.pop(event.number, None)) is not None:
            line.withdraw()

    def _lend(self, event: ev.Event) -> None:
        """Do for a tool what only the window can."""
        if isinstance(event, OutsideAsked):
            self._bridge.send(outside.answer(event))

    def _notice(self, event: ev.Event) -> None:
        notice = notice_for(event, self._bridge.send, lambda: self.settings, self._windows.show_recordings)
        if notice is None:
            return
        line = self.notices.add(notice)
        if isinstance(event, BudgetAsked):
            self._questions[event.number] = line

    def _use_settings(self, settings: Settings) -> None:
        self.settings = settings
        self._theme.set_choice(settings.theme)
        self.bar.aloud.setChecked(settings.is_reply_aloud)
        self.notices.use(settings)

    def _retitle(self, heads: tuple[ConversationHead, ...]) -> None:
        for head in heads:
            if head.id == self._head.id and head.title != self._head.title:
                self._show_head(head)

    def _show_head(self, head: ConversationHead) -> None:
        self._head = head
        self.header.show_conversation(head.title, self._turns, self._costs.words)
        self.rail.show_current(head.id)

    def _on_failed(self, problem: ev.Problem) -> None:
        self.bar.set_ready(is_ready=False)
        self.strip.show_problem(problem)
        self.notices.add(
            NoticeText(
                problem.message,
                problem.hint,
                (NoticeAction(self.tr("Show the log"), self._windows.show_log),),
                is_problem=True,
            )
        )

    # --- what the person does -----------------------------------------------------------------------------

    def _set_aloud(self, is_aloud: bool) -> None:
        self._bridge.send(do.ApplySettings(replace(self.settings, is_reply_aloud=is_aloud)))

    def _new(self) -> None:
        self.shell.close_over()
        self._bridge.send(do.NewConversation())

    def _open(self, conversation_id: int) -> None:
        self.shell.close_over()
        if conversation_id != self._head.id:
            self._bridge.send(do.OpenConversation(conversation_id))

    def _delete(self, head: ConversationHead) -> None:
        """Take a conversation out of the list; it is deleted once the undo has passed."""
        self.rail.model.hide(head.id, is_hidden=True)
        self.notices.add(
            NoticeText(
                self.tr("“{title}” is deleted. Its recordings stay.").format(title=head.title),
                actions=(NoticeAction(self.tr("Undo"), lambda: self.rail.model.hide(head.id, is_hidden=False), True),),
                on_dismissed=lambda: self._bridge.send(do.DeleteConversation(head.id)),
                for_ms=UNDO_MS,
            )
        )

    def _search(self) -> None:
        self.shell.open_rail(is_open=True)
        self.rail.focus_search()

    def _toggle_rail(self) -> None:
        self.shell.toggle_rail()

    def toggle_side(self) -> None:
        """Open or close the side panel."""
        self.shell.toggle_side()
        self.header.side_button.setChecked(self.shell.is_side_open)

    def add_to_header(self, widget: QWidget) -> None:
        """Put *widget* beside the header's buttons."""
        self.header.add(widget)

    def set_side_panel(self, widget: QWidget | None) -> None:
        """Give the right side its content, closed at first; None removes it and its button."""
        self.shell.set_side_panel(widget)
        self.header.side_button.setVisible(widget is not None)
        self.header.side_button.setChecked(self.shell.is_side_open)

    def _escape(self) -> None:
        if self.shell.has_over:
            self._close_over()
            return
        self.gesture.cancel()
        self._bridge.send(do.Interrupt())
        if is_text_field(QApplication.focusWidget()):
            self.bar.button.setFocus(Qt.FocusReason.OtherFocusReason)  # and Space talks again

    def _close_over(self) -> None:
        self.shell.close_over()
        self.header.side_button.setChecked(self.shell.is_side_open)

    def _next_region(self, step: int) -> None:
        """F6: list, conversation, talk button, entry, side panel, round and round."""
        if self._regions is None:
            from voiceapp.gui.regions import Regions

            self._regions = Regions()
        left = self.rail.view if self.rail.isVisible() else self.icons
        middle = (self._pane, self.bar.button, self.bar.entry.lines)
        side = (self.shell.side,) if self.shell.side is not None else ()
        self._ring.note_key(Qt.Key.Key_F6)
        if self._regions.go((left, *middle, *side), step) in middle and self.shell.has_over:
            self._close_over()  # what lies over the middle would hide where the focus is

    # --- keys held down -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None and not event.spontaneous():
            self.shell.setFocus(Qt.FocusReason.OtherFocusReason)  # in no text field: Space talks from the start
            handle.installEventFilter(self.talk_key)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange:
            if self.isActiveWindow():
                self.gesture.regain()
            else:
                self.gesture.lose()

    # --- room ---------------------------------------------------------------------------------------------

    def _on_plan(self, plan: Plan) -> None:
        self.bar.set_small(plan.is_low)

    # --- leaving ------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_closing:
            event.accept()
            return
        event.ignore()
        self._is_closing = True
        self.gesture.lose()
        self.notices.finish_all()
        self.hide()
        QTimer.singleShot(CLOSE_WITHIN_MS, self, self._on_stopped)
        self._bridge.stop()

    def _on_stopped(self) -> None:
        if self._is_closing and not self._is_closed:
            self._is_closed = True
            self.close()
            self.closed.emit()
