"""A session with scripted engines, told as a play: who says what when, and what happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from tests.fakes import (
    FakeChat,
    FakeDevices,
    FakeHearing,
    FakeModerator,
    FakeSecrets,
    FakeSpeech,
    FakeVad,
    MemoryStore,
    MemoryVerdicts,
)
from tests.fakes.usage import MemoryUsage
from voiceapp.core.audio import Float32Block
from voiceapp.core.budget import WhenSpent
from voiceapp.core.events import Engines, Event, PhaseChanged, ProviderChecked, ServerFound
from voiceapp.core.language import DEFAULT_RULES
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ToolCall, ToolResult, ToolSpec
from voiceapp.core.tool_events import ToolRow, ToolServerState
from voiceapp.core.tools import Wish
from voiceapp.core.turn import Phase
from voiceapp.ports import EngineSet, SpeechToText
from voiceapp.voice.desks.moderation import ModerationDesk
from voiceapp.voice.desks.usage import UsageDesk
from voiceapp.voice.parts import Desk, Parts
from voiceapp.voice.session import VoiceSession, opened
from voiceapp.voice.studio import Studio

E = TypeVar("E")


class Stretch:
    """A resampler good enough for a test: nearest neighbour."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._ratio = to_hz / from_hz

    def push(self, block: Float32Block) -> Float32Block:
        count = round(len(block) * self._ratio)
        nearest: Float32Block = block[np.minimum((np.arange(count) / self._ratio).astype(int), len(block) - 1)]
        return nearest

    def finish(self) -> Float32Block:
        return np.zeros(0, dtype=np.float32)


@dataclass
class FakeMaker:
    """Hands out the stage's engines."""

    hearing_engine: SpeechToText
    chat: FakeChat
    speech: FakeSpeech
    others: dict[str, SpeechToText] = field(default_factory=dict)
    found: tuple[ServerFound, ...] = ()
    made: list[Settings] = field(default_factory=list)
    moderation: FakeModerator | None = None
    is_by_ear: bool = False

    async def make(self, settings: Settings) -> EngineSet:
        self.made.append(settings)
        shown = Engines(self.hearing_engine.label, self.chat.label, self.speech.label)
        nothing = self._nothing
        engines = (self.hearing_engine, self.chat, self.speech)
        return EngineSet(*engines, shown, nothing, nothing, self.moderation, self.is_by_ear)

    async def _nothing(self) -> None:
        """Nothing is slow and nothing is shared."""

    async def hearing(self, settings: Settings, provider: str) -> SpeechToText:
        return self.others[provider]

    async def check(self, settings: Settings, provider: str, jobs: Iterable[str] = ()) -> ProviderChecked:
        return ProviderChecked(provider, 12.0)

    async def discover(self, settings: Settings) -> AsyncIterator[ServerFound]:
        for server in self.found:
            yield server


@dataclass
class FakeTools:
    """One tool that answers with its arguments in capitals."""

    ring: Callable[[str], None]
    calls: list[ToolCall] = field(default_factory=list)

    def specs(self) -> tuple[ToolSpec, ...]:
        return (ToolSpec("shout", "Say it loud.", {"type": "object"}),)

    async def run(self, call: ToolCall) -> ToolResult:
        self.calls.append(call)
        return ToolResult(call.id, call.arguments.upper())

    wished: Wish | None = None
    settings: Settings = field(default_factory=Settings)

    def use(self, settings: Settings) -> None:
        self.settings = settings

    def wish(self, call: ToolCall) -> Wish | None:
        return self.wished

    def rows(self) -> tuple[ToolRow, ...]:
        return ()

    def servers(self) -> tuple[ToolServerState, ...]:
        return ()

    async def settled(self) -> None:
        """Nothing is connected."""

    async def close(self) -> None:
        pass


class Stage:
    """Everything a scene needs; :attr:`events` is what happened, :attr:`times` when (loop seconds)."""

    def __init__(
        self,
        *,
        hearing: FakeHearing | None = None,
        chat: FakeChat | None = None,
        speech: FakeSpeech | None = None,
        devices: FakeDevices | None = None,
        settings: Settings | None = None,
        is_titled: bool = False,
        moderation: FakeModerator | None = None,
    ) -> None:
        self.hearing = hearing or FakeHearing()
        self.chat = chat or FakeChat()
        self.speech = speech or FakeSpeech()
        self.devices = devices or FakeDevices()
        self.store = MemoryStore()
        self.secrets = FakeSecrets()
        self.maker = FakeMaker(self.hearing, self.chat, self.speech, moderation=moderation)
        self.verdicts = MemoryVerdicts()
        self.files: dict[str, bytes] = {}
        # a title is one more request, for which a scene that is about something else has no script
        self.settings = replace(settings or Settings(), is_titled_by_model=is_titled)
        self.usage = MemoryUsage()
        self.models = ModelTable()
        self.when_spent = WhenSpent.ASK
        self.wall: Callable[[], float] = time.time
        self.saved: list[Settings] = []
        self.events: list[Event] = []
        self.times: list[float] = []
        self.tools: FakeTools
        self.make_desks: Callable[[Studio], Sequence[Desk]] = lambda _studio: ()
        self._news = asyncio.Event()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[VoiceSession]:
        def make_tools(ring: Callable[[str], None], _emit: Callable[[Event], None]) -> FakeTools:
            self.tools = FakeTools(ring)
            return self.tools

        parts = Parts(
            devices=self.devices,
            store=self.store,
            secrets=self.secrets,
            maker=self.maker,
            make_resampler=Stretch,
            make_vad=FakeVad,
            save_settings=self.saved.append,
            rules_for=lambda _language: DEFAULT_RULES,
            make_tools=make_tools,
            instructions="Be brief.",
            usage=self.usage,
            models=self.models,
            when_spent=self.when_spent,
            wall=self.wall,
            verdicts=self.verdicts,
            make_desks=lambda studio: (
                ModerationDesk(studio, self.verdicts, lambda path: self.files[str(path)]),
                UsageDesk(studio),
                *self.make_desks(studio),
            ),
        )
        async with opened(parts, self.settings, self._emit) as session:
            yield session

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        self.times.append(asyncio.get_running_loop().time())
        self._news.set()

    def all(self, kind: type[E]) -> list[E]:
        """Every event of *kind* so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def phases(self) -> list[Phase]:
        """The words of the state strip so far."""
        return [event.phase for event in self.all(PhaseChanged)]

    async def until(self, is_true: Callable[[], object]) -> None:
        """Wait for a condition that events make true."""
        while not is_true():
            self._news.clear()
            await self._news.wait()

    async def until_phase(self, phase: Phase) -> None:
        """Wait until the strip says *phase*."""
        await self.until(lambda: self.phases()[-1:] == [phase])

    async def until_event(self, kind: type[E], count: int = 1) -> E:
        """Wait for the *count*-th event of *kind*."""
        await self.until(lambda: len(self.all(kind)) >= count)
        return self.all(kind)[count - 1]


def words(deltas: Iterable[str]) -> str:
    """Join reply deltas."""
    return "".join(deltas)
