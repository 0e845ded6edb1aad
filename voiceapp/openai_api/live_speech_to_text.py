"""Live transcription over the realtime websocket: the take is sent while it is spoken, so release waits for its tail.

Nothing here holds up the take: what goes wrong waits until the words are asked for, and whoever asks has another way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from voiceapp.core.audio import SILENCE_DB, Float32Block, clean, level_of, to_pcm16
from voiceapp.core.errors import ProviderError, RateLimited
from voiceapp.core.prompt_echo import is_prompt_echo
from voiceapp.core.settings import Job, ProviderKind
from voiceapp.core.speech import Basis, HearingRequest, Transcript, Usage
from voiceapp.openai_api import sentences
from voiceapp.openai_api.errors import error_for_event
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.live_protocol import COMMIT, RATE_HZ, Ignored, Take, append, session_update
from voiceapp.openai_api.realtime_socket import RealtimeSocket, open_socket
from voiceapp.openai_api.speech_to_text import INAUDIBLE_DB
from voiceapp.openai_api.wire import Wire

MESSAGE_S = 0.1
"""Sound in one message: a tenth of a second late costs less than the words around every 20 ms."""
TAIL_S = 5.0
"""Without the last word for so long after release, whatever the server or the line does, another way is quicker."""
_JOB = Job.LIVE_TRANSCRIPTION.value


async def greet(wire: Wire, model: str) -> None:
    """Open a session, let it take our wishes over, and leave. Raises ProviderError."""
    where = wire.where(model)
    socket = await _opened(wire, model)
    try:
        socket.post(session_update(HearingRequest(), model, wire.known(model)))
        async with asyncio.timeout(wire.timeouts.first_s):
            while True:
                event = await socket.receive()
                if is_error(event):
                    raise error_for_event(event, where)
                Take(model).take(event)
                if str(event.get("type")).endswith("session.updated"):
                    return
    except TimeoutError:
        raise sentences.timed_out(where) from None
    except Ignored:
        raise sentences.not_here(where, "settings ignored") from None
    finally:
        await socket.close()


async def _opened(wire: Wire, model: str) -> RealtimeSocket:
    query = {"intent": "transcription"}
    if wire.provider.kind is ProviderKind.COMPATIBLE:  # they ask for it; the service itself refuses it
        query["model"] = model
    return await open_socket(wire, query, model)


class LiveSpeechToText:
    """Port SpeechToText over a transcription session. *model* empty = the provider's default for it.

    *tail_s*: patience after release.
    """

    rate_hz = RATE_HZ

    def __init__(self, wire: Wire, model: str = "", *, tail_s: float = TAIL_S) -> None:
        self._wire = wire
        self._model = model
        self._tail_s = tail_s
        self.label = wire.label(_JOB, model)

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[LiveHearing]:
        """Begin a take; the session is opened meanwhile, and sound waits for it."""
        hearing = LiveHearing(self._wire, self._model, request, on_partial, self._tail_s)
        try:
            yield hearing
        finally:
            await hearing.close()

    async def close(self) -> None:
        """Nothing stays open between takes; the wire is its owner's."""


class LiveHearing:
    """One take on its way. *spent*: what a session that failed has consumed, by our own clock."""

    def __init__(
        self,
        wire: Wire,
        model: str,
        request: HearingRequest,
        on_partial: Callable[[str], None] | None,
        tail_s: float,
    ) -> None:
        self._wire = wire
        self._model = model
        self._request = request
        self._on_partial = on_partial
        self._tail_s = tail_s
        self._lane = model
        self._sound: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._pending = bytearray()
        self._frames = self._sent_frames = 0
        self._peak_db = SILENCE_DB
        self._early: ProviderError | None = None
        self._result: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
        self._work = asyncio.create_task(self._run(), name="live transcription")

    async def push(self, block: Float32Block) -> None:
        """Take the next block at 24 kHz. Never waits."""
        block = clean(block)
        self._frames += len(block)
        self._peak_db = max(self._peak_db, level_of(block).peak_db)
        self._pending += to_pcm16(block)
        if len(self._pending) >= MESSAGE_S * RATE_HZ * 2:
            self._flush()

    async def finish(self) -> Transcript:
        """The take has ended: return its words. Raises ProviderError."""
        if self._peak_db < INAUDIBLE_DB and not self._result.done():
            return Transcript("")
        self._flush()
        self._sound.put_nowait(None)
        await asyncio.wait((self._result,), timeout=self._tail_s)
        if not self._result.done():
            where = replace(self._wire.where(self._model), timeout_s=self._tail_s)
            raise self._early or sentences.timed_out(where)
        return self._result.result()

    @property
    def spent(self) -> tuple[Usage, ...]:
        """What was sent, and is most likely charged although no words came."""
        if not self._sent_frames:
            return ()
        name = self._model or self._wire.table.default(_JOB)
        return (Usage(self._wire.provider.name, name, {"seconds": self._sent_frames / RATE_HZ}, Basis.ESTIMATED),)

    async def close(self) -> None:
        """End the session. Idempotent."""
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)
        if self._result.done() and not self._result.cancelled():
            self._result.exception()  # seen: a take that nobody asks about must not complain
        # An error holds the frames that it went through, and they hold this: without a ring, all of it goes at once.
        self._result = asyncio.get_running_loop().create_future()
        self._result.cancel()
        self._early = None

    # --- inside -------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        if self._pending:
            self._sound.put_nowait(bytes(self._pending))
            self._pending.clear()

    async def _run(self) -> None:
        try:
            await self._talk()
        except ProviderError as error:
            if isinstance(error, RateLimited):
                self._wire.queue.note_refusal(self._lane, error.retry_after_s)
            if not self._result.done():
                self._result.set_exception(error)

    async def _talk(self) -> None:
        wire = self._wire
        model = await wire.model_for(_JOB, self._model)
        self._lane = model
        await wire.enter(model)
        socket = await _opened(wire, model)
        try:
            socket.post(session_update(self._request, model, wire.known(model)))
            take = Take(model)
            sending = asyncio.create_task(self._send(socket, take), name="live sound")
            try:
                await self._read(socket, take, model)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        finally:
            await socket.close()

    async def _send(self, socket: RealtimeSocket, take: Take) -> None:
        while (pcm := await self._sound.get()) is not None:
            socket.post(append(pcm))
            self._sent_frames += len(pcm) // 2
        take.is_committed = True
        socket.post(COMMIT)

    async def _read(self, socket: RealtimeSocket, take: Take, model: str) -> None:
        where = self._wire.where(model)
        while not take.is_over:
            try:
                event = await socket.receive()
            except ProviderError as error:
                raise self._early or error from None
            try:
                has_changed = take.take(event)
            except Ignored:
                raise sentences.not_here(where, "settings ignored") from None
            if take.error is not None:
                raise error_for_event({"error": dict(take.error)}, where)
            self._early = error_for_event({"error": dict(take.early)}, where) if take.early else None
            if has_changed and self._on_partial is not None and take.text:
                self._on_partial(take.text)
        transcript = take.transcript(self._wire.provider.name, self._frames / RATE_HZ)
        if is_prompt_echo(transcript.text, self._request.prompt, self._request.vocabulary, self._peak_db):
            transcript = Transcript("", usage=transcript.usage)
        self._result.set_result(transcript)
