"""What the service's own tools do on the way to a reply, told while they work and kept with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from voiceapp.core.conversation import Message, Source, ToolUse
from voiceapp.core.events import Event
from voiceapp.core.speech import HostedStep, SourceFound, StepState
from voiceapp.core.tool_events import HostedWorked, SourcesKnown
from voiceapp.voice.history import History

if TYPE_CHECKING:
    from voiceapp.core.hosted import HostedChoice


class Hosted(Protocol):
    """Who knows which of the service's tools are on, and more about what a reply cites."""

    def choice(self, conversation_id: int | None) -> HostedChoice | None:
        """Return what is on in a conversation. Must not wait."""
        ...

    async def resolved(self, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        """Return *sources* with what this computer knows of them."""
        ...

    def cited(self, message: Message) -> None:
        """Take note of what a reply cites and has made. Must not wait."""
        ...


class NoHosted:
    """Nobody does."""

    def choice(self, conversation_id: int | None) -> HostedChoice | None:
        """As Hosted.choice."""
        return None

    async def resolved(self, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        """As Hosted.resolved."""
        return sources

    def cited(self, message: Message) -> None:
        """As Hosted.cited."""


@dataclass
class _Step:
    step: HostedStep
    began_s: float
    duration_ms: float = 0.0
    is_kept: bool = False


class HostedWork:
    """One reply's. Everything it is given stays in order; :meth:`keep` may be called again and again.

    Args:
        now: the loop's clock in seconds.
    """

    def __init__(
        self, turn: int, history: History, hosted: Hosted, emit: Callable[[Event], None], now: Callable[[], float]
    ) -> None:
        self._turn = turn
        self._history = history
        self._hosted = hosted
        self._emit = emit
        self._now = now
        self._message_id = 0
        self._early: list[HostedStep | SourceFound] = []
        self._steps: dict[str, _Step] = {}
        self._sources: list[Source] = []
        self._kept_sources = 0
        self._lock = asyncio.Lock()

    def belongs_to(self, message_id: int) -> None:
        """What comes stands with the reply *message_id*."""
        self._message_id = message_id
        early, self._early = self._early, []
        for part in early:
            self.take(part)

    def take(self, part: HostedStep | SourceFound) -> None:
        """Take in what the service tells; returns at once."""
        if not self._message_id:
            self._early.append(part)
            return
        if isinstance(part, SourceFound):
            self._sources.append(part.source)
            return
        known = self._steps.setdefault(part.id, _Step(part, self._now()))
        self._put(known, part)

    @property
    def has_news(self) -> bool:
        """Something is not kept yet."""
        is_step_new = any(not one.is_kept and one.step.state is not StepState.RUNNING for one in self._steps.values())
        return is_step_new or len(self._sources) > self._kept_sources

    async def keep(self) -> None:
        """Put what is known into the store. Raises StoreError."""
        async with self._lock:
            for known in self._steps.values():
                if not known.is_kept and known.step.state is not StepState.RUNNING:
                    known.is_kept = True
                    await self._history.add_tool_use(self._message_id, self._use(known))
            count = len(self._sources)
            if count == self._kept_sources:
                return
            sources = await self._hosted.resolved(tuple(self._sources[:count]))
            message = await self._history.set_sources(self._message_id, sources)
            self._kept_sources = count
            self._emit(SourcesKnown(self._message_id, sources))
            self._hosted.cited(message)

    def stop(self) -> None:
        """What still works will not be waited for."""
        for known in self._steps.values():
            if known.step.state is StepState.RUNNING:
                self._put(known, replace(known.step, state=StepState.FAILED))

    def _put(self, known: _Step, step: HostedStep) -> None:
        known.step = step
        is_running = step.state is StepState.RUNNING
        known.duration_ms = 0.0 if is_running else 1000.0 * (self._now() - known.began_s)
        self._emit(HostedWorked(self._turn, self._message_id, self._use(known), is_running))

    def _use(self, known: _Step) -> ToolUse:
        step, is_error = known.step, known.step.state is StepState.FAILED
        return ToolUse(step.id, step.tool, step.asked, step.answered, is_error, known.duration_ms)
