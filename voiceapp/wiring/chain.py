"""Engines in a row: where the first fails before anything of it reached the person, the next takes the turn over.

Each wrapper keeps the port of what it wraps. The voice loop's; built only where fallbacks are configured, so that a
turn without them pays nothing.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar, cast

import numpy as np

from voiceapp.core.audio import Float32Block
from voiceapp.core.chain import is_passed_on, is_whole_provider, order, rest_s
from voiceapp.core.errors import ProviderError, VoiceAppError
from voiceapp.core.providers import TookOver
from voiceapp.core.settings import Job
from voiceapp.core.speech import ChatRequest, HearingRequest, ReplyPart, SpeechRequest, Transcript, Voice
from voiceapp.ports import ChatModel, Hearing, Resampler, SpeechToText, TextToSpeech

MakeResampler = Callable[[int, int], Resampler]


class Labelled(Protocol):
    """What every engine has."""

    label: str


E = TypeVar("E", bound=Labelled)


@dataclass
class Ward:
    """Who rests after a failure and why, shared by the chains of one session. *now* is time.monotonic().

    Kept by provider where all of it failed, by provider and job otherwise.
    """

    tell: Callable[[TookOver], None]
    now: Callable[[], float] = time.monotonic
    resting: dict[str, tuple[float, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Link(Generic[E]):
    """One engine of a chain, by the name of its provider."""

    name: str
    engine: E


class Chain(Generic[E]):
    """Hands out engines in their order and tells when one takes over."""

    def __init__(self, job: Job, links: Sequence[Link[E]], ward: Ward) -> None:
        self.links = tuple(links)
        self._job = job
        self._ward = ward
        self._engines = {link.name: link.engine for link in links}

    @property
    def first(self) -> E:
        """Return the engine that was chosen."""
        return self.links[0].engine

    def turn(self) -> Iterator[E]:
        """Yield the engines to ask, one after another; whoever goes on has called :meth:`failed` before."""
        chosen = self.links[0]
        for name in self._order():
            if name != chosen.name:
                reason = self._rest(chosen.name)[1]
                self._ward.tell(TookOver(self._job.value, chosen.engine.label, self._engines[name].label, reason))
            yield self._engines[name]

    def failed(self, engine: E, error: VoiceAppError) -> None:
        """Take in that *engine* failed. Raises *error* where nobody else could do better."""
        name = next(link.name for link in self.links if link.engine is engine)
        if not is_passed_on(error):
            raise error
        key = name if is_whole_provider(error) else f"{name} {self._job.value}"
        self._ward.resting[key] = (self._ward.now() + rest_s(error), error.message)

    def next_to_ask(self) -> E:
        """Return who will be asked first."""
        return self._engines[self._order()[0]]

    def _order(self) -> tuple[str, ...]:
        until_s = {link.name: self._rest(link.name)[0] for link in self.links}
        return order([link.name for link in self.links], until_s, self._ward.now())

    def _rest(self, name: str) -> tuple[float, str]:
        """Return until when *name* is left in peace for this job, and why."""
        nothing = (0.0, "")
        resting = self._ward.resting
        return max(resting.get(name, nothing), resting.get(f"{name} {self._job.value}", nothing))


class ChainChat:
    """Port ChatModel. A reply of which something was shown is not begun anew by another."""

    def __init__(self, chain: Chain[ChatModel]) -> None:
        self._chain = chain
        self.label = chain.first.label

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """As ChatModel.reply."""
        last: VoiceAppError | None = None
        for engine in self._chain.turn():
            has_begun = False
            try:
                async with aclosing(cast("AsyncGenerator[ReplyPart, None]", engine.reply(request))) as parts:
                    async for part in parts:
                        has_begun = True
                        yield part
            except ProviderError as error:
                if has_begun:
                    raise
                self._chain.failed(engine, error)
                if request.by_ear is not None:  # the next one needs words, which only who asks can bring
                    raise
                last = error
            else:
                return
        assert last is not None
        raise last

    async def warm(self) -> None:
        """As ChatModel.warm."""
        await self._chain.next_to_ask().warm()

    async def close(self) -> None:
        """As ChatModel.close."""
        for link in self._chain.links:
            await link.engine.close()


class ChainTextToSpeech:
    """Port TextToSpeech. Each request is one clause: where its sound breaks off, the next voice says it whole."""

    def __init__(self, chain: Chain[TextToSpeech], make_resampler: MakeResampler) -> None:
        self._chain = chain
        self._make_resampler = make_resampler
        self.label = chain.first.label
        self.rate_hz = chain.first.rate_hz
        self.max_chars = min(link.engine.max_chars for link in chain.links)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        """As TextToSpeech.speak."""
        last: VoiceAppError | None = None
        for engine in self._chain.turn():
            try:
                async with aclosing(self._spoken(engine, request)) as blocks:
                    async for block in blocks:
                        yield block
            except ProviderError as error:
                self._chain.failed(engine, error)
                last = error
            else:
                return
        assert last is not None
        raise last

    async def _spoken(self, engine: TextToSpeech, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        if engine is not self._chain.first and request.voice not in {voice.id for voice in engine.voices()}:
            request = replace(request, voice="")
        resampler = None if engine.rate_hz == self.rate_hz else self._make_resampler(engine.rate_hz, self.rate_hz)
        async with aclosing(cast("AsyncGenerator[Float32Block, None]", engine.speak(request))) as blocks:
            async for block in blocks:
                yield resampler.push(block) if resampler else block
        if resampler is not None:
            yield resampler.finish()

    def voices(self) -> Sequence[Voice]:
        """As TextToSpeech.voices."""
        return self._chain.first.voices()

    async def warm(self) -> None:
        """As TextToSpeech.warm."""
        await self._chain.next_to_ask().warm()

    async def close(self) -> None:
        """As TextToSpeech.close."""
        for link in self._chain.links:
            await link.engine.close()


class ChainSpeechToText:
    """Port SpeechToText. The sound is kept until there are words, so that the next recogniser hears all of it."""

    def __init__(self, chain: Chain[SpeechToText], make_resampler: MakeResampler) -> None:
        self.chain = chain
        self.make_resampler = make_resampler
        self.rate_hz = chain.first.rate_hz
        self.label = chain.first.label
        """Who heard last, or will hear."""

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[Hearing]:
        """As SpeechToText.hear."""
        async with AsyncExitStack() as stack:
            hearing = ChainHearing(self, request, on_partial, stack)
            await hearing.begin()
            yield hearing

    async def close(self) -> None:
        """As SpeechToText.close."""
        for link in self.chain.links:
            await link.engine.close()


class ChainHearing:
    """One utterance, heard by the first that can."""

    def __init__(
        self,
        owner: ChainSpeechToText,
        request: HearingRequest,
        on_partial: Callable[[str], None] | None,
        stack: AsyncExitStack,
    ) -> None:
        self._owner = owner
        self._request = request
        self._on_partial = on_partial
        self._stack = stack
        self._blocks: list[Float32Block] = []
        self._engines = owner.chain.turn()
        self._engine: SpeechToText | None = None
        self._hearing: Hearing | None = None
        self._resampler: Resampler | None = None
        self._last: VoiceAppError | None = None

    async def push(self, block: Float32Block) -> None:
        """As Hearing.push."""
        self._blocks.append(block)
        if self._hearing is None:
            await self.begin()
        else:
            await self._passed(block)

    async def finish(self) -> Transcript:
        """As Hearing.finish."""
        while True:
            if self._hearing is None:
                await self.begin()
            assert self._hearing is not None
            assert self._engine is not None
            try:
                if self._resampler is not None:
                    await self._hearing.push(self._resampler.finish())
                transcript = await self._hearing.finish()
            except ProviderError as error:
                await self._give_up(error)
            else:
                self._owner.label = self._engine.label
                return replace(transcript, engine=transcript.engine or self._engine.label)

    async def begin(self) -> None:
        """Open the next engine that opens, and let it hear everything so far. Raises when none is left."""
        while self._hearing is None:
            engine = next(self._engines, None)
            if engine is None:
                assert self._last is not None
                raise self._last
            rate_hz = self._owner.rate_hz
            self._engine = engine
            self._resampler = None if engine.rate_hz == rate_hz else self._owner.make_resampler(rate_hz, engine.rate_hz)
            try:
                self._hearing = await self._stack.enter_async_context(engine.hear(self._request, self._on_partial))
            except ProviderError as error:
                await self._give_up(error)
                continue
            await self._passed(np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32))

    async def _passed(self, block: Float32Block) -> None:
        assert self._hearing is not None
        try:
            if len(block):
                await self._hearing.push(self._resampler.push(block) if self._resampler else block)
        except ProviderError as error:
            await self._give_up(error)

    async def _give_up(self, error: ProviderError) -> None:
        assert self._engine is not None
        self._hearing = None
        self._last = error
        await self._stack.aclose()
        self._owner.chain.failed(self._engine, error)
