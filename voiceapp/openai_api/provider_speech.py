"""A provider's voice, by whichever way its model is reached, and by its successor's once it is gone.

Every model of ``/audio/speech`` ends; those that take over are reached by the realtime websocket or by Chat
Completions. Whoever speaks here sees one voice: long texts are cut and joined, a model that is gone is replaced once
and said, and what was spoken before is not paid for again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from gettext import gettext as _
from typing import cast

import numpy as np

from voiceapp.core.audio import Float32Block, from_pcm16, to_pcm16
from voiceapp.core.errors import ModelGone
from voiceapp.core.fitting import fitting
from voiceapp.core.settings import Job, ProviderKind
from voiceapp.core.speech import Basis, SpeechRequest, Usage, Voice
from voiceapp.core.tempo import Tempo
from voiceapp.openai_api.chat_text_to_speech import ChatTextToSpeech
from voiceapp.openai_api.joined_sound import joined
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.text_to_speech import RATE_HZ, HttpTextToSpeech, MakeResampler
from voiceapp.openai_api.voice_names import speed_for
from voiceapp.openai_api.wire import Wire
from voiceapp.ports import TextToSpeech

_JOB = Job.SPEECH.value
Blocks = AsyncGenerator[Float32Block, None]


class ProviderSpeech:
    """port TextToSpeech at one provider.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default.
        voice, speed: what will probably be asked for.
        make_resampler: for servers that answer at another rate than 24 kHz.
    """

    rate_hz = RATE_HZ

    def __init__(
        self,
        wire: Wire,
        model: str = "",
        *,
        voice: str = "",
        speed: float = 1.0,
        make_resampler: MakeResampler | None = None,
    ) -> None:
        self._wire = wire
        self._expected = (voice, speed)
        self._make_resampler = make_resampler
        is_compatible = wire.provider.kind is ProviderKind.COMPATIBLE
        self._asked = model or ("" if is_compatible else wire.table.default(_JOB))
        self._reworded: set[str] = set()
        self._has_told = False
        self.label = wire.label(_JOB, model)
        self._models: dict[TextToSpeech, str] = {}
        successor = wire.successor_of(_JOB, self._asked)
        self._speaker = self._make(successor if wire.known(successor).speaks else model)
        self.max_chars = self._speaker.max_chars
        """What the model takes at once; longer texts are cut here."""

    def voices(self) -> Sequence[Voice]:
        """As TextToSpeech.voices."""
        return self._speaker.voices()

    async def speak(self, request: SpeechRequest) -> Blocks:
        """As TextToSpeech.speak."""
        text = whole(request.text).strip()
        if not any(character.isalnum() for character in text):
            return
        told: list[Usage] = []
        async with aclosing(self._whole(replace(request, text=text, on_usage=told.append))) as blocks:
            async for block in blocks:
                yield block
        if request.on_usage is not None:
            for usage in _joined(told):
                request.on_usage(usage)

    async def warm(self) -> None:
        """As TextToSpeech.warm."""
        await self._speaker.warm()

    async def hang_up(self) -> None:
        """End what is open beside the wire: sessions of the realtime way."""
        for speaker in self._models:
            if (hang_up := getattr(speaker, "hang_up", None)) is not None:
                await hang_up()

    async def close(self) -> None:
        """As TextToSpeech.close."""
        await self.hang_up()
        await self._wire.close()

    # --- inside -------------------------------------------------------------------------------------------

    def _make(self, model: str) -> TextToSpeech:
        """Return who speaks with *model*; what the realtime way needs is imported only for it."""
        speaker: TextToSpeech
        match self._wire.known(model or self._asked).speaks:
            case "realtime":
                from voiceapp.openai_api.realtime_text_to_speech import RealtimeTextToSpeech

                voice, speed = self._expected
                speaker = RealtimeTextToSpeech(
                    self._wire,
                    model,
                    voice=voice,
                    speed=speed,
                    make_resampler=self._make_resampler,
                    on_reworded=self._on_reworded,
                )
            case "chat":
                speaker = ChatTextToSpeech(self._wire, model or self._asked, on_reworded=self._on_reworded)
            case _:
                speaker = HttpTextToSpeech(self._wire, model, make_resampler=self._make_resampler)
        self._models[speaker] = model or self._asked
        return speaker

    def _whole(self, request: SpeechRequest) -> Blocks:
        max_tokens = self._wire.known(self._models[self._speaker]).limits.get("input_tokens", 0)
        pieces = fitting(request.text, self._speaker.max_chars, max_tokens)
        return joined(pieces, lambda piece: self._piece(replace(request, text=piece)))

    async def _piece(self, request: SpeechRequest) -> Blocks:
        speaker, has_begun = self._speaker, False
        try:
            async with aclosing(self._kept_or_spoken(speaker, request)) as blocks:
                async for block in blocks:
                    has_begun = True
                    yield block
        except ModelGone as error:
            if has_begun or not self._is_taken_over(speaker, error):
                raise
        else:
            return
        async with aclosing(self._whole(request)) as blocks:  # the successor may take less at once
            async for block in blocks:
                yield block

    def _is_taken_over(self, speaker: TextToSpeech, gone: ModelGone) -> bool:
        """Let the successor of a model that is gone speak from now on, if it is reached in another way."""
        if speaker is not self._speaker:
            return True  # another clause found out at the same time
        if not gone.replacement or len(self._models) > 1 or not self._wire.known(gone.replacement).speaks:
            return False
        self._wire.learn_successor(_JOB, self._asked, gone.replacement)
        self._speaker = self._make(gone.replacement)
        return True

    async def _kept_or_spoken(self, speaker: TextToSpeech, request: SpeechRequest) -> Blocks:
        """Return what was spoken before; the HTTP voice's answers are kept by the wire itself."""
        kept = None if isinstance(speaker, HttpTextToSpeech) else self._wire.kept
        key = kept.key_of(_JOB, self._wish(speaker, request), has_files=False) if kept else ""
        if kept and key and (answer := await kept.get(key)) is not None:
            self._tell_kept(request, speaker)
            yield from_pcm16(answer.content)
            return
        heard: list[Float32Block] = []
        async with aclosing(self._at_speed(speaker, request)) as blocks:
            async for block in blocks:
                heard.append(block)
                yield block
        if request.text in self._reworded:
            self._reworded.discard(request.text)
        elif kept and key and heard:
            await kept.put(key, _JOB, "audio/pcm", to_pcm16(np.concatenate(heard)))

    async def _at_speed(self, speaker: TextToSpeech, request: SpeechRequest) -> Blocks:
        """Speak at the speed that is wanted, also where the model cannot be told any or not that one."""
        row = self._wire.known(self._models[speaker])
        rest = request.speed / speed_for(row, request.speed)
        tempo = Tempo(rest, RATE_HZ) if abs(rest - 1.0) > 0.01 else None
        async with aclosing(cast("Blocks", speaker.speak(request))) as blocks:
            async for block in blocks:
                sound = tempo.push(block) if tempo else block
                if len(sound):
                    yield sound
        if tempo is not None and len(sound := tempo.finish()):
            yield sound

    def _wish(self, speaker: TextToSpeech, request: SpeechRequest) -> dict[str, object]:
        manner = {"voice": request.voice, "speed": request.speed, "style": request.instructions}
        return {"by": type(speaker).__name__, "model": self._models[speaker], "input": request.text, **manner}

    def _tell_kept(self, request: SpeechRequest, speaker: TextToSpeech) -> None:
        if request.on_usage is not None:
            amounts = {"characters": float(len(request.text))}
            request.on_usage(Usage(self._wire.provider.name, self._models[speaker], amounts, Basis.KEPT))

    def _on_reworded(self, text: str) -> None:
        """A conversational model said something else: it is not kept, and said once."""
        self._reworded.add(text)
        if not self._has_told:
            self._has_told = True
            self._wire.on_notice(_("{voice} did not read a text word for word.").format(voice=self._speaker.label))


def _joined(usages: Sequence[Usage]) -> list[Usage]:
    """Return the usages of the pieces of one text, summed up by model and basis."""
    sums: dict[tuple[str, Basis], Usage] = {}
    for usage in usages:
        known = sums.get((usage.model, usage.basis))
        amounts = dict(known.amounts) if known else {}
        for kind, amount in usage.amounts.items():
            amounts[kind] = amounts.get(kind, 0.0) + amount
        sums[usage.model, usage.basis] = replace(usage, amounts=amounts)
    return list(sums.values())
