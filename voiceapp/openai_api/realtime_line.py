"""One realtime session that speaks texts, several at a time, each apart from the others.

The service makes responses outside the conversation in parallel, so one connection serves the clause that plays and
the one after it. A pump reads the socket and hands each response what is its own; nobody who does not listen holds up
another.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Mapping
from typing import Any

from voiceapp.core.errors import BadRequest, ProviderError
from voiceapp.openai_api import realtime_protocol as rt
from voiceapp.openai_api import sentences
from voiceapp.openai_api.errors import error_for_event, error_from
from voiceapp.openai_api.realtime_socket import RealtimeSocket
from voiceapp.openai_api.sentences import Where
from voiceapp.openai_api.sse import NotTheProtocol

log = logging.getLogger("voiceapp.openai_api")

IDLE_S = 120.0
"""A session that nobody uses for so long is closed; the next turn opens one while the person still talks."""
SESSION_S = 25 * 60.0
"""Sessions end after an hour, elsewhere after half of it: an older one is not begun anything on."""


class Utterance:
    """A text being spoken. Its news wait in a queue: bytes, at last None or the error."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.response_id = ""
        self.transcript = ""
        self.usage: Mapping[str, Any] | None = None
        self.is_over = False
        self.is_unwanted = False
        self.over = asyncio.Event()
        self.news: asyncio.Queue[bytes | ProviderError | None] = asyncio.Queue()

    def end(self, error: ProviderError | None = None) -> None:
        """Nothing more comes."""
        if not self.is_over:
            self.is_over = True
            self.over.set()
            self.news.put_nowait(error)


