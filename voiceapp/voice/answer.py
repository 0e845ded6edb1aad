"""A reply: written, spoken clause by clause while it is written, heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from gettext import gettext as _
from typing import TypeVar

from voiceapp.core.audio import Float32Block
from voiceapp.core.clauses import Clause, ClauseSplitter
from voiceapp.core.errors import BadAnswer, VoiceAppError
from voiceapp.core.language import LanguageRules
from voiceapp.core.speech import (
    ChatRequest,
    HostedStep,
    ReplyEnd,
    SoundDelta,
    SoundKept,
    SourceFound,
    SpeechRequest,
    TextDelta,
    ToolCall,
    ToolResult,
    Usage,
)
from voiceapp.ports import ChatModel, TextToSpeech
from voiceapp.voice.playback import Playback

TOOL_ROUNDS = 8
"""How often the model may call tools before it must answer."""

AHEAD = 2
"""Clauses being synthesised or waiting at once: one plays, the next is made, no more is paid for in vain."""

MAX_REPLY_CHARS = 2_000_000

SLICE_CHARS = 2048

MAX_CLAUSE_S = 180.0
"""More sound than any clause can need: a service that streams for ever is cut off."""


@dataclass
class Reply:
    """What came of it so far; complete when :func:`write` returned."""

    text: str = ""
    finish: str = ""
    is_bounded: bool = False
    """It would have gone on calling tools."""
    usages: list[Usage] = field(default_factory=list)
    on_hosted: Callable[[HostedStep | SourceFound], None] = lambda _part: None
    """Told what the service's own tools do; must not wait."""
    on_sound: Callable[[SoundDelta | SoundKept], None] = lambda _part: None
    """Given the sound of a model that speaks by itself; must not wait."""

    def beside(self, part: HostedStep | SourceFound | SoundDelta | SoundKept) -> None:
        """Hand on what is no text."""
        if isinstance(part, SoundDelta | SoundKept):
            self.on_sound(part)
        else:
            self.on_hosted(part)

    def end(self, part: ReplyEnd) -> None:
        """Take in how a round ended."""
        self.finish = part.finish
        if part.usage is not None:
            self.usages.append(part.usage)


RunTool = Callable[[ToolCall], Awaitable[ToolResult]]


async def write(chat: ChatModel, request: ChatRequest, reply: Reply, run_tool: RunTool) -> AsyncGenerator[str, None]:
    """Yield the reply's text as it comes, running tools in between."""
    for number in range(TOOL_ROUNDS + 1):
        if number == TOOL_ROUNDS:
            request, reply.is_bounded = replace(request, tool_choice="none"), True
        calls: list[ToolCall] = []
        async with _closing(chat.reply(request)) as parts:
            async for part in parts:
                match part:
                    case TextDelta(text):
                        reply.text += text
                        yield text
                    case ToolCall():
                        calls.append(part)
                    case HostedStep() | SourceFound() | SoundDelta() | SoundKept():
                        reply.beside(part)
                    case ReplyEnd():
                        reply.end(part)
                if len(reply.text) > MAX_REPLY_CHARS:
                    reply.finish = "length"
                    return
        if not calls or reply.is_bounded:
            return
        results = await asyncio.gather(*(run_tool(call) for call in calls))
        request = replace(request, tool_rounds=(*request.tool_rounds, *calls, *results))


def begun(texts: AsyncGenerator[str, None], scope: asyncio.TaskGroup) -> AsyncIterator[str]:
    """Ask for the first of *texts* at once, in *scope*; return them all. An error of the first waits until then."""

    async def look() -> str | VoiceAppError | None:
        try:
            return await anext(texts, None)
        except VoiceAppError as error:
            return error

    first = scope.create_task(look(), name="first words")

    async def follow() -> AsyncIterator[str]:
        head = await first
        if isinstance(head, VoiceAppError):
            raise head
        if head is None:
            return
        yield head
        async for text in texts:
            yield text

    return follow()


T = TypeVar("T")


