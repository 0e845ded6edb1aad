"""Tells a session's events in the terminal."""

from __future__ import annotations

from gettext import gettext as _

from voiceapp.cli.output import Output
from voiceapp.cli.provider_news import told_in
from voiceapp.core import events as e
from voiceapp.core.budget import CostAdded
from voiceapp.core.check_words import not_sent, not_spoken
from voiceapp.core.checks import CheckDone, Checked, DraftKept
from voiceapp.core.conversation import Role
from voiceapp.core.moderation import Checkpoint
from voiceapp.core.money import cost_words
from voiceapp.core.providers import ProviderWaiting, TookOver
from voiceapp.core.usage import Cost


class Narrator:
    """Prints what happens in turns and remembers how the last one ended. Called on the voice loop."""

    def __init__(self, output: Output, *, is_question_shown: bool = True) -> None:
        self.is_failed = False
        self._output = output
        self._is_question_shown = is_question_shown
        self._reply = ""
        self._cost = Cost()
        self._tell_provider = told_in(output)

    def __call__(self, event: e.Event) -> None:
        """Take the next event."""
        match event:
            case e.NothingHeard():
                self._nothing(event)
            case e.TurnFailed(problem=problem):
                self.is_failed = True
                self._output.failed(problem)
            case DraftKept(checked=checked, text=text):
                self._held_back(checked, text)
            case CheckDone(checked) if checked.exceeded or checked.is_stopped:
                self._checked(checked)
            case CostAdded():
                self._cost += event.cost
            case e.Notice(message=message, hint=hint):
                self._output.notice(f"{message} {hint}".strip())
            case ProviderWaiting() | TookOver():
                self._tell_provider(event)
            case e.DevicesChanged(notice=notice) if notice:
                self._output.notice(notice)
            case _:
                self._tell(event)

    def _tell(self, event: e.Event) -> None:
        """Tell what belongs to a turn that goes well."""
        out = self._output
        match event:
            case e.PartialTranscript(text=text):
                out.event("partial_transcript", text=text)
            case e.TranscriptReady(text=text, take_id=take_id):
                out.event("transcript", text=text, take_id=take_id)
                if self._is_question_shown:
                    out.text(_("You: {text}").format(text=text) + "\n")
            case e.ReplyDelta(text=text):
                self._reply += text
                out.event("reply_delta", text=text)
                out.text(text, end="")
            case e.MessageChanged(message=message) if message.role is Role.ASSISTANT and message.is_complete:
                self._replied(message.text, message.engine)
            case e.MessageChanged(message=message) if message.role is Role.USER and message.take_id and message.text:
                self._tell(e.TranscriptReady(0, message.text, message.take_id))  # it was answered by ear
            case e.TurnTimed(timings=t, stages=stages):
                self._timed(t.transcript_ms, t.first_token_ms, t.first_sound_ms, dict(stages))
            case e.ToolUsed(name=name, arguments=arguments, result=result, is_error=is_error):
                out.event("tool", name=name, arguments=arguments, result=result, is_error=is_error)
            case e.Interrupted(at_s=at_s, unheard_words=words):
                out.event("interrupted", at_s=round(at_s, 3), unheard_words=words)

    def _replied(self, text: str, engine: str) -> None:
        if self._reply or text:
            self._output.event("reply", text=text, engine=engine)
            self._output.end_line()
        self._reply = ""

    def _timed(
        self, transcript: float | None, token: float | None, sound: float | None, stages: dict[str, float]
    ) -> None:
        figures = {"transcript_ms": transcript, "first_token_ms": token, "first_sound_ms": sound}
        known = {name: round(value, 1) for name, value in figures.items() if value is not None}
        self._output.event("timing", **known, stages={name: round(value, 1) for name, value in stages.items()} or None)
        cost, self._cost = self._cost, Cost()
        whole = None if cost.unpriced else round(cost.usd, 8)
        self._output.event("cost", cost_usd=whole, calls=cost.calls, is_estimate=cost.is_rough, words=cost_words(cost))

    def _held_back(self, checked: Checked, text: str) -> None:
        self.is_failed = True
        self._output.event("draft", text=text, exceeded=[score.category for score in checked.exceeded])
        message, hint = not_sent(checked)
        self._output.failed(e.Problem("moderation", message, hint))

    def _checked(self, checked: Checked) -> None:
        facts = {"checkpoint": checked.checkpoint.value, "decision": checked.decision.value}
        self._output.event("moderation", **facts, exceeded=[score.category for score in checked.exceeded])
        if checked.checkpoint is Checkpoint.REPLY and checked.is_stopped:
            self._output.notice(not_spoken(checked))

    def _nothing(self, event: e.NothingHeard) -> None:
        self.is_failed = True
        hint = (
            _("The microphone gave only zeros. Is it switched off or blocked?")
            if event.is_zero
            else _("The loudest moment was {db:.0f} dB.").format(db=event.level.peak_db)
        )
        self._output.failed(e.Problem("nothing_heard", _("I heard nothing."), hint, is_retryable=True))
