"""Speech by the realtime websocket: text in, its sound out, the successor of ``/audio/speech``.

A conversational model is asked to read aloud, each text apart from any conversation. The connection is opened while the
person still talks and serves every clause of the turn; leaving a clause early cancels it at the service.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress

from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import BadRequest, ProviderError, RateLimited
from voiceapp.core.settings import Job
from voiceapp.core.speech import Basis, SpeechRequest, Usage, Voice
from voiceapp.openai_api import sentences
from voiceapp.openai_api.adapt import wait_before_retry_s
from voiceapp.openai_api.errors import error_from
from voiceapp.openai_api.realtime_line import Utterance, VoiceLine
from voiceapp.openai_api.realtime_protocol import RATE_HZ, is_word_for_word, realtime_amounts
from voiceapp.openai_api.realtime_socket import open_socket
from voiceapp.openai_api.sound_stream import PcmJoiner
from voiceapp.openai_api.spoken_text import check_length, pronounceable
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.text_to_speech import MakeResampler
from voiceapp.openai_api.voice_names import FALLBACK_VOICE, speed_for, voice_for
from voiceapp.openai_api.wire import Wire
from voiceapp.ports import Resampler

MAX_CHARS = 2000
"""What a model reads without beginning to tell it in its own words, and within its limit of sound."""
MOST_TURNS = 10
LEAST_EFFORT = "minimal"
ONE_AT_A_TIME = "active_response"
"""Part of the code with which a server refuses a second response while one is under way."""
_JOB = Job.SPEECH.value


class RealtimeTextToSpeech:
    """port TextToSpeech over ``/realtime``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default.
        voice, speed: what will probably be asked for, so that the connection can be opened before it is.
        make_resampler: for servers that answer at another rate than 24 kHz.
        on_reworded: gets a text that was said in other words, once all of it was heard.
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
        on_reworded: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._wire = wire
        self._model = model
        self._make_resampler = make_resampler
        self._on_reworded = on_reworded
        self._row = wire.known(model)
        self._effort = LEAST_EFFORT if "reasoning" in self._row.accepts else ""
        self._expected = self._manner(voice, speed)
        self._lines: list[VoiceLine] = []
        self._opening = asyncio.Lock()
        self.max_chars = self._row.limits.get("input_chars", MAX_CHARS)
        self.label = wire.label(_JOB, model)

    def voices(self) -> Sequence[Voice]:
        """The model's voices as far as the table knows them."""
        return self._row.voices or (FALLBACK_VOICE,)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        """Stream the sound of *request* at 24 kHz."""
        if not (text := pronounceable(request.text)):
            return
        model = await self._wire.model_for(_JOB, self._model)
        check_length(text, self.max_chars, self._wire.where(model))
        voice, speed = self._expected = self._manner(request.voice, request.speed)
        style = whole(request.instructions).strip() if "instructions" in self._row.accepts else ""
        async with aclosing(self._tried(request, model, text, voice, speed, style)) as blocks:
            async for block in blocks:
                yield block

    async def warm(self) -> None:
        """Have a session open, so that the first clause does not wait for one."""
        with suppress(ProviderError):  # the request will tell
            await self._line(await self._wire.model_for(_JOB, self._model), *self._expected)

    async def hang_up(self) -> None:
        """End every session."""
        lines, self._lines = self._lines, []
        for line in lines:
            await line.close()

    async def close(self) -> None:
        """End every session, and release the wire's connections."""
        await self.hang_up()
        await self._wire.close()

    # --- inside -------------------------------------------------------------------------------------------

    async def _tried(
        self, request: SpeechRequest, model: str, text: str, voice: str, speed: float, style: str
    ) -> AsyncGenerator[Float32Block, None]:
        """As :meth:`speak`; what fails before its first sound is asked for again where that helps."""
        attempt = turns_waited = 0
        line: VoiceLine | None = None
        while True:
            has_begun = False
            try:
                await self._wire.enter(model)
                line = await self._line(model, voice, speed)
                utterance = line.speak(text, style, self._effort)
                async with aclosing(self._heard(line, utterance, model)) as blocks:
                    async for block in blocks:
                        has_begun = True
                        yield block
            except ProviderError as problem:
                error = problem
            else:
                self._on_end(request, utterance, model, text)
                return
            is_taken = line is not None and ONE_AT_A_TIME in error.detail and not has_begun
            if is_taken and line is not None and turns_waited < MOST_TURNS:
                turns_waited += 1
                await line.rest()  # a server that speaks one text after the other
                continue
            await self._before_again(error, model, attempt, has_begun=has_begun)
            attempt += 1

    async def _before_again(self, error: ProviderError, model: str, attempt: int, *, has_begun: bool) -> None:
        """Wait until the request may be sent once more. Raises *error* where that does not help."""
        if isinstance(error, BadRequest) and "reasoning" in error.param and self._effort and not has_begun:
            self._effort = ""
            return
        wait_s = wait_before_retry_s(error, attempt, random.random())
        if isinstance(error, RateLimited):
            self._wire.queue.note_refusal(model, error.retry_after_s)  # the next request waits, and says so
        if has_begun or wait_s is None:
            raise error
        if not isinstance(error, RateLimited):
            await self._wire.pause(wait_s)

    async def _heard(self, line: VoiceLine, utterance: Utterance, model: str) -> AsyncGenerator[Float32Block, None]:
        where, timeouts = self._wire.where(model), self._wire.timeouts
        joiner, patience_s = PcmJoiner(), timeouts.first_s
        resampler = None
        is_empty = True
        try:
            while True:
                try:
                    async with asyncio.timeout(patience_s):
                        news = await utterance.news.get()
                except TimeoutError as problem:
                    raise error_from(problem, where) from None
                if isinstance(news, ProviderError):
                    raise news
                if news is None:
                    break
                patience_s = timeouts.silence_s
                block = joiner.push(news)
                if line.rate_hz != RATE_HZ:
                    resampler = resampler or self._resampler(line.rate_hz, where)
                    block = resampler.push(block)
                if len(block):
                    is_empty = False
                    yield block
            if resampler is not None and len(rest := resampler.finish()):
                yield rest
            if is_empty:
                raise sentences.not_the_protocol("empty", where)
        finally:
            line.leave(utterance)

    def _resampler(self, rate_hz: int, where: sentences.Where) -> Resampler:
        if self._make_resampler is None:
            raise sentences.not_the_protocol(f"{rate_hz} Hz", where)
        return self._make_resampler(rate_hz, RATE_HZ)

    def _on_end(self, request: SpeechRequest, utterance: Utterance, model: str, text: str) -> None:
        amounts = realtime_amounts(utterance.usage) if utterance.usage is not None else {}
        basis = Basis.REPORTED if amounts else Basis.MEASURED
        if request.on_usage is not None:
            amounts |= {"characters": float(len(text))}
            request.on_usage(Usage(self._wire.provider.name, model, amounts, basis))
        if not is_word_for_word(text, utterance.transcript):
            self._on_reworded(request.text)

    async def _line(self, model: str, voice: str, speed: float) -> VoiceLine:
        """Return a session with this voice at this speed: the one that stands, or a new one."""
        async with self._opening:
            now_s = asyncio.get_running_loop().time()
            for line in tuple(self._lines):
                is_right = (line.voice, line.speed) == (voice, speed)
                if is_right and line.is_usable(now_s):
                    return line
                if not line.is_busy:  # a voice cannot change within a session
                    self._lines.remove(line)
                    await line.close()
            socket = await open_socket(self._wire, {"model": model}, model)
            self._lines.append(VoiceLine(socket, self._wire.where(model), voice, speed, now_s))
            return self._lines[-1]

    def _manner(self, voice: str, speed: float) -> tuple[str, float]:
        return voice_for(self._wire.provider.kind, self._row, voice), speed_for(self._row, speed)
