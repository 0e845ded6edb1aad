"""One piece of sound to its words: which model and endpoint, what is sent, and what a refusal teaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from gettext import gettext as _

from voiceapp.core.cutting import Part
from voiceapp.core.errors import BadRequest, ConfigError, ProviderDown, ProviderError, TooLong
from voiceapp.core.prompt_echo import is_prompt_echo
from voiceapp.core.settings import Job, ProviderKind
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.openai_api import sentences
from voiceapp.openai_api.adapt import Body
from voiceapp.openai_api.errors import error_for_event
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.hearing_answer import AnswerReader
from voiceapp.openai_api.hearing_protocol import form_fields, transcript_from, translation_fields
from voiceapp.openai_api.pieces import Limits, Piece
from voiceapp.openai_api.speakers import Speakers
from voiceapp.openai_api.sse import NotTheProtocol
from voiceapp.openai_api.uploads import MakeEncoder, WavEncoder
from voiceapp.openai_api.wire import Wire

ENDPOINT = Job.TRANSCRIPTION.value
TRANSLATION, DIARISATION = "translation", "diarisation"
"""What the model table calls the two: endpoint and trait of a model."""
RATE_HZ = 16_000
"""What every recogniser works at inside; more would only lengthen the upload."""


@dataclass
class Habits:
    """What an engine does usually, changed by what its server taught.

    Attributes:
        make_encoder: the format of what is encoded while it is spoken; WAV once a server could not read another.
        for_recordings: the format of what is there already; None = the same.
        limits: tighter than the model's where the server refused a file as too large; None = the model's.
    """

    make_encoder: MakeEncoder
    for_recordings: MakeEncoder | None = None
    limits: Limits | None = None

    def encoder(self, *, is_recording: bool) -> MakeEncoder:
        """Return the format for an utterance."""
        return self.for_recordings or self.make_encoder if is_recording else self.make_encoder


class HearingCall:
    """What one utterance asks of the provider. Voice loop."""

    def __init__(self, wire: Wire, model: str, request: HearingRequest, habits: Habits) -> None:
        self._wire = wire
        self._model = model
        self.request = request
        self.habits = habits
        self._is_own = wire.provider.kind is not ProviderKind.COMPATIBLE

    @property
    def make_encoder(self) -> MakeEncoder:
        """The format of this utterance."""
        return self.habits.encoder(is_recording=self.request.is_recording)

    @property
    def limits(self) -> Limits:
        """What fits into one request."""
        return self.habits.limits or Limits.of(self._wire.known(self._likely_model()).limits)

    async def parts(
        self, piece: Piece, on_partial: Callable[[str], None] | None, speakers: Speakers | None
    ) -> list[Part]:
        """Return the words of *piece*, in one part unless the server took it only in several. Raises ProviderError."""
        try:
            return [Part(piece.start_s, piece.end_s, await self._heard(piece, on_partial, speakers))]
        except TooLong as error:
            halves = piece.halves(self.make_encoder)
            if halves is None:
                error.hint = sentences.recording_is_too_long()
                raise
            self.habits.limits = self.limits.halved(piece.seconds, len(piece.file()))
        found: list[Part] = []
        for half in halves:
            try:
                found += await self.parts(half, None, speakers)
            finally:
                half.drop()
        return found

    # --- inside -------------------------------------------------------------------------------------------

    async def _heard(
        self, piece: Piece, on_partial: Callable[[str], None] | None, speakers: Speakers | None
    ) -> Transcript:
        try:
            return await self._asked(piece, on_partial, speakers)
        except ProviderError as error:
            if piece.mime == WavEncoder.mime or not _may_be_the_format(error):
                raise
        plain = piece.again(WavEncoder)
        try:
            transcript = await self._asked(plain, on_partial, speakers)
        finally:
            plain.drop()
        self.habits.make_encoder = WavEncoder
        self.habits.for_recordings = None
        return transcript

    async def _asked(
        self, piece: Piece, on_partial: Callable[[str], None] | None, speakers: Speakers | None
    ) -> Transcript:
        wire, request = self._wire, self.request
        endpoint, body, files = await self._form(piece, on_partial, speakers)
        # No sign of life comes while the server works through the sound; on a CPU that takes about as long as it lasts.
        patience_s = wire.timeouts.first_s + piece.seconds
        reader = AnswerReader(on_partial)
        async with wire.post(endpoint, body, files=files, first_s=patience_s) as sent:
            try:
                async for chunk in wire.chunks(sent, silence_s=patience_s):
                    reader.push(chunk)
            except NotTheProtocol as problem:
                raise sentences.not_the_protocol(problem.kind, wire.where(sent.model)) from None
        transcript = self._read(reader, sent.model, piece.seconds)
        if is_prompt_echo(transcript.text, request.prompt, request.vocabulary, piece.peak_db):
            return Transcript("", usage=transcript.usage)
        if speakers is not None:
            return speakers.named(transcript, piece.samples(), RATE_HZ)
        return replace(transcript, is_translation=request.is_translated)

    async def _form(
        self, piece: Piece, on_partial: Callable[[str], None] | None, speakers: Speakers | None
    ) -> tuple[str, Body, dict[str, tuple[str, bytes, str]]]:
        wire, request = self._wire, self.request
        files = {"file": (piece.name, piece.file(), piece.mime)}
        if request.is_translated:
            model = await wire.model_for(TRANSLATION if self._is_own else ENDPOINT, self._likely_model())
            return TRANSLATION, translation_fields(request, model, wire.known(model)), files
        model = await wire.model_for(ENDPOINT, self._likely_model())
        known = wire.known(model)
        body = form_fields(request, model, known, piece.seconds, is_streamed=on_partial is not None)
        if speakers is not None and "known_speakers" in known.accepts:
            body |= speakers.fields()
        return ENDPOINT, body, files

    def _likely_model(self) -> str:
        """Return who is asked: the chosen one, unless what is wanted needs another; "" = whoever is served."""
        wire, request, model = self._wire, self.request, self._model
        trait, job = {
            (True, False): ("translate", TRANSLATION),
            (False, True): ("diarize", DIARISATION),
        }.get((request.is_translated, request.are_speakers_told), ("", ENDPOINT))
        if request.is_translated and request.are_speakers_told:
            raise ConfigError(
                _("No model tells who speaks and translates at once."),
                hint=_("Ask for one of the two; the notes of a transcript can be translated afterwards."),
            )
        if not self._is_own or (model and (not trait or trait in wire.known(model).accepts)):
            return model
        return wire.provider.deployments.get(job, "") or wire.table.default(job)

    def _read(self, reader: AnswerReader, model: str, seconds: float) -> Transcript:
        where = self._wire.where(model)
        try:
            objects = reader.finish()
            for found in objects:
                if is_error(found):
                    raise error_for_event(found, where)
            if reader.is_cut_off and self._wire.known(model).jobs:
                raise sentences.broke_off(where)
            return transcript_from(objects, self._wire.provider.name, model, seconds)
        except (NotTheProtocol, AttributeError, TypeError, ValueError) as problem:  # the latter: fields of wrong types
            kind = problem.kind if isinstance(problem, NotTheProtocol) else "rubbish"
            raise sentences.not_the_protocol(kind, where) from None


def _may_be_the_format(error: ProviderError) -> bool:
    """Whether a server may have refused compressed sound: they say so with 400, 415, 422, or fall over it (500)."""
    if isinstance(error, BadRequest):
        return not error.param and not error.detail.startswith(("404", "405"))
    return isinstance(error, ProviderDown) and error.detail.startswith("500")
