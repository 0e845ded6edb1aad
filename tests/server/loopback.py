"""The server: its own thread with its own loop, so that a busy client cannot disturb its timing."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from types import TracebackType

from tests.server import audio_answers, media_answers, realtime_speech, sound_answers
from tests.server.audio_answers import json_answer
from tests.server.batch_answers import BatchRoom
from tests.server.document_answers import DocumentRoom
from tests.server.realtime import RealtimeRoom
from tests.server.responses_answers import ResponseRoom
from tests.server.script import Script
from tests.server.spec_check import openai_spec
from tests.server.wire import Answer, Request, WatchedReader, read_request, send_answer

Responder = Callable[[Request], Answer]


class LoopbackServer:
    """A real HTTP/1.1 server on 127.0.0.1 that speaks OpenAI's API as :attr:`script` says.

    Use it as a context manager. All methods may be called from any thread. ``requests`` logs every request with
    monotonic times, ``violations`` what in them is against OpenAI's specification.
    """

    def __init__(self, script: Script | None = None, prefix: str = "/v1") -> None:
        self.script = script or Script()
        self._changed = threading.Condition()
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.connections = 0
        self.responses = ResponseRoom()
        self.documents = DocumentRoom()
        self.batches = BatchRoom(violations=self.violations)
        self.realtime = RealtimeRoom(self.script, self._log, self.violations)
        self.realtime.behaviours["conversation"] = realtime_speech.converse
        self.uplink_bit_s = 0.0
        """How much new connections carry towards the server; 0 = all at once."""
        self.port = 0
        self._prefix = prefix
        self._next: dict[str, deque[Responder]] = defaultdict(deque)
        self._always: dict[str, Responder] = {}
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._run, name="loopback-server", daemon=True)
        self._started = threading.Event()
        self._stop: asyncio.Event
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> LoopbackServer:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def base_url(self) -> str:
        """What a client gets as base URL."""
        return f"http://127.0.0.1:{self.port}{self._prefix}"

    def answer_next(self, path: str, answer: Answer | Responder, times: int = 1) -> None:
        """Give *answer* to the next *times* requests for *path* ("/audio/speech"), then follow the script again."""
        self._next[path].extend([_responder(answer)] * times)

    def answer_always(self, path: str, answer: Answer | Responder) -> None:
        """Give *answer* to every request for *path*, also a path that the specification does not know."""
        self._always[path] = _responder(answer)

    def usual(self, path: str) -> Responder:
        """Return what the script answers at *path*, to be changed and given to :meth:`answer_always`."""
        return lambda request: self._scripted(request, path)

    def requests_for(self, path: str) -> list[Request]:
        """Return the requests for *path*, oldest first."""
        return [request for request in list(self.requests) if self._route(request) == path]

    def wait_until(self, is_true: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Block until *is_true*, looked at after every change of the log. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(is_true, timeout_s):
                raise TimeoutError("the server never saw what was waited for")

    async def until(self, is_true: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """As :meth:`wait_until` without blocking the caller's loop."""
        await asyncio.to_thread(self.wait_until, is_true, timeout_s)

    # --- server thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        # epoll rounds waits up to whole milliseconds, select keeps microseconds
        self._loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._protocol, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        reader = WatchedReader()
        return asyncio.StreamReaderProtocol(reader, lambda _r, writer: self._accept(reader, writer))

    def _accept(self, reader: WatchedReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        reader.uplink_bit_s = self.uplink_bit_s
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: WatchedReader, writer: asyncio.StreamWriter, connection: int) -> None:
        try:
            while request := await read_request(reader, writer):
                request.connection = connection
                is_upgrade = request.headers.get("upgrade", "").lower() == "websocket"
                if is_upgrade and self._route(request) not in self._always:  # else the handshake is refused by HTTP
                    await self.realtime.serve(request, self._route(request), reader, writer)
                    break
                self._log(lambda request=request: self.requests.append(request))  # type: ignore[misc]
                may_continue = await self._answer(request, reader, writer)
                self._log(lambda: None)
                if not may_continue:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left; what it had sent is logged
        except ValueError as error:
            fault = f"not HTTP: {error}"
            self._log(lambda: self.violations.append(fault))
        finally:
            writer.close()

    async def _answer(self, request: Request, reader: WatchedReader, writer: asyncio.StreamWriter) -> bool:
        path = self._route(request)
        self._check(request, path)
        queue = self._next[path]
        responder = queue.popleft() if queue else self._always.get(path)
        answer = responder(request) if responder else self._scripted(request, path)
        return await send_answer(request, answer, reader, writer)

    def _scripted(self, request: Request, path: str) -> Answer:
        script = self.script
        match request.method, path:
            case "POST", "/audio/transcriptions" | "/audio/translations":
                return audio_answers.hearing(script.hearing, request)
            case "POST", "/audio/speech":
                return audio_answers.speech(script.speech, request)
            case "POST", "/chat/completions":
                return sound_answers.chat(script.chat, script.speech, request)
            case "POST", "/responses":
                return self.responses.answer(script.chat, request)
            case "GET", "/models":
                return media_answers.models(script, request)
            case "POST", "/images/generations" | "/images/edits":
                return media_answers.image(script.image, request)
            case "POST", "/moderations":
                return media_answers.moderation(script.moderation, request)
            case "POST", "/embeddings":
                return media_answers.embeddings(script, request)
        found = self.documents.answer(request, path) or self.batches.answer(script.batch, request, path)
        if found is not None:
            return found
        message = f"Invalid URL ({request.method} {request.path})"
        body = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        return json_answer({"error": body}, status=404)

    def _check(self, request: Request, path: str) -> None:
        spec = openai_spec()
        if not spec.knows(request.method, path):
            faults = [] if path in self._always else [f"{request.method} {request.path}: not in the specification"]
        elif request.method in ("GET", "DELETE"):
            faults = []
        elif request.parts:
            faults = spec.multipart_request(path, request.parts)
        else:
            faults = spec.json_request(path, request.json)
        self._log(lambda: self.violations.extend(faults))

    def _route(self, request: Request) -> str:
        return request.path.removeprefix(self._prefix)

    def _log(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()


def _responder(answer: Answer | Responder) -> Responder:
    return (lambda _request: answer) if isinstance(answer, Answer) else answer
