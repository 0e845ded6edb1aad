"""Transcription over HTTP: the take is encoded while it is spoken and uploaded when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from voiceapp.core.audio import SILENCE_DB, Float32Block, clean, level_of
from voiceapp.core.prompt_echo import is_prompt_echo
from voiceapp.core.settings import Job
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.openai_api import sentences
from voiceapp.openai_api.errors import error_for_event
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.hearing_protocol import form_fields, objects_in, transcript_from
from voiceapp.openai_api.sse import NotTheProtocol
from voiceapp.openai_api.uploads import MakeEncoder, WavEncoder
from voiceapp.openai_api.wire import Wire

RATE_HZ = 16_000
"""What every recogniser works at inside; more would only lengthen the upload."""
MAX_UPLOAD_BYTES = 25 * 1024 * 1024
INAUDIBLE_DB = -70.0
"""A microphone that gives only this is off; recognisers invent words for such sound, and charge for it."""
_ENDPOINT = Job.TRANSCRIPTION.value


class HttpSpeechToText:
    """port SpeechToText over ``/audio/transcriptions``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default; on a compatible server the first recogniser that it lists.
        make_encoder: the format of the upload.
    """

    rate_hz = RATE_HZ

    def __init__(self, wire: Wire, model: str = "", *, make_encoder: MakeEncoder = WavEncoder) -> None:
        self._wire = wire
        self._model = model
        self._make_encoder = make_encoder
        self.label = wire.label(_ENDPOINT, model)

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[HttpHearing]:
        """Begin an utterance; a connection is opened meanwhile, so that the upload does not wait for one."""
        warming = asyncio.create_task(self._wire.warm(_ENDPOINT), name="warm transcription")
        hearing = HttpHearing(self._wire, self._model, request, self._make_encoder)
        try:
            yield hearing
        finally:
            hearing.drop()
            warming.cancel()
            await asyncio.wait((warming,))

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()


class HttpHearing:
    """One utterance on its way."""

    def __init__(self, wire: Wire, model: str, request: HearingRequest, make_encoder: MakeEncoder) -> None:
        self._wire = wire
        self._model = model
        self._request = request
        self._encoder = make_encoder(RATE_HZ)
        self._frames = 0
        self._peak_db = SILENCE_DB
        self._is_encoded = False

    async def push(self, block: Float32Block) -> None:
        """Take the next block at 16 kHz."""
        block = clean(block)
        self._encoder.write(block)
        self._frames += len(block)
        self._peak_db = max(self._peak_db, level_of(block).peak_db)

    async def finish(self) -> Transcript:
        """Upload, and return the words; sound that nobody can hear is not sent."""
        if self._peak_db < INAUDIBLE_DB:
            return Transcript("")
        model = await self._wire.model_for(_ENDPOINT, self._model)
        known = self._wire.known(model)
        upload, self._is_encoded = self._encoder.finish(), True
        if len(upload) > known.limits.get("upload_bytes", MAX_UPLOAD_BYTES):
            raise sentences.too_long(
                self._wire.where(model), hint=sentences.recording_is_too_long(), detail=f"{len(upload)} bytes"
            )
        fields = form_fields(self._request, model, known)
        files = {"file": (self._encoder.name, upload, self._encoder.mime)}
        seconds = self._frames / RATE_HZ
        # No sign of life comes while the server works through the sound; on a CPU that takes about as long as it lasts.
        patience_s = self._wire.timeouts.first_s + seconds
        async with self._wire.post(_ENDPOINT, fields, files=files, first_s=patience_s) as sent:
            data = await self._wire.body(sent)
        transcript = self._transcript(data, sent.model, seconds)
        if is_prompt_echo(transcript.text, self._request.prompt, self._request.vocabulary, self._peak_db):
            return Transcript("", usage=transcript.usage)
        return transcript

    def drop(self) -> None:
        """End the file of an utterance that was not sent: left to the collector, its parts die in any order."""
        if not self._is_encoded:
            self._encoder.finish()
            self._is_encoded = True

    def _transcript(self, data: bytes, model: str, seconds: float) -> Transcript:
        where = self._wire.where(model)
        try:
            objects = objects_in(data)
            for found in objects:
                if is_error(found):
                    raise error_for_event(found, where)
            return transcript_from(objects, self._wire.provider.name, model, seconds)
        except (NotTheProtocol, AttributeError, TypeError, ValueError) as problem:  # the latter: fields of wrong types
            kind = problem.kind if isinstance(problem, NotTheProtocol) else "rubbish"
            raise sentences.not_the_protocol(kind, where) from None
