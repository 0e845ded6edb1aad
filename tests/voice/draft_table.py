"""A stage with a desk for drafts: what is attached waits there for the message it goes with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.attachments import FakePrepare, MemoryAttachments
from tests.pictures import png
from tests.voice.stage import Stage
from voiceapp.core import attachments as a
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.core.vision import VisionTable
from voiceapp.voice.desks.drafts import DraftDesk
from voiceapp.voice.session import VoiceSession
from voiceapp.voice.studio import Studio


def settings(model: str = "seeing") -> Settings:
    """Chat by *model* of OpenAI."""
    provider = Provider("openai", ProviderKind.OPENAI)
    return Settings(providers=(*Settings().providers, provider), jobs={Job.CHAT.value: Choice("openai", model)})


class DraftTable:
    """A desk for drafts on *stage*; *models* say who sees what."""

    def __init__(self, stage: Stage, models: VisionTable) -> None:
        self.stage = stage
        self.files = MemoryAttachments(stage.store)
        self.prepare = FakePrepare()
        self._models = models
        stage.make_desks = self._make

    def _make(self, studio: Studio) -> tuple[DraftDesk, ...]:
        studio.attached = desk = DraftDesk(studio, self.files, self.prepare, self._models)
        return (desk,)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[VoiceSession]:
        """The session, from its start to its end."""
        async with self.stage.session() as session:
            yield session

    @property
    def drafts(self) -> tuple[a.Draft, ...]:
        """What is attached now."""
        told = self.stage.all(a.DraftsChanged)
        return told[-1].drafts if told else ()

    @property
    def attached(self) -> list[str]:
        """The names of what is attached now."""
        return [draft.attachment.name for draft in self.drafts]

    async def attach(self, session: VoiceSession, name: str = "tower.png", data: bytes = png(8, 8)) -> a.Attachment:
        """Attach *data* and wait until it is there."""
        session.handle(a.AttachData(name, data))
        await self.stage.until(lambda: name in self.attached)
        return self.drafts[-1].attachment
