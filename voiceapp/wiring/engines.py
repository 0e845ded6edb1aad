"""Engines from settings: keeps ``ports.EngineMaker``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from gettext import gettext as _
from typing import TYPE_CHECKING, TypeVar

from voiceapp.core.errors import VoiceAppError
from voiceapp.core.events import Engines, Problem, ProviderChecked, ServerFound
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import ChatApi, Choice, Job, Provider, ProviderKind, Settings
from voiceapp.ports import ChatModel, EngineSet, Moderator, Resampler, Secrets, SpeechToText, TextToSpeech
from voiceapp.wiring import servers
from voiceapp.wiring.late import Late, LateChat, LateModerator, LateSpeechToText, LateTextToSpeech

if TYPE_CHECKING:
    from voiceapp.openai_api.wire import Wire

log = logging.getLogger("voiceapp.wiring")

T = TypeVar("T")

HTTP_HEARING_HZ = 16_000
HTTP_SPEECH_HZ = 24_000
MAX_INPUT_CHARS = 4096


class EngineFactory:
    """Builds engines late and shares one wire per provider among them.

    Args:
        on_notice: gets a sentence when an engine mended something on the way (a successor model, a wait).
    """

    def __init__(
        self,
        secrets: Secrets,
        table: ModelTable,
        make_resampler: Callable[[int, int], Resampler],
        on_notice: Callable[[str], None],
    ) -> None:
        self._secrets = secrets
        self._table = table
        self._make_resampler = make_resampler
        self._on_notice = on_notice

    async def make(self, settings: Settings) -> EngineSet:
        """As EngineMaker.make."""
        wires = _Wires(self._build_wire)
        hearing = self._hearing(settings, settings.choice(Job.TRANSCRIPTION), wires)
        chat = self._chat(settings, settings.choice(Job.CHAT), wires)
        speech = self._speech(settings, settings.choice(Job.SPEECH), wires)
        shown = Engines(hearing.label, chat.label, speech.label, _note(settings))
        moderation = self._moderation(settings, settings.checker(), wires)
        return EngineSet(hearing, chat, speech, shown, wires.preload, wires.close, moderation)

    async def hearing(self, settings: Settings, provider: str) -> SpeechToText:
        """As EngineMaker.hearing."""
        wires = _Wires(self._build_wire)
        return _Owning(self._hearing(settings, Choice(provider), wires), wires)

    async def check(self, settings: Settings, provider: str) -> ProviderChecked:
        """As EngineMaker.check."""
        wires = _Wires(self._build_wire)
        try:
            chosen = settings.provider(provider)
            if chosen.kind is ProviderKind.LOCAL:
                return ProviderChecked(provider, 0.0)
            wire = await wires.of(chosen).get()
            from voiceapp.openai_api.discovery import check

            answer = await check(wire)
            return ProviderChecked(provider, answer.latency_ms, answer.models)
        except VoiceAppError as error:
            problem = Problem(error.code, error.message, error.hint, error.detail, error.is_retryable)
            return ProviderChecked(provider, problem=problem)
        finally:
            await wires.close()

    async def discover(self, settings: Settings) -> AsyncIterator[ServerFound]:
        """As EngineMaker.discover."""
        async for found in servers.on_this_machine(settings):
            yield found

    # --- inside -------------------------------------------------------------------------------------------

    def _build_wire(self, provider: Provider) -> Wire:
        """Worker thread: asks the keyring once and imports the SDK."""
        from voiceapp.openai_api.wire import Wire

        key = self._secrets.get(provider.name)
        return Wire(provider, lambda: key, self._table, on_notice=self._on_notice)

    def _hearing(self, settings: Settings, choice: Choice, wires: _Wires) -> SpeechToText:
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            from voiceapp.local.stt import PocketsphinxSpeech

            return PocketsphinxSpeech()

        def build(wire: Wire) -> SpeechToText:
            from voiceapp.audio.upload import flac_upload
            from voiceapp.openai_api.speech_to_text import HttpSpeechToText

            # FLAC: two thirds of WAV for 15 ms of CPU per half minute; Opus is a ninth, but costs 0.8 s of CPU
            return HttpSpeechToText(wire, choice.model, make_encoder=flac_upload)

        label = self._label(provider, Job.TRANSCRIPTION, choice.model)
        return LateSpeechToText(label, HTTP_HEARING_HZ, wires.engine(provider, build))

    def _chat(self, settings: Settings, choice: Choice, wires: _Wires) -> ChatModel:
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            from voiceapp.local.chat import LocalChat
            from voiceapp.resources import local_chat_languages

            return LocalChat(local_chat_languages())
        is_responses = provider.chat_api is ChatApi.RESPONSES or (
            provider.chat_api is ChatApi.AUTO and provider.kind is ProviderKind.OPENAI and not provider.base_url
        )

        def build(wire: Wire) -> ChatModel:
            from voiceapp.openai_api.completions_chat import CompletionsChat
            from voiceapp.openai_api.responses_chat import ResponsesChat

            return (ResponsesChat if is_responses else CompletionsChat)(wire, choice.model)

        return LateChat(self._label(provider, Job.CHAT, choice.model), wires.engine(provider, build))

    def _speech(self, settings: Settings, choice: Choice, wires: _Wires) -> TextToSpeech:
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            from voiceapp.local.tts import EspeakSpeech

            return EspeakSpeech()

        def build(wire: Wire) -> TextToSpeech:
            from voiceapp.openai_api.text_to_speech import HttpTextToSpeech

            return HttpTextToSpeech(wire, choice.model, make_resampler=self._make_resampler)

        label = self._label(provider, Job.SPEECH, choice.model)
        known = self._table.find(choice.model or self._table.default(Job.SPEECH.value))
        max_chars = known.limits.get("input_chars", MAX_INPUT_CHARS)
        return LateTextToSpeech(label, HTTP_SPEECH_HZ, max_chars, known.voices, wires.engine(provider, build))

    def _moderation(self, settings: Settings, choice: Choice, wires: _Wires) -> Moderator | None:
        """Nobody on this computer can judge, and none pretends to."""
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            return None

        def build(wire: Wire) -> Moderator:
            from voiceapp.openai_api.moderation import HttpModerator

            return HttpModerator(wire, choice.model)

        return LateModerator(self._label(provider, Job.MODERATION, choice.model), wires.engine(provider, build))

    def _label(self, provider: Provider, job: Job, model: str) -> str:
        """As ``Wire.label``, without importing the SDK."""
        shown = model or provider.deployments.get(job.value, "")
        if not shown and provider.kind is not ProviderKind.COMPATIBLE:
            shown = self._table.default(job.value)
        return f"{provider.shown} {shown}".strip()


def _note(settings: Settings) -> str:
    """Say plainly how good the local engines are, where they are in use."""
    if settings.provider(settings.choice(Job.CHAT).provider).kind is ProviderKind.LOCAL:
        return _("Without a language model: answers from its own tools only.")
    return ""


class _Wires:
    """One wire per provider, built late, closed together. *build* runs in a worker thread."""

    def __init__(self, build: Callable[[Provider], Wire]) -> None:
        self._build = build
        self._wires: dict[str, Late[Wire]] = {}

    def of(self, provider: Provider) -> Late[Wire]:
        """Return *provider*'s wire."""
        return self._wires.setdefault(provider.name, Late(lambda: asyncio.to_thread(self._build, provider)))

    def engine(self, provider: Provider, build: Callable[[Wire], T]) -> Late[T]:
        """Return an engine on *provider*'s wire."""
        wire = self.of(provider)

        async def built() -> T:
            return await asyncio.to_thread(build, await wire.get())

        return Late(built)

    async def preload(self) -> None:
        """Import the SDK and build the clients while nobody waits."""
        for late in self._wires.values():
            try:
                await late.get()
            except VoiceAppError as error:
                log.info("preparing a provider failed: %s", error.message)

    async def close(self) -> None:
        """Close every connection."""
        for late in self._wires.values():
            if late.value is not None:
                await late.value.close()


class _Owning:
    """A recogniser that closes its own wires: it lives for one take."""

    def __init__(self, engine: SpeechToText, wires: _Wires) -> None:
        self.label = engine.label
        self.rate_hz = engine.rate_hz
        self.hear = engine.hear
        self._engine = engine
        self._wires = wires

    async def close(self) -> None:
        """As SpeechToText.close."""
        await self._engine.close()
        await self._wires.close()
