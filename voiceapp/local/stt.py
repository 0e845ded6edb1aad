"""Speech to text by pocketsphinx, with the model of its wheel: English, offline, no download.

The decoder works in a process of its own (see ``hearing_worker`` for why and for what is said on the pipe). It is
started when the first utterance begins or by :meth:`PocketsphinxSpeech.warm`, takes sound while it still loads, and
is used again for the next utterance. Utterances at the same time get a process each.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from gettext import gettext as _
from typing import Any, cast

from voiceapp import own_process
from voiceapp.core.audio import Float32Block, clean, to_pcm16
from voiceapp.core.errors import ConfigError, ProviderDown, TimedOut
from voiceapp.core.speech import HearingRequest, Segment, Transcript
from voiceapp.local.wire import HEADER

WORKER_MODULE = "voiceapp.local.hearing_worker"
ANSWER_WITHIN_S = 120.0
END_WITHIN_S = 2.0

NOTE = _(
    "Speech is recognised on this computer, in English only. Short, clearly spoken sentences come out best; "
    "expect up to every third word to be wrong. For more, connect a speech service."
)


def _check(request: HearingRequest) -> None:
    """Raise ConfigError for what only a speech service does."""
    hint = _("Name a speech service for it, or switch it off under Settings, Voices and speech.")
    if request.is_translated:
        raise ConfigError(_("The recogniser on this computer does not translate."), hint=hint)
    if request.are_speakers_told:
        raise ConfigError(_("The recogniser on this computer does not tell who speaks."), hint=hint)


class PocketsphinxSpeech:
    """Port ``SpeechToText``. Belongs to one event loop; nothing is started before it is needed.

    Args:
        command: how to start the worker, for packaged programs; by default this Python.
    """

    rate_hz = 16_000

    def __init__(self, command: Sequence[str] = ()) -> None:
        self.label = _("This computer, pocketsphinx (English)")
        self._command = tuple(command) or own_process.command_of(WORKER_MODULE)
        self._idle: _Worker | None = None
        self._busy: set[_Worker] = set()
        self._started: set[_Worker] = set()

    async def warm(self) -> None:
        """Start the process and let it load the model in the background. Never raises."""
        if self._idle is None and not self._busy:
            try:
                self._idle = await self._start()
            except ProviderDown:
                return  # the utterance will say so

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[_Utterance]:
        """As SpeechToText.hear. The model knows English and its own words; what it cannot do it says."""
        _check(request)
        worker, self._idle = self._idle, None
        if worker is None or worker.is_ended:
            worker = await self._start()
        self._busy.add(worker)
        utterance = worker.begin(on_partial)
        try:
            yield utterance
        finally:
            self._busy.discard(worker)
            worker.leave()
            if worker.is_ended or self._idle is not None:
                worker.kill()
            else:
                self._idle = worker

    async def close(self) -> None:
        """End the processes. Idempotent; the engine starts anew when it is used again."""
        workers, self._started, self._idle = self._started, set(), None
        for worker in workers:
            await worker.close()

    async def _start(self) -> _Worker:
        worker = await _start(self._command)
        self._started = {started for started in self._started if not started.ended.is_set()} | {worker}
        return worker


class _Utterance:
    """Port ``Hearing``."""

    def __init__(self, worker: _Worker, on_partial: Callable[[str], None] | None) -> None:
        self.answer: asyncio.Future[list[list[Any]]] = asyncio.get_running_loop().create_future()
        self.on_partial = on_partial
        self._worker = worker

    async def push(self, block: Float32Block) -> None:
        """As Hearing.push; waits while a good second of sound is not yet taken."""
        self._raise_fault()
        self._worker.send(b"A", to_pcm16(clean(block)))
        await self._worker.writable.wait()
        self._raise_fault()

    async def finish(self) -> Transcript:
        """As Hearing.finish."""
        self._raise_fault()
        self._worker.send(b"F")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                found = await asyncio.shield(self.answer)
        except TimeoutError:
            self._worker.kill()
            raise TimedOut(
                _("Recognising speech on this computer took too long."), hint=_("The recording is kept; try again.")
            ) from None
        segments = tuple(Segment(start_s, end_s, text) for start_s, end_s, text in found)
        return Transcript(" ".join(segment.text for segment in segments), "en" if segments else "", segments)

    def _raise_fault(self) -> None:
        if self.answer.done():
            self.answer.result()


class _Worker(asyncio.SubprocessProtocol):
    """One process and the utterance it hears. Everything happens in the loop's callbacks: there is no task to lose."""

    def __init__(self) -> None:
        self.writable = asyncio.Event()
        self.writable.set()
        self.is_ended = False
        self.ended = asyncio.Event()
        self._utterance: _Utterance | None = None
        self._number = 0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._process = cast("asyncio.SubprocessTransport", transport)
        self._stdin = cast("asyncio.WriteTransport", self._process.get_pipe_transport(0))

    @property
    def pid(self) -> int:
        return self._process.get_pid()

    @property
    def exit_code(self) -> int | None:
        return self._process.get_returncode()

    def begin(self, on_partial: Callable[[str], None] | None) -> _Utterance:
        self._number += 1
        self._utterance = _Utterance(self, on_partial)
        self.send(b"B", str(self._number).encode())
        return self._utterance

    def leave(self) -> None:
        """Forget the utterance; a process with a backlog of its sound is not worth waiting for."""
        utterance, self._utterance = self._utterance, None
        if utterance is None or self.is_ended:
            return
        if not utterance.answer.done():
            utterance.answer.cancel()
            if self.writable.is_set():
                self.send(b"X")
            else:
                self.kill()
        elif not utterance.answer.cancelled():
            utterance.answer.exception()  # seen, also when nobody asked

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        if not self.is_ended:
            self._stdin.write(HEADER.pack(kind, len(payload)) + payload)

    def kill(self) -> None:
        """End the process at once."""
        self._fail()
        self._process.close()

    async def close(self) -> None:
        """Let the process end by itself, or end it."""
        if not self.is_ended:
            self._stdin.close()
            try:
                async with asyncio.timeout(END_WITHIN_S):
                    await self.ended.wait()
            except TimeoutError:
                pass
        self.kill()
        await self.ended.wait()

    # --- news from the process ----------------------------------------------------------------------------

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, news: dict[str, Any]) -> None:
        utterance = self._utterance
        if "error" in news:
            self._fail(str(news["error"]))
        if utterance is None or utterance.answer.done() or news["n"] != self._number:
            return  # late news of an utterance that was left
        if "partial" in news and utterance.on_partial is not None:
            utterance.on_partial(news["partial"])
        if "segments" in news:
            utterance.answer.set_result(news["segments"])

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._fail()

    def process_exited(self) -> None:
        self._fail()
        self.ended.set()

    def _fail(self, detail: str = "") -> None:
        self.is_ended = True
        self.writable.set()
        if self._utterance is not None and not self._utterance.answer.done():
            self._utterance.answer.set_exception(_stopped(detail))


async def _start(command: Sequence[str]) -> _Worker:
    try:
        _transport, worker = await asyncio.get_running_loop().subprocess_exec(
            _Worker,
            *command,
            stderr=subprocess.DEVNULL,
            env=own_process.bare_environment(),
            creationflags=own_process.NO_WINDOW,
        )
    except OSError as error:
        raise _stopped(type(error).__name__) from None
    return worker


def _stopped(detail: str) -> ProviderDown:
    return ProviderDown(
        _("The speech recogniser on this computer stopped."),
        hint=_("The recording is kept; try again."),
        detail=detail,
        provider="local",
    )