class VoiceLine:
    """A session with one voice at one speed. Voice loop.

    Args:
        socket: open; this owns it from now on.
        voice, speed: as session and responses name them.
        now_s: the loop's clock at the moment the socket was opened.
    """

    def __init__(self, socket: RealtimeSocket, where: Where, voice: str, speed: float, now_s: float) -> None:
        self.voice = voice
        self.speed = speed
        self.rate_hz = rt.RATE_HZ
        self._socket = socket
        self._where = where
        self._opened_at_s = now_s
        self._by_key: dict[str, Utterance] = {}
        self._by_id: dict[str, Utterance] = {}
        self._unnamed: deque[Utterance] = deque()
        self._numbers = itertools.count(1)
        self._is_greeted = False
        self._early: ProviderError | None = None
        self._is_over = False
        socket.post(rt.session_update(voice, speed, "session"))
        self._pump = asyncio.create_task(self._read(), name="realtime-read")

    def is_usable(self, now_s: float) -> bool:
        """Whether something new may be begun on it."""
        return not self._is_over and self._socket.is_open and now_s - self._opened_at_s < SESSION_S

    @property
    def is_busy(self) -> bool:
        """Whether something is being spoken to somebody."""
        return any(not utterance.is_unwanted for utterance in self._by_key.values())

    def speak(self, text: str, style: str, effort: str) -> Utterance:
        """Ask for *text*; its sound comes by the utterance's news."""
        utterance = Utterance(f"text-{next(self._numbers)}")
        self._by_key[utterance.key] = utterance
        self._unnamed.append(utterance)
        self._socket.post(rt.read_aloud(text, self.voice, style, utterance.key, effort))
        if self._is_over:
            utterance.end(sentences.broke_off(self._where, detail="connection lost"))
        return utterance

    def leave(self, utterance: Utterance) -> None:
        """Nobody listens to *utterance* any more: the service is told to stop. Never waits."""
        if utterance.is_over:
            self._forget(utterance)
            return
        utterance.is_unwanted = True
        if utterance.response_id:
            self._socket.post(rt.cancel(utterance.response_id))

    async def rest(self) -> None:
        """Wait until what is being spoken now has been spoken."""
        for utterance in tuple(self._by_key.values()):
            await utterance.over.wait()

    async def close(self) -> None:
        """End the session. Idempotent."""
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        await self._hang_up(sentences.broke_off(self._where, detail="connection lost"))

    # --- the pump -----------------------------------------------------------------------------------------

    async def _read(self) -> None:
        error: ProviderError | None = None
        while error is None:
            try:
                async with asyncio.timeout(IDLE_S):
                    event = await self._socket.receive()
                news = rt.decode(event)
                if news is not None:
                    self._take(news)
            except TimeoutError:
                if not self.is_busy:
                    break
            except (ProviderError, NotTheProtocol) as problem:
                error = error_from(problem, self._where)
        await self._hang_up(self._early or error or sentences.broke_off(self._where, detail="connection lost"))

    async def _hang_up(self, error: ProviderError) -> None:
        self._is_over = True
        for utterance in tuple(self._by_key.values()):
            utterance.end(error)
        await self._socket.close()

    def _take(self, news: rt.News) -> None:
        match news:
            case rt.SessionTold(session, is_update):
                self._is_greeted, self._early = True, None
                if is_update:
                    self._on_session(session)
            case rt.Begun(response_id, key):
                self._bind(response_id, key)
            case rt.Sound(response_id, data):
                if (utterance := self._of(response_id)) and not utterance.is_unwanted:
                    utterance.news.put_nowait(data)
            case rt.Words(response_id, text, is_whole):
                if utterance := self._of(response_id):
                    utterance.transcript = text if is_whole and text else utterance.transcript + text
            case rt.Ended():
                self._on_end(news)
            case rt.Trouble(event_id, error):
                self._on_trouble(event_id, error)

    def _on_session(self, session: rt.Event) -> None:
        """A server may keep to a rate of its own."""
        output = (session.get("audio") or {}).get("output") or {}
        sound_format = output.get("format")
        rate_hz = sound_format.get("rate") if isinstance(sound_format, Mapping) else None
        if isinstance(rate_hz, int) and 4000 <= rate_hz <= 192_000:
            self.rate_hz = rate_hz

    def _bind(self, response_id: str, key: str) -> Utterance | None:
        """Find whose response *response_id* is: by the key, else the oldest that has none."""
        utterance = self._by_key.get(key) or (self._unnamed[0] if self._unnamed else None)
        if utterance is None or not response_id:
            return utterance
        if utterance in self._unnamed:
            self._unnamed.remove(utterance)
        utterance.response_id = response_id
        self._by_id[response_id] = utterance
        if utterance.is_unwanted:  # it was left before the service had given it a name
            self._socket.post(rt.cancel(response_id))
        return utterance

    def _of(self, response_id: str) -> Utterance | None:
        """Return whose news these are; a server that names nobody can only mean the oldest."""
        if response_id:
            return self._by_id.get(response_id)
        return next(iter(self._by_key.values()), None)

    def _on_end(self, ended: rt.Ended) -> None:
        utterance = self._of(ended.response_id) or self._bind(ended.response_id, ended.key)
        if utterance is None:
            return
        utterance.usage = ended.usage
        utterance.end(self._failure(ended))
        if utterance.is_unwanted:
            self._forget(utterance)

    def _failure(self, ended: rt.Ended) -> ProviderError | None:
        if ended.error is not None:
            return error_for_event({"error": dict(ended.error)}, self._where)
        if ended.reason == "content_filter":
            return sentences.refused(self._where)
        if ended.status == "failed":
            return sentences.down(self._where, detail="failed")
        if ended.status in ("cancelled", "incomplete"):
            return sentences.broke_off(self._where, detail=ended.reason or ended.status)
        return None

    def _on_trouble(self, event_id: str, error: rt.Event) -> None:
        """An error is about one text, about the session's wishes, about a cancelling that came late, or about all."""
        problem = error_for_event(error, self._where)
        if event_id in self._by_key:
            self._by_key[event_id].end(problem)
        elif not self._is_greeted:
            self._early = problem  # some servers complain first and work all the same; if not, this was why
        elif event_id == "session" or "cancel" in problem.detail or not self.is_busy:
            log.info("realtime session: %s", problem.detail or problem.code)  # responses name voice and format anew
        else:  # a bad request is most likely the last one, which has not begun; other trouble is everybody's
            concerned = self._unnamed if self._unnamed and isinstance(problem, BadRequest) else self._by_key.values()
            for utterance in tuple(concerned):
                utterance.end(problem)

    def _forget(self, utterance: Utterance) -> None:
        self._by_key.pop(utterance.key, None)
        self._by_id.pop(utterance.response_id, None)
        if utterance in self._unnamed:
            self._unnamed.remove(utterance)
