"""Transcription over HTTP: the take is encoded while it is spoken and uploaded when it ends.

What is longer than the model takes at once goes out in pieces that end in pauses, several at a time. A server that
does not read compressed sound gets WAV from then on; one that finds a piece too large gets smaller ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from voiceapp.core.audio import Float32Block, clean
from voiceapp.core.cutting import Part, joined, run_together
from voiceapp.core.errors import ProviderError
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.openai_api.hearing_call import ENDPOINT, RATE_HZ, Habits, HearingCall
from voiceapp.openai_api.pieces import Piece, PieceMaker
from voiceapp.openai_api.speakers import Speakers
from voiceapp.openai_api.uploads import MakeEncoder, WavEncoder
from voiceapp.openai_api.wire import Wire

INAUDIBLE_DB = -70.0
"""A microphone that gives only this is off; recognisers invent words for such sound, and charge for it."""
AT_ONCE = 3
"""Pieces on their way at a time: more would only share the same uplink and come nearer to the rate limit."""


class HttpSpeechToText:
    """port SpeechToText over ``/audio/transcriptions`` and ``/audio/translations``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default; on a compatible server the first recogniser that it lists.
        make_encoder: the format of the upload.
        for_recordings: where that differs for sound that is there already and must be encoded while somebody waits.
    """

    rate_hz = RATE_HZ

    def __init__(
        self,
        wire: Wire,
        model: str = "",
        *,
        make_encoder: MakeEncoder = WavEncoder,
        for_recordings: MakeEncoder | None = None,
    ) -> None:
        self._wire = wire
        self._model = model
        self._habits = Habits(make_encoder, for_recordings)
        self.label = wire.label(ENDPOINT, model)

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[HttpHearing]:
        """Begin an utterance; a connection is opened meanwhile, so that the upload does not wait for one."""
        warming = asyncio.create_task(self._wire.warm(ENDPOINT), name="warm transcription")
        hearing = HttpHearing(HearingCall(self._wire, self._model, request, self._habits), on_partial)
        try:
            yield hearing
        finally:
            warming.cancel()
            await asyncio.wait((warming,))
            await hearing.drop()

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()


class HttpHearing:
    """One utterance on its way."""

    def __init__(self, call: HearingCall, on_partial: Callable[[str], None] | None) -> None:
        self._call = call
        self._on_partial = on_partial
        self._maker = PieceMaker(RATE_HZ, call.make_encoder)
        self._pieces: list[Piece] = []
        self._sending: list[asyncio.Task[list[Part]]] = []
        self._partials: dict[int, str] = {}
        self._free = asyncio.Semaphore(AT_ONCE)
        self._speakers = Speakers() if call.request.are_speakers_told else None

    async def push(self, block: Float32Block) -> None:
        """Take the next block at 16 kHz."""
        for piece in self._maker.push(clean(block), self._call.limits):
            self._begin(piece)

    async def finish(self) -> Transcript:
        """Upload, and return the words; sound that nobody can hear is not sent.

        Raises ProviderError where no piece of it could be turned into words.
        """
        self._begin(self._maker.current)
        if len(self._sending) == 1:
            return joined(await self._sending[0])
        await asyncio.wait(self._sending)
        parts: list[Part] = []
        for number, (piece, sending) in enumerate(zip(self._pieces, self._sending, strict=True)):
            parts += await self._parts_of(number, piece, sending)
        if all(part.transcript is None for part in parts):
            await self._sending[0]  # raises what went wrong first
        return joined(parts)

    async def drop(self) -> None:
        """End what is still on its way, and let go of the sound."""
        for sending in self._sending:
            sending.cancel()
        if self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)
        for piece in {*self._pieces, self._maker.current}:
            piece.drop()
        self._sending.clear()  # what failed holds the frames that it went through
        self._pieces.clear()

    # --- inside -------------------------------------------------------------------------------------------

    def _begin(self, piece: Piece) -> None:
        number = len(self._pieces)
        self._pieces.append(piece)
        self._sending.append(asyncio.create_task(self._sent(number, piece), name=f"piece {number}"))

    async def _parts_of(self, number: int, piece: Piece, sending: asyncio.Task[list[Part]]) -> list[Part]:
        """Return what became of *piece*; one that failed is tried once more now that the others are through."""
        error = sending.exception()
        if isinstance(error, ProviderError) and error.is_retryable:
            try:
                return await self._sent(number, piece)
            except ProviderError as again:
                error = again
        if isinstance(error, ProviderError):
            return [Part(piece.cut_s, piece.end_s, None, error.message)]
        return sending.result()

    async def _sent(self, number: int, piece: Piece) -> list[Part]:
        if piece.peak_db < INAUDIBLE_DB:
            return [Part(piece.start_s, piece.end_s, Transcript(""))]
        if self._speakers is not None and number > 0:  # later pieces are told who spoke in the first
            await asyncio.wait((self._sending[0],))
        async with self._free:
            parts = await self._call.parts(piece, self._told(number), self._speakers)
        if len(self._sending) > 1:
            piece.drop()
        return parts

    def _told(self, number: int) -> Callable[[str], None] | None:
        """Return what takes in the words of one piece and tells those of all, in their order."""
        on_partial = self._on_partial
        if on_partial is None:
            return None

        def tell(text: str) -> None:
            self._partials[number] = text
            on_partial(run_together([self._partials[one] for one in sorted(self._partials)]))

        return tell
