"""The real session, put together by the program's own composition and pointed at the scripted service."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from tests.bench.driver import OpenSession
from voiceapp.core.events import Event
from voiceapp.core.settings import OPENAI, ChatApi, Settings
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile
from voiceapp.voice.session import VoiceSession
from voiceapp.wiring.session import Opening, open_session


def opener(base_url: str, folder: Path, api: str) -> OpenSession:
    """Return what opens a session whose engines are all at *base_url* and whose files lie below *folder*.

    *api* is a value of ``ChatApi``. Sets this process's key for the service, which takes any.
    """
    paths = Paths.below(folder)
    paths.create()
    provider = replace(OPENAI, base_url=base_url, chat_api=ChatApi(api))
    settings = Settings(providers=(provider,), is_cached=False)  # every turn says the same: nothing may come from disk
    SettingsFile(paths.settings_file).save(settings)
    os.environ["OPENAI_API_KEY"] = "sk-bench"
    os.environ.pop("OPENAI_BASE_URL", None)

    @asynccontextmanager
    async def opened(emit: Callable[[Event], None]) -> AsyncIterator[VoiceSession]:
        async with open_session(Opening(paths, OPENAI.name), emit) as session:
            yield session

    return opened
