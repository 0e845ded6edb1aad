"""The session's desks: who takes which family of commands beside the turn."""

from __future__ import annotations

from voiceapp.store.files import read_bytes
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.verdicts import SqliteVerdicts
from voiceapp.voice.desks.moderation import ModerationDesk
from voiceapp.voice.parts import Desk
from voiceapp.voice.studio import Studio


def make_desks(studio: Studio, store: SqliteStore) -> tuple[Desk, ...]:
    """Return the desks of one session."""
    return (ModerationDesk(studio, SqliteVerdicts(store), read_bytes),)
