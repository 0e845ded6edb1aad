"""One provider's wire: sends a request, mends and repeats it where that helps, hands over the open answer.

Everything the adapters share lives here, so that each of them only translates: the key, addresses, retries, refused
parameters, successors of models, timeouts, and the one mapping of errors.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import httpx2
import openai

from voiceapp.core.catalogue import Listed
from voiceapp.core.errors import ConfigError, ProviderError, RateLimited
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.openai_api import sentences
from voiceapp.openai_api.adapt import LONGEST_WAIT_S, Body, wait_before_retry_s
from voiceapp.openai_api.client import (
    Timeouts,
    base_url_of,
    build_client,
    host_of,
    is_token,
    path_of,
    timeouts_for,
)
from voiceapp.openai_api.elsewhere import fetched
from voiceapp.openai_api.errors import FAILURES, error_from, prose_of
from voiceapp.openai_api.kept import KeptAnswers
from voiceapp.openai_api.lessons import LessonBook
from voiceapp.openai_api.listing import listed_in
from voiceapp.openai_api.model_names import ModelNames
from voiceapp.openai_api.queue import ProviderQueue
from voiceapp.openai_api.sse import is_html

File = tuple[str, bytes, str]
"""Name, content, type."""
Files = Mapping[str, File] | Sequence[tuple[str, File]]
"""Multipart files by field; a sequence where a field has several."""

WARM_S = 4.0
"""A connection used this recently is still open; the most impatient common servers close after five seconds."""
SHORTEST_KEY_SHOWN = 12
"""Of a shorter key, four characters would be too much to show."""


def quiet(_sentence: str) -> None:
    """Nobody listens to notices."""


@dataclass(frozen=True)
class Sent:
    """An answer whose body is still arriving.

    Attributes:
        model: the one that really answers.
        is_kept: it comes from this disk and cost nothing.
        record: what of the body has come, an empty piece at its end; None where it is not to be kept.
    """

    response: httpx2.Response
    model: str
    is_kept: bool = False
    record: list[bytes] | None = None


class Wire(ModelNames):
    """The connection to one provider, shared by its adapters. Runs on the voice loop.

    Building takes about 0.1 s (see ``client.build_client``): do it in a worker thread.

    Args:
        provider: whom to speak to; nothing is read from the environment.
        key: asked before every request; "" where there is none. Must not block.
        table: what is known about models.
        timeouts: patience; by default chosen by where the server stands.
        on_notice: gets a sentence when something was mended on the way (successor used, parameter dropped).
        on_wait: gets the seconds when the provider asked to wait and the request goes out again by itself.
        book: what the provider taught before.
        queue: shared with every other wire to the same provider.
        kept: answers to identical requests; None = every request is sent.
        pause: waits so many seconds before a request is sent again.
        http_client: for tests.

    Raises ConfigError for a base URL that is no address.
    """

    def __init__(
        self,
        provider: Provider,
        key: Callable[[], str],
        table: ModelTable,
        *,
        timeouts: Timeouts | None = None,
        on_notice: Callable[[str], None] = quiet,
        on_wait: Callable[[float], None] = lambda _wait_s: None,
        book: LessonBook | None = None,
        queue: ProviderQueue | None = None,
        kept: KeptAnswers | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        self.provider = provider
        self.name = provider.shown
        self.table = table
        self.timeouts = timeouts or timeouts_for(provider)
        self._ask_key = key
        self.on_notice = on_notice
        self.on_wait = on_wait
        self.book = book or LessonBook()
        self.kept = kept
        self.queue = queue or ProviderQueue(pause=pause)
        self.pause = pause
        try:
            self._client = build_client(provider, self._key, self.timeouts, http_client)
        except (httpx2.InvalidURL, openai.OpenAIError, ValueError):
            address_is_none = sentences.bad_address(self.where())
            raise ConfigError(address_is_none.message, hint=address_is_none.hint) from None
        self._used_at: dict[str, float] = {}
        self._picked: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Wire({self.name!r}, {host_of(base_url_of(self.provider))!r})"

    @asynccontextmanager
    async def post(
        self,
        endpoint: str,
        body: Body,
        *,
        files: Files | None = None,
        first_s: float | None = None,
        is_urgent: bool = True,
        is_repeatable: bool = True,
    ) -> AsyncIterator[Sent]:
        """Send *body* (with its ``model``) and yield the answer, status 2xx, body unread; leaving closes it.

        Args:
            endpoint: a key of ``client.ENDPOINTS``.
            body: JSON fields, or with *files* the fields of a form.
            files: multipart files.
            first_s: patience until the answer begins, where it differs from the wire's own.
            is_urgent: somebody waits for it; work in the background says False and lets the conversation pass.
            is_repeatable: may be sent again when the connection broke; False where that could do the work twice.
        """
        key = self.kept.key_of(endpoint, body, has_files=files is not None) if self.kept else ""
        if self.kept and key and (kept := await self.kept.get(key)) is not None:
            yield Sent(kept, str(body.get("model", "")), is_kept=True)
            return
        async with self.queue.place(is_urgent=is_urgent):
            sent = await self._sent(endpoint, body, files, first_s, is_urgent, is_repeatable)
            sent = replace(sent, record=[] if key else None)
            try:
                yield sent
            finally:
                self._used_at[endpoint] = time.monotonic()
                await sent.response.aclose()
        if self.kept and sent.record and not sent.record[-1]:
            kind = sent.response.headers.get("content-type", "")
            await self.kept.put(key, endpoint, kind, b"".join(sent.record))

    @asynccontextmanager
    async def get(self, endpoint: str) -> AsyncIterator[Sent]:
        """Ask for *endpoint* and yield the answer, status 2xx, body unread; leaving closes it. Never urgent."""
        async with self.queue.place(is_urgent=False):
            sent = Sent(await self._got(endpoint), "")
            try:
                yield sent
            finally:
                await sent.response.aclose()

    async def delete(self, endpoint: str) -> None:
        """Delete what lies at *endpoint*. Sent again where that helps: then what is gone may be told as missing."""
        path = path_of(self.provider, endpoint)
        answer = await self._repeated(
            lambda: self._client.delete(
                path, cast_to=httpx2.Response, options=cast("Any", {"headers": self._headers()})
            )
        )
        if is_html(answer.text):  # a portal on the way says 200 to everything
            raise sentences.not_the_protocol("html", self.where())

    async def chunks(self, sent: Sent, *, silence_s: float | None = None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of *sent* as they come. Raises TimedOut after a silence, ProviderDown when it breaks off.

        *silence_s*: patience between pieces, where it differs from the wire's own.
        """
        patience_s = silence_s or self.timeouts.first_s
        async with aclosing(sent.response.aiter_bytes()) as pieces:
            while True:
                try:
                    async with asyncio.timeout(patience_s):
                        chunk = await anext(pieces, None)
                except (TimeoutError, httpx2.HTTPError, httpx2.StreamError) as problem:
                    error = error_from(problem, replace(self.where(sent.model), timeout_s=patience_s))
                    break
                if sent.record is not None:
                    sent.record.append(chunk or b"")
                if chunk is None:
                    return
                patience_s = silence_s or self.timeouts.silence_s
                yield chunk
        raise error

    async def body(self, sent: Sent, limit_bytes: int = 32 * 1024 * 1024) -> bytes:
        """Return the whole body of *sent*."""
        data = bytearray()
        async for chunk in self.chunks(sent):
            data += chunk
            if len(data) > limit_bytes:
                raise sentences.not_the_protocol("too_large", self.where(sent.model))
        return bytes(data)

    async def models(self) -> tuple[str, ...]:
        """Return the ids of the models that the provider lists."""
        return tuple(one.id for one in await self.listed())

    async def listed(self) -> tuple[Listed, ...]:
        """Return the models that the provider lists, with the ends that it announces."""
        return listed_in(await self._get("models"), self.where())

    async def fetch(self, address: str, limit_bytes: int) -> bytes:
        """Return what lies at *address*, to which an answer of the provider pointed. The key is not sent there.

        Raises BadAnswer for an address that is not http(s), that leads from elsewhere to this machine, or that gives
        more than *limit_bytes*.
        """
        return await fetched(address, base_url_of(self.provider), self.timeouts, self.where(), limit_bytes)

    async def warm(self, endpoint: str) -> None:
        """Open a connection for *endpoint* unless one was used just now. Never raises: the request will tell."""
        now = time.monotonic()
        if now - self._used_at.get(endpoint, -WARM_S) < WARM_S:
            return
        self._used_at[endpoint] = now
        with suppress(ProviderError):
            await self._get("models")

    def where(self, model: str = "") -> sentences.Where:
        """Return whom we speak to, for the sentences of errors."""
        key = self._key()
        replacement = ""
        if model and self.provider.kind is ProviderKind.OPENAI:
            replacement = self.table.replacement(model, datetime.now(UTC).date())
        return sentences.Where(
            provider=self.name,
            host=host_of(base_url_of(self.provider)),
            model=model,
            replacement=replacement,
            key_tail=key[-4:] if len(key) >= SHORTEST_KEY_SHOWN else "",
            has_key=bool(key),
            timeout_s=self.timeouts.first_s,
        )

    async def close(self) -> None:
        """Release the connections. Idempotent."""
        await self._client.close()

    def key(self) -> str:
        """Return the key for a connection of another kind. Raises NoKey, AuthFailed."""
        self._check_key()
        return self._key()

    def _key(self) -> str:
        return self._ask_key().strip()

    async def _sent(
        self,
        endpoint: str,
        body: Body,
        files: Files | None,
        first_s: float | None,
        is_urgent: bool,
        is_repeatable: bool,
    ) -> Sent:
        attempt = 0
        while True:
            lessons = self.book.of(endpoint, body)
            asked = lessons.applied(body)
            lane = str(asked.get("model", ""))
            await self.enter(lane, is_urgent)
            try:
                response = await self._request(endpoint, asked, files, first_s)
            except FAILURES as problem:
                error = error_from(problem, self.where(lane))
                prose = prose_of(problem)
            else:
                self.queue.note_answer(lane, response.headers)
                return Sent(response, lane)
            learnt = self.lesson(endpoint, error, prose, asked, lessons)
            if learnt is not None:
                self.book.learn(endpoint, body, learnt)
                self.tell_lesson(error, lessons, learnt)
                continue
            wait_s = wait_before_retry_s(error, attempt, random.random())
            if isinstance(error, RateLimited):
                self.queue.note_refusal(lane, error.retry_after_s)
            if wait_s is None or not (is_repeatable or isinstance(error, RateLimited)):
                raise error
            attempt += 1
            if not isinstance(error, RateLimited):
                await self.pause(wait_s)

    async def enter(self, lane: str, is_urgent: bool = True) -> None:
        """Wait for the provider's pace; where it asked for a wait that nobody sits through, raise RateLimited."""
        closed_s = self.queue.closed_s(lane)
        if is_urgent and closed_s > LONGEST_WAIT_S:
            raise sentences.rate_limited(self.where(lane), closed_s)
        if closed_s > 0:
            self.on_wait(closed_s)
        await self.queue.enter(lane, is_urgent=is_urgent, longest_s=LONGEST_WAIT_S)

    async def _request(self, endpoint: str, body: Body, files: Files | None, first_s: float | None) -> httpx2.Response:
        self._check_key()
        options: Any = {"headers": self._headers()}
        if files is not None:
            options["headers"]["Content-Type"] = "multipart/form-data"
        if first_s is not None:
            timeouts = self.timeouts
            options["timeout"] = httpx2.Timeout(
                connect=timeouts.connect_s, read=first_s, write=timeouts.silence_s, pool=timeouts.connect_s
            )
        is_stream: bool = True  # the SDK then leaves the body unread; the raw response is ours to read
        answer = await self._client.post(
            path_of(self.provider, endpoint),
            cast_to=httpx2.Response,
            body=body,
            files=files,
            options=options,
            stream=is_stream,
            stream_cls=openai.AsyncStream[Any],
        )
        return cast("httpx2.Response", answer)

    async def _got(self, endpoint: str) -> httpx2.Response:
        """Return the answer, its body unread. Sent again where that helps."""
        return await self._repeated(lambda: self._opened(endpoint))

    async def _repeated(self, ask: Callable[[], Awaitable[Any]]) -> httpx2.Response:
        """Return the answer to *ask*, which does no harm when it is done twice."""
        attempt = 0
        while True:
            self._check_key()
            try:
                return cast("httpx2.Response", await ask())
            except FAILURES as problem:
                error = error_from(problem, self.where())
            wait_s = wait_before_retry_s(error, attempt, random.random())
            if wait_s is None:
                raise error
            attempt += 1
            await self.pause(wait_s)

    async def _get(self, endpoint: str) -> str:
        """Return what *endpoint* says. Asked once."""
        self._check_key()
        try:
            response = await self._opened(endpoint)
        except FAILURES as problem:
            error = error_from(problem, self.where())
        else:
            async with aclosing(response):
                return (await self.body(Sent(response, ""))).decode("utf-8", "replace")
        raise error

    async def _opened(self, endpoint: str) -> httpx2.Response:
        is_stream: bool = True
        answer = await self._client.get(
            path_of(self.provider, endpoint),
            cast_to=httpx2.Response,
            options=cast("Any", {"headers": self._headers()}),
            stream=is_stream,
            stream_cls=openai.AsyncStream[Any],
        )
        return cast("httpx2.Response", answer)

    def _check_key(self) -> None:
        key = self._key()
        if not key and self.provider.kind is not ProviderKind.COMPATIBLE:
            raise sentences.no_key(self.where())
        if not (key.isascii() and key.isprintable()):  # the HTTP library would quote it in its complaint
            raise sentences.key_is_none(self.where())

    def _headers(self) -> dict[str, Any]:
        """A server that needs no key gets no header for one; Azure's sign-in tokens go where tokens belong."""
        key = self._key()
        if not key:
            return {"Authorization": openai.Omit()}
        if self.provider.kind is ProviderKind.AZURE and is_token(key):
            return {"Authorization": f"Bearer {key}", "api-key": openai.Omit()}
        return {}
