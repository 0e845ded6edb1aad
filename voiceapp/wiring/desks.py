"""The session's desks: who takes which family of commands beside the turn."""

from __future__ import annotations

from pathlib import Path

from voiceapp import resources
from voiceapp.core.models import ModelTable
from voiceapp.ports import ImageMakers
from voiceapp.store.attachments import FileAttachments
from voiceapp.store.files import read_bytes, write_text
from voiceapp.store.images import FileImages
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.verdicts import SqliteVerdicts
from voiceapp.voice.desks.cleaning import CleaningDesk
from voiceapp.voice.desks.drafts import DraftDesk
from voiceapp.voice.desks.image_gate import GuardGate
from voiceapp.voice.desks.images import ImageDesk
from voiceapp.voice.desks.moderation import ModerationDesk
from voiceapp.voice.desks.notes import NotesDesk
from voiceapp.voice.desks.own_search import OwnSearchDesk
from voiceapp.voice.desks.providers import ProviderDesk
from voiceapp.voice.desks.recordings import RecordingsDesk
from voiceapp.voice.desks.usage import UsageDesk
from voiceapp.voice.image_wishes import ImageWishes
from voiceapp.voice.kits.images import Images
from voiceapp.voice.parts import Desk
from voiceapp.voice.studio import Studio
from voiceapp.wiring.attachments import prepare


def make_desks(
    studio: Studio, store: SqliteStore, makers: ImageMakers, table: ModelTable, pictures: Path, kit: Images
) -> tuple[Desk, ...]:
    """Return the desks of one session.

    *makers*: build who draws; *pictures*: where the person's own pictures are saved; *kit*: the model's tool for them.
    """
    gallery = FileImages(store.database.parent, store, studio.parts.wall)
    images = ImageDesk(studio, gallery, makers, table, pictures, GuardGate(studio))
    kit.wishes = ImageWishes(images, studio, resources.image_phrases())
    studio.instead, studio.may_be_instead = kit.wishes.instead, kit.wishes.may_be_meant
    files = FileAttachments(store.database.parent, store, studio.parts.wall)
    studio.attached = drafts = DraftDesk(studio, files, prepare, resources.vision_table())
    return (
        ProviderDesk(studio),
        ModerationDesk(studio, SqliteVerdicts(store), read_bytes, gallery.read),
        images,
        UsageDesk(studio),
        NotesDesk(studio),
        CleaningDesk(studio),
        RecordingsDesk(studio, write_text),
        drafts,
        *_search(studio),
    )


def _search(studio: Studio) -> tuple[Desk, ...]:
    """Return the desk for searching by meaning; it keeps the index up to date from now on."""
    if studio.parts.own_search is None:
        return ()
    desk = OwnSearchDesk(studio, studio.parts.own_search)
    studio.beside(desk.keep_indexed(), "index")
    return (desk,)
