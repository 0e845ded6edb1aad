"""What a chat model that speaks answers: words and sound in the deltas of ``audio``.

Asked to read aloud (the instructions say so), it speaks the text of the last message; otherwise the scripted reply.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from tests.server import sse
from tests.server.audio_answers import timed_sound
from tests.server.chat_answers import chat_completion, chunk, finish_of
from tests.server.script import ChatScript, SpeechScript
from tests.server.wire import Answer, Piece, Request

AUDIO_ID = "audio_1"
EXPIRES_AT = 4_000_000_000
USAGE: Mapping[str, Any] = {
    "prompt_tokens": 50,
    "completion_tokens": 110,
    "total_tokens": 160,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 20},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 90},
}


def chat(script: ChatScript, voice: SpeechScript, request: Request) -> Answer:
    """Answer POST /chat/completions, with sound where the request asks for it."""
    wanted = request.json if isinstance(request.json, dict) else {}
    if "audio" not in (wanted.get("modalities") or ()):
        return chat_completion(script, request)
    return Answer(tuple(sounding_pieces(script, voice, wanted)), headers=sse.SSE_HEADERS)


def sounding_pieces(script: ChatScript, voice: SpeechScript, wanted: Mapping[str, Any]) -> Iterator[Piece]:
    """Yield the stream: the sound's name, words and sound side by side, when it expires, usage, [DONE]."""
    model = str(wanted.get("model", ""))
    words = spoken_words(script, wanted)
    head = {"role": "assistant", "content": None, "audio": {"id": AUDIO_ID, "transcript": ""}}
    yield Piece(sse.data(chunk(model, head)), script.first_token_ms / 1000)
    at_s = script.first_token_ms / 1000
    blocks = list(timed_sound(voice, voice.sound("".join(words)).tobytes()))
    share = max(1, len(blocks) // max(1, len(words)))
    for number, block in enumerate(blocks):
        at_s = max(at_s, script.first_token_ms / 1000 + block.at_s)
        if number % share == 0 and words:
            yield Piece(sse.data(chunk(model, {"audio": {"transcript": words.pop(0)}})), at_s, "token")
        data = base64.b64encode(block.data).decode()
        yield Piece(sse.data(chunk(model, {"audio": {"data": data}})), at_s, "audio")
    if words:
        yield Piece(sse.data(chunk(model, {"audio": {"transcript": "".join(words)}})), at_s, "token")
    yield Piece(sse.data(chunk(model, {"audio": {"expires_at": EXPIRES_AT}})), at_s)
    yield Piece(sse.data(chunk(model, {}, finish_of(script))), at_s, "finish")
    if (wanted.get("stream_options") or {}).get("include_usage"):
        yield Piece(sse.data({**chunk(model, {}), "choices": [], "usage": USAGE}), at_s, "usage")
    yield Piece(sse.DONE, at_s, "done")


def spoken_words(script: ChatScript, wanted: Mapping[str, Any]) -> list[str]:
    """Return what is said, in pieces."""
    messages = wanted.get("messages") or [{}]
    if "read it aloud" in str(messages[0].get("content", "")):
        return [str(messages[-1].get("content", ""))]
    return list(script.tokens)
