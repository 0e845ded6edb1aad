"""The real session on the scripted service: real microphone, loudspeaker, store and HTTP engines, nothing faked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.driver import OpenSession
from voiceapp.audio.device import SoundDevices
from voiceapp.audio.resample import StreamResampler
from voiceapp.audio.takefile import WavTakes
from voiceapp.core.events import Engines, Event, ProviderChecked, ServerFound
from voiceapp.core.settings import Provider, ProviderKind, Settings
from voiceapp.core.speech import ToolCall, ToolResult, ToolSpec
from voiceapp.local.vad import SileroVad
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech
from voiceapp.openai_api.wire import Wire
from voiceapp.ports import EngineSet, SpeechToText
from voiceapp.resources import language_rules, model_table
from voiceapp.store.secrets import KeyringSecrets
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.parts import Parts
from voiceapp.voice.session import VoiceSession, opened


class Maker:
    """The three HTTP engines on one wire."""

    def __init__(self, wire: Wire, api: str) -> None:
        self._wire = wire
        self._api = api

    async def make(self, settings: Settings) -> EngineSet:
        chat = (ResponsesChat if self._api == "responses" else CompletionsChat)(self._wire)
        speech = HttpTextToSpeech(self._wire, make_resampler=StreamResampler)
        return EngineSet(HttpSpeechToText(self._wire), chat, speech, Engines(), _nothing, self._wire.close)

    async def hearing(self, settings: Settings, provider: str) -> SpeechToText:
        return HttpSpeechToText(self._wire)

    async def check(self, settings: Settings, provider: str) -> ProviderChecked:
        return ProviderChecked(provider)

    async def discover(self, settings: Settings) -> AsyncIterator[ServerFound]:
        nobody: tuple[ServerFound, ...] = ()
        for server in nobody:
            yield server


class NoTools:
    """The scripted model calls none."""

    def specs(self) -> tuple[ToolSpec, ...]:
        return ()

    async def run(self, call: ToolCall) -> ToolResult:
        return ToolResult(call.id, "")

    def close(self) -> None:
        pass


def opener(base_url: str, data: Path, api: str) -> OpenSession:
    """Return what opens a session whose engines are at *base_url* and whose files are in *data*."""
    provider = Provider("bench", ProviderKind.OPENAI, base_url=base_url)

    @asynccontextmanager
    async def open_session(emit: Callable[[Event], None]) -> AsyncIterator[VoiceSession]:
        store = SqliteStore(data, WavTakes())
        parts = Parts(
            devices=SoundDevices(),
            store=store,
            secrets=KeyringSecrets(data),
            maker=Maker(Wire(provider, lambda: "sk-bench", model_table()), api),
            make_resampler=StreamResampler,
            make_vad=SileroVad,
            save_settings=lambda _settings: None,
            rules_for=language_rules,
            make_tools=lambda _ring: NoTools(),
            instructions="Be brief.",
        )
        try:
            async with opened(parts, Settings(), emit) as session:
                yield session
        finally:
            await store.close()

    return open_session


async def _nothing() -> None:
    """There is nothing to preload."""
