"""What servers that call themselves compatible really send, and what a client must make of it.

Every variation is one answer (or one responder) for one path, with the outcome: it works and yields ``text`` (or
``tool_calls``, or the sound of :func:`tests.server.script.tone`), or it ends in an error of class ``error``. Tests of
the adapters parametrise over the tuples at the end; ``number`` is the kind of variation, several names share one.
Realtime is not here: it speaks another protocol.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.server import faults, sse
from tests.server.audio_answers import json_answer, plain, speech, transcription, wav_header
from tests.server.chat_answers import chat_completion, chat_pieces, chunk
from tests.server.loopback import LoopbackServer, Responder
from tests.server.media_answers import ONE_PIXEL_PNG
from tests.server.script import ChatScript, HearingScript, SpeechScript, tone
from tests.server.wire import Answer, Ending, Framing, Piece, Request
from voiceapp.core import errors

CHAT, HEARING, SPEECH, IMAGES = "/chat/completions", "/audio/transcriptions", "/audio/speech", "/images/generations"
PICTURE_PATH = "/pictures/1.png"
TOKENS = ("Paris", " is", " lovely", ".", " 👩")
TEXT = "".join(TOKENS)
SCRIPT = ChatScript(TOKENS)
CALL = ("clock", '{"zone": "UTC"}')
HEARD = HearingScript("Grüß Gott, what time is it?")


@dataclass(frozen=True)
class Variation:
    """One way to differ.

    Attributes:
        text: what the client must end up with; None where *error* or *tool_calls* is the outcome.
        error: the class (or a base of it) that the client must raise; text that came before stays with the caller.
        reasoning: what the client must have been given apart from the text.
        base_url_suffix: the person pasted this at the end of the base URL.
    """

    number: int
    name: str
    path: str
    answer: Answer | Responder
    text: str | None = None
    error: type[errors.VoiceAppError] | None = None
    tool_calls: tuple[tuple[str, str], ...] = ()
    reasoning: str = ""
    base_url_suffix: str = ""

    def install(self, server: LoopbackServer) -> None:
        """Let *server* answer so, always, and serve the picture that an answer may point to."""
        server.answer_always(self.path, self.answer)
        server.answer_always(PICTURE_PATH, plain(ONE_PIXEL_PNG, "image/png"))

    def __str__(self) -> str:
        return f"{self.number}-{self.name}"


def _chunks(finish: str | None = "stop") -> list[bytes]:
    """The events of a whole reply, without usage and [DONE]."""
    deltas = [chunk("m", {"role": "assistant", "content": ""}), *(chunk("m", {"content": t}) for t in TOKENS)]
    return [sse.data(payload) for payload in (*deltas, *([chunk("m", {}, finish)] if finish is not None else []))]


def _stream(blocks: Iterable[bytes], ending: Ending = Ending.KEEP) -> Answer:
    return faults.stream(*blocks, ending=ending)


def _works(number: int, name: str, answer: Answer | Responder) -> Variation:
    return Variation(number, name, CHAT, answer, text=TEXT)


def _fails(number: int, name: str, answer: Answer | Responder, error: type[errors.VoiceAppError]) -> Variation:
    return Variation(number, name, CHAT, answer, error=error)


def _rewritten(old: str, new: str) -> Answer:
    """The usual stream with *old* replaced on the wire, one piece an event."""
    return _stream(block.replace(old.encode(), new.encode()) for block in (*_chunks(), sse.DONE))


# --- chat ---------------------------------------------------------------------------------------------------------

USAGE_NULL = json.dumps(chunk("m", {}, "stop") | {"usage": None})
AZURE_FIRST = {**chunk("", {}), "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}


def _refuses_stream_options(request: Request) -> Answer:
    if "stream_options" in (request.json or {}):
        return faults.error(
            400, "Unknown parameter: 'stream_options'.", code="unknown_parameter", param="stream_options"
        )
    return _stream((*_chunks(), sse.DONE))


def _multi_line() -> Answer:
    """Every payload pretty-printed over several ``data:`` lines, with ``id:`` and ``retry:`` fields."""
    blocks: list[bytes] = []
    for number, block in enumerate(_chunks()):
        payload = json.loads(block.removeprefix(b"data: "))
        lines = json.dumps(payload, indent=1).splitlines()
        blocks.append(f"id: {number}\nretry: 100\n".encode() + "".join(f"data: {x}\n" for x in lines).encode() + b"\n")
    return _stream((*blocks, sse.DONE))


def _bytes_one_by_one() -> Answer:
    """Every byte in its own piece: each character of more than one byte is split."""
    raw = json.dumps(chunk("m", {"content": TEXT}), ensure_ascii=False).encode()
    whole = b"data: " + raw + b"\n\n" + sse.data(chunk("m", {}, "stop")) + sse.DONE
    return _stream(whole[i : i + 1] for i in range(len(whole)))


def _half_characters() -> Answer:
    high, low = (chunk("m", {"content": half}) for half in ("Paris is lovely. \ud83d", "\udc69"))
    return _stream((sse.data(high), sse.data(low), sse.data(chunk("m", {}, "stop")), sse.DONE))


def _plain_json(request: Request) -> Answer:
    return chat_completion(SCRIPT, replace(request, json={**request.json, "stream": False}))


def _odd_finish(change: str) -> Answer:
    payloads = [json.loads(block.removeprefix(b"data: ")) for block in _chunks(finish=None)]
    for payload in payloads:
        if change == "empty":
            payload["choices"][0]["finish_reason"] = ""
        else:
            del payload["choices"][0]["finish_reason"]
    return _stream((*map(sse.data, payloads), sse.DONE))


def _tool_stream(*deltas: dict[str, Any]) -> Answer:
    blocks = [sse.data(chunk("m", {"role": "assistant", "content": None}))]
    blocks += [sse.data(chunk("m", {"tool_calls": [delta]})) for delta in deltas]
    return _stream((*blocks, sse.data(chunk("m", {}, "tool_calls")), sse.DONE))


def _tool_variation(name: str, head: dict[str, Any], tail: dict[str, Any]) -> Variation:
    begin = {**head, "type": "function", "function": {"name": CALL[0], "arguments": CALL[1][:6]}}
    end = {**tail, "function": {"arguments": CALL[1][6:]}}
    return Variation(12, name, CHAT, _tool_stream(begin, end), tool_calls=(CALL,))


def _reasoning(field: str) -> Variation:
    thoughts = [sse.data(chunk("m", {"content": None, field: part})) for part in ("Hm", ", well")]
    answer = _stream((*thoughts, *_chunks(), sse.DONE))
    return Variation(13, field, CHAT, answer, text=TEXT, reasoning="Hm, well")


STREAM_ERROR = {"error": {"message": "The engine stopped.", "type": "server_error", "code": 500}}
LITELLM_429 = {"error": {"message": "Throttled.", "type": "throttling_error", "param": None, "code": "429"}}

CHAT_VARIATIONS = (
    _works(1, "no-done-closed", replace(_stream(_chunks(), Ending.CLOSE), framing=Framing.CLOSE)),
    _works(1, "no-done-left-open", _stream(_chunks(), Ending.STALL)),
    _fails(1, "stalls-in-the-middle", _stream(_chunks()[:3], Ending.STALL), errors.TimedOut),
    _fails(1, "closed-in-the-middle", _stream(_chunks()[:3], Ending.CLOSE), errors.ProviderDown),
    _fails(1, "reset-in-the-middle", _stream(_chunks()[:3], Ending.RESET), errors.ProviderDown),
    _works(2, "usage-null", _stream((*_chunks(None), f"data: {USAGE_NULL}\n\n".encode(), sse.DONE))),
    _works(2, "usage-missing", Answer(tuple(chat_pieces(SCRIPT, has_usage=False)), headers=sse.SSE_HEADERS)),
    _works(2, "stream-options-refused", _refuses_stream_options),
    _works(3, "empty-choices-first", _stream((sse.data(AZURE_FIRST), *_chunks(), sse.DONE))),
    _works(4, "crlf", _rewritten("\n", "\r\n")),
    _works(4, "bare-cr", _rewritten("\n", "\r")),
    _works(4, "no-space-after-colon", _rewritten("data: ", "data:")),
    _works(5, "multi-line-data-and-ids", _multi_line()),
    _works(6, "comments", _stream((b": OPENROUTER PROCESSING\n\n", *_chunks(), b": bye\n\n", sse.DONE))),
    _works(6, "ping-after-id", _stream((b"id: 1\n: ping\n\n", *_chunks(), b"id: 2\n\n", sse.DONE))),
    _works(7, "utf8-split", _bytes_one_by_one()),
    _works(7, "lone-surrogates", _half_characters()),
    _fails(8, "error-in-stream", _stream((*_chunks()[:3], sse.data(STREAM_ERROR))), errors.ProviderError),
    _fails(8, "named-error-event", _stream((b"event: error\n" + sse.data(STREAM_ERROR),)), errors.ProviderError),
    _fails(8, "empty-body", faults.empty_stream(), errors.BadAnswer),
    _fails(9, "detail", faults.odd_error(422, {"detail": [{"msg": "field required"}]}), errors.BadRequest),
    _fails(9, "string-error", faults.odd_error(500, {"error": "out of memory"}), errors.ProviderDown),
    _fails(9, "code-as-text", faults.odd_error(429, LITELLM_429), errors.RateLimited),
    _works(10, "json-for-stream", _plain_json),
    _works(11, "finish-empty", _odd_finish("empty")),
    _works(11, "finish-absent", _odd_finish("absent")),
    _tool_variation("no-index", {"id": "call_1"}, {}),
    _tool_variation("no-id", {"index": 0}, {"index": 0}),
    _tool_variation("first-index-1", {"index": 1, "id": "call_1"}, {"index": 1}),
    _reasoning("reasoning_content"),
    _reasoning("reasoning"),
    _fails(10, "html", faults.html(), errors.BadAnswer),
)


# --- speech: every one of them must yield the same sound ------------------------------------------------------------


def _pcm(request: Request) -> bytes:
    return tone(str((request.json or {}).get("input", ""))).tobytes()


def _as_pcm(request: Request) -> Request:
    return replace(request, json={**request.json, "response_format": "pcm", "stream_format": "audio"})


def _wav_for_pcm(size_known: bool) -> Responder:
    def answer(request: Request) -> Answer:
        sound = _pcm(request)
        header = wav_header(len(sound)) if size_known else wav_header()
        pieces = (header[:20], header[20:] + sound[:1001], sound[1001:])
        return Answer(tuple(map(Piece, pieces)), headers={"Content-Type": "audio/wav"})

    return answer


def _typed(content_type: str | None) -> Responder:
    def answer(request: Request) -> Answer:
        headers = {} if content_type is None else {"Content-Type": content_type}
        return replace(speech(SpeechScript(), _as_pcm(request)), headers=headers)

    return answer


def _odd_chunks(request: Request) -> Answer:
    """Pieces of an odd number of bytes: samples are split."""
    sound = _pcm(request)
    return Answer(
        tuple(Piece(sound[i : i + 333]) for i in range(0, len(sound), 333)), headers={"Content-Type": "audio/pcm"}
    )


def _speaks(name: str, answer: Answer | Responder) -> Variation:
    return Variation(14, name, SPEECH, answer, text="")


SPEECH_VARIATIONS = (
    _speaks("wav-of-unknown-length", _wav_for_pcm(size_known=False)),
    _speaks("wav-for-pcm", _wav_for_pcm(size_known=True)),
    _speaks("stream-format-ignored", lambda request: speech(SpeechScript(), _as_pcm(request))),
    _speaks("no-content-type", _typed(None)),
    _speaks("generic-content-type", _typed("application/octet-stream")),
    _speaks("wrong-content-type", _typed("audio/mpeg")),
    _speaks("split-samples", _odd_chunks),
    Variation(14, "html", SPEECH, faults.html(), error=errors.BadAnswer),
    Variation(14, "json-error-in-200", SPEECH, json_answer(STREAM_ERROR), error=errors.ProviderError),
)


# --- hearing --------------------------------------------------------------------------------------------------------


def _ndjson(_request: Request) -> Answer:
    lines = [{"text": word, "is_final": False} for word in ("Grüß", "Grüß Gott,")]
    body = "".join(json.dumps(line) + "\n" for line in (*lines, {"text": HEARD.text, "is_final": True}))
    return plain(body.encode(), "application/x-ndjson")


def _events_unasked(request: Request) -> Answer:
    asked = replace(request, parts=(*request.parts, replace(request.parts[0], name="stream", data=b"true")))
    return transcription(HEARD, asked)


_LINES = (b'id: 1\ndata: {"type": "transcript.text.done",\n', f'data: "text": {json.dumps(HEARD.text)}}}\n\n'.encode())


def _bytewise(answer: Answer) -> Answer:
    """Return *answer* with every byte in a piece of its own."""
    whole = b"".join(piece.data for piece in answer.pieces)
    return replace(answer, pieces=tuple(Piece(whole[i : i + 1]) for i in range(len(whole))), headers=answer.headers)


def _hears(number: int, name: str, answer: Answer | Responder) -> Variation:
    return Variation(number, name, HEARING, answer, text=HEARD.text)


HEARING_VARIATIONS = (
    _hears(10, "events-for-plain", _events_unasked),
    _hears(15, "ndjson", _ndjson),
    _hears(15, "text-plain", plain(HEARD.text.encode() + b"\n", "text/plain; charset=utf-8")),
    _hears(15, "json-for-text", json_answer({"text": HEARD.text})),
    _hears(15, "no-usage", json_answer({"text": f" {HEARD.text} "})),
    _hears(7, "utf8-split", _bytewise(json_answer({"text": HEARD.text}))),
    _hears(5, "events-over-several-lines", faults.stream(*_LINES)),
    replace(_hears(16, "full-path-as-base-url", json_answer({"text": HEARD.text})), base_url_suffix=HEARING),
    Variation(8, "error-in-200", HEARING, json_answer(STREAM_ERROR), error=errors.ProviderDown),
    Variation(8, "empty-body", HEARING, faults.empty_stream(), error=errors.BadAnswer),
    Variation(9, "detail", HEARING, faults.odd_error(422, {"detail": [{"msg": "x"}]}), error=errors.BadRequest),
    Variation(9, "string-error", HEARING, faults.odd_error(500, {"error": "out of memory"}), error=errors.ProviderDown),
    Variation(9, "code-as-text", HEARING, faults.odd_error(429, LITELLM_429), error=errors.RateLimited),
    Variation(15, "html", HEARING, faults.html(), error=errors.BadAnswer),
    Variation(15, "broken-json", HEARING, faults.rubbish(), error=errors.BadAnswer),
)


# --- images ---------------------------------------------------------------------------------------------------------


def _by_url(request: Request) -> Answer:
    url = f"http://{request.headers['host']}/v1{PICTURE_PATH}"
    return json_answer({"created": 1, "data": [{"url": url}]})


def _refuses_response_format(request: Request) -> Answer:
    if "response_format" in (request.json or {}):
        return faults.error(400, "Unknown parameter: 'response_format'.", param="response_format")
    return json_answer({"created": 1, "data": [{"b64_json": base64.b64encode(ONE_PIXEL_PNG).decode()}]})


IMAGE_VARIATIONS = (
    Variation(16, "url-only", IMAGES, _by_url, text=""),
    Variation(16, "response-format-refused", IMAGES, _refuses_response_format, text=""),
    Variation(16, "full-path-as-base-url", IMAGES, _refuses_response_format, text="", base_url_suffix=IMAGES),
    replace(_works(16, "full-path-as-base-url", _stream((*_chunks(), sse.DONE))), base_url_suffix=CHAT),
)
