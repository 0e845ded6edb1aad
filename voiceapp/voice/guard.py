"""Automatic checks: what may be sent, what may sound, what may be shown.

Nothing here costs anything while the checks are off: no guard is made then. A check never raises: where it fails, the
person's rule says whether the thing passes with a note or is held back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from gettext import gettext as _
from typing import TYPE_CHECKING

from voiceapp.core.checks import (
    CheckBegan,
    CheckDone,
    Checked,
    DraftKept,
    Part,
    Subject,
    SubjectKind,
    consumed,
    logged,
    nobody_checks,
    parts_of,
)
from voiceapp.core.conversation import Message, Take
from voiceapp.core.errors import TimedOut, VoiceAppError, unexpected
from voiceapp.core.events import Notice
from voiceapp.core.moderation import Action, Checkpoint, Decision, Verdict, decide, decide_failure, joined
from voiceapp.core.passages import Passage, passages
from voiceapp.core.settings import Job
from voiceapp.ports import Moderator
from voiceapp.voice.account import Account, account_here
from voiceapp.voice.reply_guard import ReplyGuard
from voiceapp.voice.studio import Studio

if TYPE_CHECKING:
    from voiceapp.core.attachments import Attachment
    from voiceapp.voice.attached_checks import AttachedChecks, FileChecked

CHECK_WITHIN_S = 3.0
"""An automatic check that takes longer counts as failed: a person waits for it."""


@dataclass
class Finding:
    """What came of asking: verdicts, or why there are none."""

    verdicts: tuple[Verdict, ...] = ()
    problem: VoiceAppError | None = None
    duration_ms: float = 0.0


@dataclass
class _Ahead:
    """Words that are checked while the person still speaks: one request at a time, always about the newest."""

    newest: str = ""
    task: asyncio.Task[None] | None = None
    under_way: str = ""
    findings: dict[str, Finding] = field(default_factory=dict)


class Guard:
    """Checks for one turn, or for one job of a desk. *turn* 0: none. *within_s* None: as long as the service takes."""

    def __init__(self, studio: Studio, turn: int = 0, within_s: float | None = CHECK_WITHIN_S) -> None:
        self.policy = studio.settings.moderation
        self._studio = studio
        self._turn = turn
        self._within_s = within_s
        here = studio.account if turn else account_here()
        self._account = here or Account(studio.meter, studio.emit)  # one question for all checks of one deed
        self._ahead = _Ahead()
        self._attached: AttachedChecks | None = None
        self._admitted: Checked | None = None
        self._admitted_files: tuple[FileChecked, ...] = ()
        self._is_failure_told = False

    @property
    def engine(self) -> str:
        """Who judges, as shown."""
        moderator = self._studio.engines.moderation
        return moderator.label if moderator else ""

    def action(self, checkpoint: Checkpoint) -> Action:
        """Return what is to be done at *checkpoint*."""
        return self.policy.rule(checkpoint).action

    # --- what goes in -------------------------------------------------------------------------------------

    async def warm(self) -> None:
        """Open the connection that a check will need. Never raises."""
        moderator = self._studio.engines.moderation
        if moderator is not None:
            await moderator.warm()

    def overhear(self, words: str) -> None:
        """Check words of a take that is still being spoken, one request at a time, so that its end need not wait."""
        ahead, words = self._ahead, words.strip()
        if self.action(Checkpoint.INPUT) is not Action.BLOCK or not words:
            return
        ahead.newest = words
        if ahead.task is None or ahead.task.done():
            ahead.task = self._studio.beside(self._look_ahead(), "check-ahead")

    async def _look_ahead(self) -> None:
        ahead = self._ahead
        while ahead.newest not in ahead.findings:
            ahead.under_way = ahead.newest
            finding = await self.ask(_pieces(ahead.under_way))
            if finding.problem is not None:
                break  # the check of the whole will tell
            ahead.findings[ahead.under_way] = finding

    def look_at_attached(self) -> None:
        """Begin to check what is attached, so that the end of what the person says need not wait for it."""
        attached = self._studio.attached.ready() if self._studio.attached is not None else ()
        if attached and self.action(Checkpoint.INPUT) is Action.BLOCK:
            self._files().look_at(attached)

    def _files(self) -> AttachedChecks:
        """Return the checks of what is attached; imported only where something is."""
        from voiceapp.voice.attached_checks import AttachedChecks

        self._attached = self._attached or AttachedChecks(self, self._studio)
        return self._attached

    async def _files_checked(self, attached: Sequence[Attachment], beside: str) -> tuple[FileChecked, ...]:
        return await self._files().checked(attached, beside) if attached else ()

    async def admits(self, text: str, take: Take | None = None, attached: Sequence[Attachment] = ()) -> bool:
        """Whether *text* may be sent, with what is *attached*. Where not, the words are a draft when this returns."""
        if self.action(Checkpoint.INPUT) is not Action.BLOCK:
            return True
        subject = Subject(SubjectKind.TEXT)
        self._studio.emit(CheckBegan(subject, Checkpoint.INPUT, self._turn))
        started_s = self._studio.now()
        try:
            finding, files = await asyncio.gather(self._finding_for(text.strip()), self._files_checked(attached, text))
        except asyncio.CancelledError:
            if take is None:  # what was spoken is kept with its take
                sentence = _("You stopped before it was checked.")
                given_up = Checked(subject, Checkpoint.INPUT, Decision.HELD, text, problem=sentence)
                self._studio.emit(DraftKept(text, given_up, self._turn))
            raise
        waited_ms = 1000 * (self._studio.now() - started_s)
        checked = self.conclude(subject, Checkpoint.INPUT, text, passages(text), finding, waited_ms)
        stopped = next((one for one in (checked, *(file.checked for file in files)) if one.is_stopped), None)
        if stopped is not None:
            self._studio.emit(DraftKept(text, stopped, self._turn, take.id if take else None))
            self.tell(checked, finding.problem)
            for file in files:
                self.tell(file.checked, file.problem, file.content)
            return False
        self._admitted, self._admitted_files = checked, files
        self._note_unchecked(finding, files)
        return True

    def _note_unchecked(self, words: Finding, files: Sequence[FileChecked]) -> None:
        if words.problem is not None:
            self.note_failure(words.problem, _("Your words could not be checked and were sent all the same."))
        for file in files:
            if file.problem is not None:
                sentence = _("“{name}” could not be checked and was sent all the same.")
                self.note_failure(file.problem, sentence.format(name=file.checked.subject.name))

    def sent(self, message: Message) -> None:
        """*message* was sent: log what was found in it, or check it beside the work where it is only shown."""
        if self._admitted is not None:
            checked, self._admitted = self._admitted, None
            self.tell(_about(checked, message), None)
            for file in self._admitted_files:
                self.tell(file.about(message), file.problem, file.content)
        elif self.action(Checkpoint.INPUT) is Action.SHOW:
            self._studio.beside(self._show(message), "check-input")

    async def _show(self, message: Message) -> None:
        finding = await self.ask(_pieces(message.text))
        subject = Subject(SubjectKind.MESSAGE, message.id)
        checked = self.conclude(subject, Checkpoint.INPUT, message.text, passages(message.text), finding)
        files = await self._files_checked(message.attachments, message.text)
        self._note_unchecked(finding, files)
        await self.keep(checked, finding.problem)
        for file in files:
            await self.keep(file.about(message), file.problem, file.content)

    async def _finding_for(self, text: str) -> Finding:
        """What was overheard counts where it is exactly what is to be sent."""
        ahead = self._ahead
        ahead.newest = ahead.under_way  # what is being looked at now is the last
        if ahead.task is not None and ahead.under_way == text:
            await asyncio.wait([ahead.task])
        return ahead.findings.get(text) or await self.ask(_pieces(text))

    # --- what comes out -----------------------------------------------------------------------------------

    def reply(self, message_id: int | None) -> ReplyGuard | None:
        """Return the gate for a reply's clauses; None where replies are not checked."""
        if self.action(Checkpoint.REPLY) is Action.OFF:
            return None
        return ReplyGuard(self, self._studio, Subject(SubjectKind.MESSAGE, message_id), self._turn)

    def written(self, message: Message) -> None:
        """A reply that nobody reads aloud is whole: check it beside the work. There is nothing left to hold back."""
        if self.action(Checkpoint.REPLY) is not Action.OFF:
            self._studio.beside(self._look_over(message), "check-reply")

    async def _look_over(self, message: Message) -> None:
        where = passages(message.text)
        finding = await self.ask([passage.of(message.text) for passage in where])
        subject = Subject(SubjectKind.MESSAGE, message.id)
        checked = self.conclude(subject, Checkpoint.REPLY, message.text, where, finding)
        if checked.is_stopped:
            checked = replace(checked, decision=Decision.UNCHECKED if finding.problem else Decision.SHOWN)
        await self.keep(checked, finding.problem)

    # --- pictures -----------------------------------------------------------------------------------------

    async def admits_prompt(self, prompt: str) -> Checked | None:
        """Check the prompt of a picture; None where that is off. Stop where ``is_stopped``: the draft was told."""
        if self.action(Checkpoint.IMAGE_PROMPT) is Action.OFF:
            return None
        return await self.checked_text(Subject(SubjectKind.TEXT), Checkpoint.IMAGE_PROMPT, prompt)

    async def admits_image(self, data: bytes, mime: str, image_id: int | None) -> Checked | None:
        """Check a generated picture; None where that is off. It is to stay hidden where ``is_stopped``."""
        if self.action(Checkpoint.IMAGE) is Action.OFF:
            return None
        return await self.checked_image(Subject(SubjectKind.IMAGE, image_id), Checkpoint.IMAGE, data, mime)

    async def checked_text(
        self, subject: Subject, checkpoint: Checkpoint, text: str, cut: Sequence[Passage] | None = None
    ) -> Checked:
        """Check *text*, cut into passages or as *cut*, log and tell it."""
        self._studio.emit(CheckBegan(subject, checkpoint, self._turn))
        where = passages(text) if cut is None else tuple(cut)
        finding = await self.ask([passage.of(text) for passage in where])
        checked = self.conclude(subject, checkpoint, text, where, finding, finding.duration_ms)
        await self._ended(checked, finding)
        return checked

    async def checked_image(self, subject: Subject, checkpoint: Checkpoint, data: bytes, mime: str) -> Checked:
        """Check a picture, log and tell it."""
        self._studio.emit(CheckBegan(subject, checkpoint, self._turn))
        finding = await self.ask_about(data, mime)
        checked = self.conclude(subject, checkpoint, "", (Passage(0, 0),), finding, finding.duration_ms)
        await self._ended(checked, finding, data)
        return checked

    async def _ended(self, checked: Checked, finding: Finding, content: bytes | None = None) -> None:
        if finding.problem is not None and checked.checkpoint is not Checkpoint.BY_HAND and not checked.is_stopped:
            self.note_failure(finding.problem, _("The check failed; the work goes on without it, as your rules say."))
        await self.keep(checked, finding.problem, content)

    # --- asking, deciding, telling ------------------------------------------------------------------------

    async def ask(self, texts: Sequence[str], *, is_patient: bool = False) -> Finding:
        """Let the service judge *texts*, *is_patient*: however long it takes. Raises nothing but cancellation."""

        async def judge(moderator: Moderator) -> tuple[Verdict, ...]:
            await moderator.ready()  # what is imported for the first check is not the service's delay
            async with asyncio.timeout(None if is_patient else self._within_s):
                return await moderator.check_texts(texts)

        return await self._found(judge)

    async def ask_about(self, data: bytes, mime: str) -> Finding:
        """Let the service judge a picture, with the patience of the wire: an upload takes its time."""

        async def judge(moderator: Moderator) -> tuple[Verdict, ...]:
            return (await moderator.check_image(data, mime),)

        return await self._found(judge)

    async def _found(self, judge: Callable[[Moderator], Awaitable[tuple[Verdict, ...]]]) -> Finding:
        """Return the verdicts that *judge* brings, counted, or why there are none; and how long it took."""
        finding = Finding()
        started_s = self._studio.now()
        try:
            moderator = self._studio.engines.moderation
            if moderator is None:
                raise nobody_checks()
            await self._allowed()
            finding.verdicts = await judge(moderator)
            self._count(finding.verdicts)
        except Exception as error:
            finding.problem = self._problem(error)
        finding.duration_ms = 1000 * (self._studio.now() - started_s)
        return finding

    async def _allowed(self) -> None:
        """Return where a check is free or there is budget; otherwise ask. Raises OverBudget: then it has failed."""
        await self._account.allow(Job.MODERATION, self._studio.settings.checker().provider)

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        """Put checks on the log of usage. A check may outlive its turn, so they are on nobody's account."""
        meter = self._studio.meter
        for usage in consumed(self._studio.settings.checker().provider, verdicts):
            meter.add(meter.priced(Job.MODERATION, usage))

    def _problem(self, error: Exception) -> VoiceAppError:
        if isinstance(error, TimeoutError):
            sentence = _("The check did not answer within {seconds:.0f} s.").format(seconds=self._within_s or 0)
            return TimedOut(sentence, hint=_("Try again."), detail="check timeout")
        return unexpected(error)

    def conclude(
        self,
        subject: Subject,
        checkpoint: Checkpoint,
        text: str,
        where: Sequence[Passage],
        finding: Finding,
        waited_ms: float = 0.0,
    ) -> Checked:
        """Put together what was found in *text* at *where* and what follows from it."""
        parts: tuple[Part, ...] = () if finding.problem is not None else parts_of(where, finding.verdicts)
        if finding.problem is not None:
            decision = decide_failure(self.policy, checkpoint)
        else:
            decision = decide(joined(finding.verdicts), self.policy, checkpoint)
        return Checked(
            subject=subject,
            checkpoint=checkpoint,
            decision=decision,
            text=text,
            parts=parts,
            engine=self.engine,
            duration_ms=finding.duration_ms,
            waited_ms=waited_ms,
            problem=finding.problem.message if finding.problem else "",
            limits=self.policy.limits,
        )

    def note_failure(self, problem: VoiceAppError, what: str) -> None:
        """Say once a turn that something passed unchecked."""
        if not self._is_failure_told:
            self._is_failure_told = True
            self._studio.emit(Notice(f"{what} {problem.message}", problem.hint))

    def tell(self, checked: Checked, problem: VoiceAppError | None, content: bytes | None = None) -> None:
        """As :meth:`keep`, for those who must not wait."""
        self._studio.beside(self.keep(checked, problem, content), "log-verdict")

    async def keep(self, checked: Checked, problem: VoiceAppError | None, content: bytes | None = None) -> None:
        """Log *checked* and tell it. Raises nothing: a log that cannot be written is said, the verdict told."""
        parts = self._studio.parts
        if parts.verdicts is not None:
            try:
                await parts.verdicts.add_verdict(logged(checked, parts.wall(), content))
            except VoiceAppError as error:
                self._studio.emit(Notice(error.message, error.hint, is_problem=True))
        self._studio.emit(CheckDone(checked, self._turn, problem.hint if problem else ""))


def guard_for(studio: Studio, turn: int) -> Guard | None:
    """Return the guard of a turn; None where neither what goes in nor what comes out is checked."""
    policy = studio.settings.moderation
    is_on = any(rule.action is not Action.OFF for rule in (policy.input, policy.reply))
    return Guard(studio, turn) if is_on else None


def _pieces(text: str) -> list[str]:
    return [passage.of(text) for passage in passages(text)]


def _about(checked: Checked, message: Message) -> Checked:
    return replace(checked, subject=Subject(SubjectKind.MESSAGE, message.id))
