"""Engines from settings: keeps ``ports.EngineMaker``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from gettext import gettext as _
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from voiceapp.core.catalogue import endings, refreshed
from voiceapp.core.errors import VoiceAppError
from voiceapp.core.events import Engines, ProviderChecked, ServerFound
from voiceapp.core.models import ModelTable
from voiceapp.core.providers import ModelsListed, ProviderEvent
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings, speaks_responses
from voiceapp.ports import Cache, ChatModel, EngineSet, Moderator, Resampler, Secrets, SpeechToText, TextToSpeech
from voiceapp.wiring import ears, servers
from voiceapp.wiring.chain import (
    Chain,
    ChainChat,
    ChainSpeechToText,
    ChainTextToSpeech,
    Labelled,
    Link,
    Ward,
)
from voiceapp.wiring.checking import check
from voiceapp.wiring.late import Late, LateChat, LateModerator, LateSpeechToText, LateTextToSpeech
from voiceapp.wiring.live import LiveFirst
from voiceapp.wiring.seeing import SeeingChat, vision_of
from voiceapp.wiring.wires import WireMaker

if TYPE_CHECKING:
    from voiceapp.openai_api.wire import Wire

log = logging.getLogger("voiceapp.wiring")

T = TypeVar("T")
E = TypeVar("E", bound=Labelled)
MakeEngine: TypeAlias = "Callable[[Settings, Choice, _Wires], E]"

HTTP_SPEECH_HZ = 24_000
MAX_INPUT_CHARS = 4096


class EngineFactory:
    """Builds engines late and shares one wire per provider among them.

    Args:
        on_notice: gets a sentence when an engine mended something on the way (a successor model).
        tell: gets events about providers; voice loop.
        cache: where lessons, lists of models and answers are kept; None = nowhere.
    """

    def __init__(
        self,
        secrets: Secrets,
        table: ModelTable,
        make_resampler: Callable[[int, int], Resampler],
        on_notice: Callable[[str], None],
        *,
        tell: Callable[[ProviderEvent], None] = lambda _event: None,
        cache: Cache | None = None,
    ) -> None:
        self.wires = WireMaker(secrets, table, on_notice, tell, cache)
        self._table = table
        self._make_resampler = make_resampler
        self._ward = Ward(tell)

    async def make(self, settings: Settings) -> EngineSet:
        """As EngineMaker.make."""
        self.wires.is_cached = settings.is_cached
        self.wires.is_private_speech_cached = settings.is_private_speech_cached
        wires = _Wires(self.wires.build)
        heard, *others = self._links(settings, Job.TRANSCRIPTION, self._hearing, wires)
        listeners = [self._with_live(settings, heard, wires), *others]
        minds = self._links(settings, Job.CHAT, self._chat, wires)
        voices = self._links(settings, Job.SPEECH, self._speech, wires)
        hearing, chat, speech = listeners[0].engine, minds[0].engine, voices[0].engine
        if settings.fallbacks:
            hearing = ChainSpeechToText(Chain(Job.TRANSCRIPTION, listeners, self._ward), self._make_resampler)
            chat = ChainChat(Chain(Job.CHAT, minds, self._ward))
            speech = ChainTextToSpeech(Chain(Job.SPEECH, voices, self._ward), self._make_resampler)
        shown = Engines(hearing.label, chat.label, speech.label, _note(settings))
        moderation = self._moderation(settings, settings.checker(), wires)

        async def preload() -> None:
            await wires.preload()
            await self._tell_models(settings, wires)

        is_by_ear = settings.is_by_ear and self._hears(settings, settings.choice(Job.CHAT))
        return EngineSet(hearing, chat, speech, shown, preload, wires.close, moderation, is_by_ear)

    async def hearing(self, settings: Settings, provider: str) -> SpeechToText:
        """As EngineMaker.hearing."""
        wires = _Wires(self.wires.build)
        return _Owning(self._hearing(settings, Choice(provider), wires), wires)

    async def check(self, settings: Settings, provider: str, jobs: Sequence[str] = ()) -> ProviderChecked:
        """As EngineMaker.check."""
        return await check(self.wires, settings, provider, jobs)

    async def discover(self, settings: Settings) -> AsyncIterator[ServerFound]:
        """As EngineMaker.discover."""
        async for found in servers.on_this_machine(settings):
            yield found

    def close(self) -> None:
        """Let go of what all engines share on this disk. Idempotent."""
        self.wires.close()

    # --- inside -------------------------------------------------------------------------------------------

    def _links(self, settings: Settings, job: Job, make: MakeEngine[E], wires: _Wires) -> list[Link[E]]:
        """Return who does *job*, and after them those who take over."""
        chosen = settings.choice(job)
        others = [Choice(name) for name in dict.fromkeys(settings.fallbacks) if name != chosen.provider]
        return [Link(choice.provider, make(settings, choice, wires)) for choice in (chosen, *others)]

    async def _tell_models(self, settings: Settings, wires: _Wires) -> None:
        """Tell what the providers in use offer, and whose model ends soon; a list that does not come is no harm."""
        table = self.wires.table
        for wire in wires.built():
            try:
                listed = await self.wires.listing(wire)
            except VoiceAppError as error:
                log.info("no list of models from %s: %s", wire.provider.name, error.message)
                continue
            self.wires.tell(ModelsListed(wire.provider.name, tuple(one.id for one in listed)))
            if wire.provider.kind is ProviderKind.OPENAI:
                table = refreshed(table, listed)
        for ending in endings(table, settings, datetime.now(UTC).date()):
            self.wires.tell(ending)

    def _hearing(self, settings: Settings, choice: Choice, wires: _Wires) -> SpeechToText:
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            from voiceapp.local.stt import PocketsphinxSpeech

            return PocketsphinxSpeech()

        label = self._label(provider, Job.TRANSCRIPTION, choice.model)
        engine = wires.engine(provider, ears.uploading(choice, settings.hearing.upload))
        return LateSpeechToText(label, ears.UPLOAD_HZ, engine)

    def _with_live(self, settings: Settings, upload: Link[SpeechToText], wires: _Wires) -> Link[SpeechToText]:
        """Put live transcription in front of *upload*, where the person gave that job away."""
        choice = settings.choice(Job.LIVE_TRANSCRIPTION)
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            return upload
        label = self._label(provider, Job.LIVE_TRANSCRIPTION, choice.model)
        live = LateSpeechToText(label, ears.LIVE_HZ, wires.engine(provider, ears.live(choice)))
        return Link(upload.name, LiveFirst(live, upload.engine, self._make_resampler, self.wires.on_notice))

    def _chat(self, settings: Settings, choice: Choice, wires: _Wires) -> ChatModel:
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            from voiceapp.local.chat import LocalChat
            from voiceapp.resources import local_chat_languages

            return LocalChat(local_chat_languages())
        is_responses = speaks_responses(provider) and not self._hears(settings, choice)

        def build(wire: Wire) -> ChatModel:
            from voiceapp.openai_api.completions_chat import CompletionsChat
            from voiceapp.openai_api.responses_chat import ResponsesChat

            if not is_responses:
                return CompletionsChat(wire, choice.model, effort=choice.effort)
            is_held = not provider.is_private
            held = self.wires.held(provider) if is_held else None
            return ResponsesChat(wire, choice.model, effort=choice.effort, held=held)

        chat = LateChat(self._label(provider, Job.CHAT, choice.model), wires.engine(provider, build))
        return SeeingChat(chat, lambda: vision_of(provider, self._model(provider, Job.CHAT, choice.model)))

    def _hears(self, settings: Settings, choice: Choice) -> bool:
        """Whether the chat model of *choice* hears and speaks by itself."""
        provider = settings.provider(choice.provider)
        is_remote = provider.kind is not ProviderKind.LOCAL
        return is_remote and self._table.find(self._model(provider, Job.CHAT, choice.model)).by_ear

    def _speech(self, settings: Settings, choice: Choice, wires: _Wires) -> TextToSpeech:
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            from voiceapp.local.tts import EspeakSpeech

            return EspeakSpeech()

        def build(wire: Wire) -> TextToSpeech:
            from voiceapp.openai_api.provider_speech import ProviderSpeech

            voice, speed = settings.voice, settings.speed
            return ProviderSpeech(wire, choice.model, voice=voice, speed=speed, make_resampler=self._make_resampler)

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
        return f"{provider.shown} {self._model(provider, job, model)}".strip()

    def _model(self, provider: Provider, job: Job, model: str) -> str:
        """Return who does *job*, "" where only the server knows."""
        known = model or provider.deployments.get(job.value, "")
        return known or ("" if provider.kind is ProviderKind.COMPATIBLE else self._table.default(job.value))


def _note(settings: Settings) -> str:
    """Say plainly how good the local engines are, where they are in use."""
    sentences = []
    for job in (Job.TRANSCRIPTION, Job.CHAT, Job.SPEECH):
        if settings.provider(settings.choice(job).provider).kind is not ProviderKind.LOCAL:
            continue
        if job is Job.TRANSCRIPTION:
            from voiceapp.local.stt import NOTE as HEARING

            sentences.append(HEARING)
        elif job is Job.SPEECH:
            from voiceapp.local.tts import NOTE as SPEAKING

            sentences.append(SPEAKING)
        else:
            sentences.append(_("Answers come from voiceapp's own tools, without a language model."))
    return " ".join(sentences)


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

    def built(self) -> list[Wire]:
        """Return the wires that are there."""
        return [late.value for late in self._wires.values() if late.value is not None]

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
