"""The session's desks: who takes which family of commands beside the turn."""

from __future__ import annotations

from pathlib import Path

from voiceapp.core.models import ModelTable
from voiceapp.ports import ImageMakers
from voiceapp.store.files import read_bytes
from voiceapp.store.images import FileImages
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.verdicts import SqliteVerdicts
from voiceapp.voice.desks.image_gate import GuardGate
from voiceapp.voice.desks.images import ImageDesk
from voiceapp.voice.desks.moderation import ModerationDesk
from voiceapp.voice.desks.providers import ProviderDesk
from voiceapp.voice.parts import Desk
from voiceapp.voice.studio import Studio


def make_desks(
    studio: Studio, store: SqliteStore, makers: ImageMakers, table: ModelTable, pictures: Path
) -> tuple[Desk, ...]:
    """Return the desks of one session.

    *makers*: build who draws; *pictures*: where the person's own pictures are saved.
    """
    gallery = FileImages(store.database.parent, store, studio.parts.wall)
    return (
        ProviderDesk(studio),
        ModerationDesk(studio, SqliteVerdicts(store), read_bytes, gallery.read),
        ImageDesk(studio, gallery, makers, table, pictures, GuardGate(studio)),
    )
