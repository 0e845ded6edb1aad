"""A session on real parts, for the window and the terminal."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from voiceapp import paths as places
from voiceapp import resources
from voiceapp.audio.device import SoundDevices
from voiceapp.audio.resample import StreamResampler
from voiceapp.audio.takefile import WavTakes
from voiceapp.core.audio import Clip
from voiceapp.core.budget import WhenSpent
from voiceapp.core.environment import effective, without_adjustments, without_environment
from voiceapp.core.errors import AudioFileError
from voiceapp.core.events import Event, Notice
from voiceapp.core.prompts import INSTRUCTIONS
from voiceapp.core.settings import OPENAI, Settings
from voiceapp.core.trace import to_line
from voiceapp.local.vad import SileroVad
from voiceapp.ports import AudioDevices, Outside
from voiceapp.store.files import make_private
from voiceapp.store.passages import SqlitePassages
from voiceapp.store.secrets import KeyringSecrets
from voiceapp.store.settings_file import SettingsFile
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.usage import SqliteUsage
from voiceapp.store.verdicts import SqliteVerdicts
from voiceapp.voice.kits.images import Images
from voiceapp.voice.own_search import OwnSearch
from voiceapp.voice.parts import Desk, Parts
from voiceapp.voice.session import VoiceSession, opened
from voiceapp.voice.studio import Studio
from voiceapp.voice.window_outside import WindowOutside
from voiceapp.wiring.engines import EngineFactory
from voiceapp.wiring.factory import factory_of
from voiceapp.wiring.meaning import EmbedderFactory
from voiceapp.wiring.tools import make_tools

log = logging.getLogger("voiceapp.wiring")


Emit = Callable[[Event], None]
Trace = Callable[[str, object], object]


@dataclass(frozen=True)
class Opening:
    """How a session is to be opened.

    Attributes:
        paths: where everything lies; the folders exist.
        provider: does the turn's jobs instead of whoever the settings name.
        devices: None = the sound hardware.
        outside: clipboard and desktop; None = the window's, which is asked by events.
        trace: a file to which every command, decision and event is written; None = no trace.
        is_vad_trusted: False = a take goes to the recogniser even if no speech was found in it.
        on_key: gets every key that is read or stored, so that the log can strike it out.
        when_spent: what happens before a paid call once the month's budget is spent.
        adjusted: gets the settings in force and returns those for this session alone.
    """

    paths: places.Paths
    provider: str = ""
    devices: AudioDevices | None = None
    outside: Outside | None = None
    trace: Path | None = None
    is_vad_trusted: bool = True
    are_devices_listed_late: bool = False
    when_spent: WhenSpent = WhenSpent.REFUSE
    on_key: Callable[[str], None] = lambda _key: None
    adjusted: Callable[[Settings], Settings] = lambda settings: settings


def settings_in_force(paths: places.Paths, secrets: KeyringSecrets) -> tuple[Settings, SettingsFile]:
    """Read the settings and lay the environment over them. Raises StoreError."""
    file = SettingsFile(paths.settings_file)
    stored = file.load()
    return effective(stored, os.environ, has_stored_key=secrets.is_stored(OPENAI.name)), file


def secrets_of(paths: places.Paths, on_key: Callable[[str], None] = lambda _key: None) -> KeyringSecrets:
    """Return the keys of this installation; *on_key* gets every key that passes."""
    return KeyringSecrets(paths.config, paths.keyring_service, on_key=on_key)


@asynccontextmanager
async def open_session(opening: Opening, emit: Emit) -> AsyncIterator[VoiceSession]:
    """Open a session on real parts; leaving the context stores everything. Raises VoiceAppError."""
    secrets = secrets_of(opening.paths, opening.on_key)
    before, file = settings_in_force(opening.paths, secrets)
    settings = opening.adjusted(before.with_provider(opening.provider) if opening.provider else before)

    def save(changed: Settings) -> None:
        lasting = without_adjustments(changed, before, settings)
        file.save(without_environment(lasting, SettingsFile(opening.paths.settings_file).load(), os.environ))

    store = SqliteStore(opening.paths.data, WavTakes())
    try:
        await store.open()
        for sentence in (*file.notices, *store.notices):
            emit(Notice(sentence))
        loop = asyncio.get_running_loop()
        factory = factory_of(opening.paths, secrets, lambda sentence: _soon(loop, emit, Notice(sentence)), emit)
        try:
            with tracing(opening.trace, loop.time) as trace:
                parts = replace(_parts(opening, store, secrets, save, factory, emit), trace=trace)
                async with opened(parts, settings, emit) as session:
                    yield session
            if parts.own_search is not None:
                await parts.own_search.close()
        finally:
            factory.close()
    finally:
        await store.close()


def _soon(loop: asyncio.AbstractEventLoop, emit: Emit, event: Event) -> None:
    """Tell from any thread."""
    loop.call_soon_threadsafe(emit, event)


def _parts(
    opening: Opening,
    store: SqliteStore,
    secrets: KeyringSecrets,
    save: Callable[[Settings], None],
    factory: EngineFactory,
    emit: Emit,
) -> Parts:
    table = factory.wires.table
    own_search = OwnSearch(SqlitePassages(store, time.time), EmbedderFactory(factory.wires.build))
    window, images = WindowOutside(emit), Images()
    outside = opening.outside or window

    def desks(studio: Studio) -> tuple[Desk, ...]:
        # imported once the session has told that it is ready
        from voiceapp.wiring.batches import batch_desk, batching_of
        from voiceapp.wiring.desks import make_desks
        from voiceapp.wiring.documents import document_desks
        from voiceapp.wiring.images import ImageFactory

        pictures = ImageFactory(table, factory.wires.build)
        beside = make_desks(studio, store, pictures, table, opening.paths.pictures, images)
        batches = batching_of(store, opening.paths.data, factory.wires.build, table)
        documents = document_desks(studio, store, opening.paths.data, factory.wires.build, table)
        return (window, *beside, batch_desk(studio, batches), *documents)

    return Parts(
        devices=opening.devices or SoundDevices(),
        store=store,
        secrets=secrets,
        maker=factory,
        make_resampler=StreamResampler,
        make_vad=SileroVad,
        save_settings=save,
        rules_for=resources.language_rules,
        make_tools=lambda ring, tell: make_tools(store, own_search, secrets, outside, ring, tell, images),
        signal=signal,
        instructions=INSTRUCTIONS,
        is_vad_trusted=opening.is_vad_trusted,
        verdicts=SqliteVerdicts(store),
        usage=SqliteUsage(store),
        models=table,
        when_spent=opening.when_spent,
        own_search=own_search,
        make_desks=desks,
        are_devices_listed_late=opening.are_devices_listed_late,
    )


@contextmanager
def tracing(path: Path | None, now: Callable[[], float]) -> Iterator[Trace | None]:
    """Yield what writes trace lines to *path*, readable only by its owner from now on. Raises OSError."""
    if path is None:
        yield None
        return
    make_private(path)
    with path.open("w", encoding="utf-8", buffering=1) as file:
        yield lambda kind, value: file.write(to_line(now(), kind, value) + "\n")


@cache
def signal(name: str) -> Clip | None:
    """Read a short sound of the program's own; None, and a line in the log, where it is missing."""
    from voiceapp.audio.soundfile_io import read  # 25 ms that the start does without

    try:
        return read(places.assets() / "sounds" / f"{name}.wav")
    except AudioFileError as error:
        log.warning("no sound %s: %s", name, error.message)
        return None
