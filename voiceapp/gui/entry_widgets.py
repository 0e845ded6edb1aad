"""The widgets of the conversation's entries: which kind an entry gets, and which command each of its buttons gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from voiceapp.core import commands as c
from voiceapp.core.checks import CheckMessage
from voiceapp.core.conversation import Source
from voiceapp.core.events import ProviderChecked
from voiceapp.core.own_search import OpenMessage, place_of
from voiceapp.core.settings import Job, Settings
from voiceapp.core.tool_events import AnswerPermission, PermissionAsked
from voiceapp.gui import conversation_entries as n
from voiceapp.gui.conversation_model import ConversationModel
from voiceapp.gui.image_card import ImageCard
from voiceapp.gui.links import ask_to_open
from voiceapp.gui.problem_card import ProblemCard, offers
from voiceapp.gui.quiet_line import NothingHeard
from voiceapp.gui.remedies import Remedies
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.theme import Theme
from voiceapp.gui.tool_lines import PermissionCard, ToolUseLine
from voiceapp.gui.user_turn import LiveCard, UserCard, WaitingCard

if TYPE_CHECKING:
    from voiceapp.core.attachments import Attachment
    from voiceapp.gui.picture_window import Opener


class EntryWidgets(QObject):
    """Makes widgets and knows none of them afterwards: where they stand and what becomes of them is the view's.

    Args:
        model: the conversation, to find what a failed turn can be tried again with.
        owner: questions about links open above it.

    Signals:
        wanted: a ``core.commands`` value that a button stands for.
        settings_wanted: the settings are to be opened at this page.
        image_wanted: the id of a picture that is to be seen large.
        grew: the key of a reply that has something new to show.

    Attributes:
        is_idle: no turn is under way, so that a recording may be sent again.
        playing: which take and which message are being played, each None for none.
    """

    wanted = Signal(object)
    settings_wanted = Signal(str)
    image_wanted = Signal(int)
    grew = Signal(str)

    def __init__(self, theme: Theme, model: ConversationModel, owner: QWidget) -> None:
        super().__init__(owner)
        self._theme, self._owner = theme, owner
        self._remedies = Remedies(model, self.wanted.emit)
        self._settings = Settings()
        self._attempts = 0
        self._opener: Opener | None = None
        self.is_idle = True
        self.playing: tuple[int | None, int | None] = (None, None)

    def set_settings(self, settings: Settings) -> None:
        """Offer from now on what is possible with *settings*."""
        self._settings = self._remedies.settings = settings

    def on_checked(self, event: ProviderChecked, card: ProblemCard, entry: n.ProblemCard) -> None:
        """Tell *card* how the key fared that was pasted into it."""
        self._remedies.on_checked(event, card, entry)

    def make(self, entry: n.Entry) -> QWidget:
        """Return a new widget, without a parent."""
        match entry:
            case n.Reply():
                return self._make_reply(entry)
            case n.UserTurn():
                card = UserCard(self._theme, entry)
                card.play.connect(self._play)
                card.opened.connect(self._open_attached)
                return card
            case n.LiveTurn():
                return LiveCard(self._theme, entry)
            case n.WaitingTake():
                return self._make_waiting(entry)
            case n.NothingHeardLine():
                return NothingHeard(self._theme, entry)
            case n.ToolLine():
                return ToolUseLine(self._theme, entry.use, is_running=entry.is_running)
            case n.Question(asked=asked):
                return self._make_question(asked)
            case n.ImageLine(image=image):
                shown = ImageCard(self._theme, image)
                shown.opened.connect(self.image_wanted)
                return shown
            case n.ProblemCard():
                return self._make_problem(entry)

    def _make_reply(self, entry: n.Reply) -> ReplyView:
        view = ReplyView(self._theme, entry)
        key, message_id = entry.key, entry.message.id
        view.grew.connect(lambda: self.grew.emit(key))
        view.link_clicked.connect(lambda address: self._open_link(address, view, message_id))
        view.source_chosen.connect(lambda source: self._act_on(source, message_id))
        view.regenerate.connect(lambda: self.wanted.emit(c.Regenerate(message_id)))
        view.speak.connect(lambda: self._speak(message_id))
        view.speak_rest.connect(lambda: self.wanted.emit(c.SpeakMessage(message_id, is_rest=True)))
        view.check.connect(lambda: self.wanted.emit(CheckMessage(message_id)))
        return view

    def _make_waiting(self, entry: n.WaitingTake) -> WaitingCard:
        card = WaitingCard(self._theme, entry, self._other_engines())
        card.play.connect(self._play)
        card.retry.connect(lambda take_id, provider: self._retry(card, take_id, provider))
        card.set_busy(not self.is_idle)
        return card

    def _other_engines(self) -> tuple[tuple[str, str], ...]:
        own = self._settings.choice(Job.TRANSCRIPTION).provider
        return tuple((p.name, p.shown) for p in self._settings.providers if p.name != own)

    def _make_question(self, asked: PermissionAsked) -> PermissionCard:
        question = PermissionCard(self._theme, asked)
        question.answered.connect(lambda answer: self.wanted.emit(AnswerPermission(asked.id, answer)))
        return question

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
        return card

    # --- what the person does -----------------------------------------------------------------------------

    def _play(self, take_id: int) -> None:
        self.wanted.emit(c.Interrupt() if self.playing[0] == take_id else c.PlayTake(take_id))

    def _speak(self, message_id: int) -> None:
        self.wanted.emit(c.Interrupt() if self.playing[1] == message_id else c.SpeakMessage(message_id))

    def _open_attached(self, attachment: Attachment) -> None:
        if self._opener is None:
            from voiceapp.gui.picture_window import Opener

            self._opener = Opener(self._theme, self._owner)
        self._opener.open(attachment)

    def _retry(self, card: WaitingCard, take_id: int, provider: str) -> None:
        card.set_busy(True)
        self.wanted.emit(c.RetryTake(take_id, provider))

    def _act_on(self, source: Source, message_id: int) -> None:
        from voiceapp.gui.source_actions import act_on

        act_on(self._theme, self._owner, source, message_id, self.wanted.emit)

    def _open_link(self, address: str, view: ReplyView, message_id: int) -> None:
        """Follow a citation to its message, or to a file that was made; everything else is asked about first."""
        if (made := view.made(address)) is not None:
            self._act_on(made, message_id)
        elif (place := place_of(address)) is not None:
            self.wanted.emit(OpenMessage(*place))
        else:
            ask_to_open(self._theme, self._owner, address)


def renew(widget: QWidget, entry: n.Entry) -> None:
    """Let *widget* show what has become of its *entry*; kinds that never change are left as they are."""
    match widget, entry:
        case ReplyView(), n.Reply():
            widget.set_reply(entry)
        case UserCard(), n.UserTurn():
            widget.set_turn(entry)
        case LiveCard(), n.LiveTurn():
            widget.set_turn(entry)
        case ToolUseLine(), n.ToolLine():
            widget.set_use(entry.use, is_running=entry.is_running)
        case WaitingCard(), n.WaitingTake():
            widget.set_waiting(entry)
            widget.set_busy(False)
        case ImageCard(), n.ImageLine():
            widget.set_image(entry.image)


def _page_for(code: str) -> str:
    return {"device": "sound", "over_budget": "usage"}.get(code, "providers")
