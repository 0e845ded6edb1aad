"""The program's session in this process, on real parts: where a proof must look closer than a screen allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from voiceapp.core.commands import StartTalking, StopTalking
from voiceapp.core.events import AudioFlowing, Event
from voiceapp.core.settings import Settings
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile
from voiceapp.voice.session import VoiceSession
from voiceapp.wiring.session import Opening, open_session

PATIENCE_S = 20.0

E = TypeVar("E")


class Talk:
    """A session and what it told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.session: VoiceSession
        self._news = asyncio.Event()

    def note(self, event: Event) -> None:
        """Take an event."""
        self.events.append(event)
        self._news.set()

    def all(self, kind: type[E], *, after: int = 0) -> list[E]:
        """Return the events of *kind* from number *after* on."""
        return [event for event in self.events[after:] if isinstance(event, kind)]

    async def wait_for(self, kind: type[E], is_it: Callable[[E], bool] = lambda _e: True, *, after: int = 0) -> E:
        """Wait for an event from number *after* on."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    self._news.clear()
                    for event in self.all(kind, after=after):
                        if is_it(event):
                            return event
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} among {self.events[after:]}") from None

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Hold the key from when sound flows."""
        here = len(self.events)
        self.session.handle(StartTalking())
        await self.wait_for(AudioFlowing, after=here)
        yield
        self.session.handle(StopTalking())


async def until(condition: Callable[[], object]) -> None:
    """Wait for what happens outside this loop (in a recording)."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


@asynccontextmanager
async def talk(data: Path, settings: Settings | None = None) -> AsyncIterator[Talk]:
    """Open a session on the data folder *data*, which is made where there is none, with *settings*."""
    paths = Paths.below(data)
    paths.create()
    if settings is not None:
        SettingsFile(paths.settings_file).save(settings)
    it = Talk()
    async with open_session(Opening(paths), it.note) as it.session:
        yield it