@asynccontextmanager
async def _closing(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """Close a service's iterator at once when it is left early: that is what frees the connection."""
    try:
        yield items
    finally:
        close = getattr(items, "aclose", None)
        if close is not None:
            await close()


Gate = Callable[[Clause], Awaitable[bool]]
"""Asked when a clause is cut, so that its work runs beside the voice's; what it returns is awaited before the clause
sounds: False ends the speaking there. Must not raise."""


class Spoken:
    """A clause being synthesised ahead of its turn at the loudspeaker."""

    def __init__(self, clause: Clause, may_sound: Awaitable[bool] | None = None) -> None:
        self.clause = clause
        self.may_sound = may_sound
        self.came_at_s: float | None = None
        self.error: VoiceAppError | None = None
        self._blocks: asyncio.Queue[Float32Block | None] = asyncio.Queue()

    async def fill(self, speech: TextToSpeech, request: SpeechRequest, slots: asyncio.Semaphore) -> None:
        """Receive the sound; the slot is free again once all of it is there. An error waits in :attr:`error`."""
        frames = 0
        try:
            async with _closing(speech.speak(request)) as blocks:
                async for block in blocks:
                    frames += len(block)
                    if self.came_at_s is None:
                        self.came_at_s = asyncio.get_running_loop().time()
                    if frames > MAX_CLAUSE_S * speech.rate_hz:
                        raise BadAnswer(_("The speech service sent sound without end."))
                    self._blocks.put_nowait(block)
        except VoiceAppError as error:
            self.error = error
        finally:
            self._blocks.put_nowait(None)
            slots.release()

    async def blocks(self) -> AsyncIterator[Float32Block]:
        """Yield the sound in order."""
        while (block := await self._blocks.get()) is not None:
            yield block

    async def wait_for_leave(self) -> tuple[bool, float]:
        """Wait until it is known whether it may sound; return that, and for how many seconds its sound had to wait."""
        if self.may_sound is None:
            return True, 0.0
        now = asyncio.get_running_loop().time
        began_s = now()
        is_allowed = await self.may_sound
        came_at_s = now() if self.came_at_s is None else self.came_at_s
        return is_allowed, max(0.0, now() - max(began_s, came_at_s))


class SpokenReply:
    """Speaks a text while it arrives.

    The text is never held back by the sound: the window shows it as fast as it comes; only synthesis waits, so
    that at most :data:`AHEAD` clauses are ahead of what is heard. Where the text breaks off, what has come is
    spoken to its end; where the voice breaks off, the text is received to its end; then the error is raised.

    Args:
        from_char: clauses that end before this character of the text are left out.

    Attributes:
        stopped_at: the clause that *gate* did not let sound; nothing after it was spoken either.
        held_s: how long sound that was there had to wait for *gate*, in all.
    """

    def __init__(
        self,
        speech: TextToSpeech,
        template: SpeechRequest,
        rules: LanguageRules,
        playback: Playback,
        gate: Gate | None = None,
        from_char: int = 0,
    ) -> None:
        self._speech = speech
        self._template = template
        self._rules = rules
        self._playback = playback
        self._gate = gate
        self._from_char = from_char
        self.stopped_at: Clause | None = None
        self.held_s = 0.0
        self._clauses: asyncio.Queue[Spoken | None] = asyncio.Queue()
        self._spoken: asyncio.Queue[Spoken | None] = asyncio.Queue(AHEAD)
        self._slots = asyncio.Semaphore(AHEAD)
        self._error: VoiceAppError | None = None
        self._is_mute = False

    async def run(self, deltas: AsyncIterator[str], on_delta: Callable[[str], None]) -> None:
        """Speak *deltas* until the last word was heard. Cancelling this is a barge-in."""
        async with asyncio.TaskGroup() as stages:
            stages.create_task(self._play(), name="play")
            stages.create_task(self._synthesise(stages), name="synthesise")
            stages.create_task(self._read(deltas, on_delta), name="chat")
        if self._error is not None:
            raise self._error

    async def _read(self, deltas: AsyncIterator[str], on_delta: Callable[[str], None]) -> None:
        splitter = ClauseSplitter(self._rules)
        try:
            async for delta in deltas:
                on_delta(delta)
                for start in range(0, len(delta), SLICE_CHARS):
                    for clause in splitter.push(delta[start : start + SLICE_CHARS]):
                        self._take(clause)
                    if len(delta) > SLICE_CHARS:
                        await asyncio.sleep(0)  # a megabyte in one piece must not hold up the loop
        except VoiceAppError as error:
            self._error = self._error or error
        for last in splitter.finish():
            self._take(last)
        self._clauses.put_nowait(None)

    def _take(self, clause: Clause) -> None:
        if not self._from_char or clause.end > self._from_char:
            self._clauses.put_nowait(Spoken(clause, self._gate(clause) if self._gate is not None else None))

    async def _synthesise(self, stages: asyncio.TaskGroup) -> None:
        while (ahead := await self._clauses.get()) is not None:
            if self._is_mute:
                continue
            await self._slots.acquire()
            request = replace(self._template, text=ahead.clause.text)
            stages.create_task(ahead.fill(self._speech, request, self._slots), name="speech")
            await self._spoken.put(ahead)
        await self._spoken.put(None)

    async def _play(self) -> None:
        while (ahead := await self._spoken.get()) is not None:
            if self._is_mute:
                continue
            is_allowed, held_s = await ahead.wait_for_leave()
            self.held_s += held_s
            if not is_allowed:
                self.stopped_at, self._is_mute = ahead.clause, True
                continue
            try:
                await self._playback.play_clause(ahead.clause, ahead.blocks(), self._speech.rate_hz)
                error = ahead.error
            except VoiceAppError as lost:
                error = lost
            if error is not None:
                self._error, self._is_mute = self._error or error, True
                self._playback.broke_off(ahead.clause)
        try:
            await self._playback.end()
        except VoiceAppError as error:
            self._error = self._error or error
