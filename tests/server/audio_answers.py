"""What a server that keeps to the specification answers to /audio requests."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Iterator
from dataclasses import replace

from tests.server.script import SPEECH_RATE_HZ, HearingScript, SpeechScript
from tests.server.sse import SSE_HEADERS, event
from tests.server.wire import Answer, Framing, Piece, Request

USAGE = {"type": "tokens", "input_tokens": 14, "output_tokens": 9, "total_tokens": 23}
AUDIO_TYPES = {"pcm": "audio/pcm", "wav": "audio/wav", "flac": "audio/flac", "opus": "audio/opus", "mp3": "audio/mpeg"}


def hearing(script: HearingScript, request: Request) -> Answer:
    """Answer both endpoints that turn sound into words."""
    return (translation if request.path.endswith("/translations") else transcription)(script, request)


def transcription(script: HearingScript, request: Request) -> Answer:
    """Answer POST /audio/transcriptions: JSON of the form that was asked for, text, or with stream=true events."""
    at_s = script.service_ms / 1000
    if script.hear is not None:
        script = replace(script, text=script.hear(next(part.data for part in request.parts if part.name == "file")))
    form = request.field("response_format") or "json"
    if request.field("stream") == "true":
        events = _diarized_events(script) if form == "diarized_json" else _transcript_events(script, request)
        return Answer(tuple(events), headers=SSE_HEADERS)
    match form:
        case "text":
            return plain(script.text.encode() + b"\n", "text/plain; charset=utf-8", at_s)
        case "verbose_json":
            return json_answer(_verbose(script, "transcribe", script.text), at_s)
        case "diarized_json":
            said = " ".join(words for _who, _start, _end, words in script.voices)
            body = {"task": "transcribe", "duration": 1.5, "text": said, "segments": list(_diarized(script))}
            return json_answer(body | {"usage": USAGE}, at_s)
        case _:
            return json_answer({"text": script.text, "usage": USAGE} | _scores(script, request), at_s)


def translation(script: HearingScript, request: Request) -> Answer:
    """Answer POST /audio/translations."""
    at_s = script.service_ms / 1000
    if request.field("response_format") == "verbose_json":
        return json_answer(_verbose(script, "translate", script.english), at_s)
    return json_answer({"text": script.english}, at_s)


def _verbose(script: HearingScript, task: str, text: str) -> dict[str, object]:
    place = {"id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": text, "tokens": []}
    scores = {"temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.01}
    return {"task": task, "language": script.language, "duration": 1.0, "text": text, "segments": [place | scores]}


def _scores(script: HearingScript, request: Request) -> dict[str, object]:
    """The log probabilities, where they were asked for; every word is two tokens."""
    if request.field("include[]") != "logprobs":
        return {}
    words = enumerate(script.text.split(" "))
    return {"logprobs": [token for number, word in words for token in _tokens(script, number, word)]}


def _tokens(script: HearingScript, number: int, word: str) -> Iterator[dict[str, object]]:
    raw = ((" " if number else "") + word).encode()
    for piece in (raw[:2], raw[2:]):
        logprob = -2.5 if word in script.weak and piece == raw[:2] else -0.01
        if piece:
            yield {"token": piece.decode("utf-8", "replace"), "logprob": logprob, "bytes": list(piece)}


def _transcript_events(script: HearingScript, request: Request) -> Iterator[Piece]:
    words = script.text.split(" ")
    for number, word in enumerate(words):
        delta = (" " if number else "") + word
        at_s = script.service_ms / 1000 * (number + 1) / (len(words) + 1)
        yield Piece(event({"type": "transcript.text.delta", "delta": delta}), at_s, "delta")
    done = {"type": "transcript.text.done", "text": script.text, "usage": USAGE} | _scores(script, request)
    yield Piece(event(done), script.service_ms / 1000, "done")


def _diarized(script: HearingScript) -> Iterator[dict[str, object]]:
    for number, (who, start_s, end_s, words) in enumerate(script.voices):
        place = {"start": start_s, "end": end_s, "speaker": who, "text": words}
        yield {"type": "transcript.text.segment", "id": f"seg_{number}"} | place


def _diarized_events(script: HearingScript) -> Iterator[Piece]:
    for number, segment in enumerate(_diarized(script)):
        at_s = script.service_ms / 1000 * (number + 1) / (len(script.voices) + 1)
        yield Piece(event(segment), at_s, "segment")
    said = " ".join(words for _who, _start, _end, words in script.voices)
    yield Piece(event({"type": "transcript.text.done", "text": said, "usage": USAGE}), script.service_ms / 1000, "done")


def speech(script: SpeechScript, request: Request) -> Answer:
    """Answer POST /audio/speech: streamed PCM, WAV or SSE on time; other formats as a whole file."""
    wanted = request.json if isinstance(request.json, dict) else {}
    sound = script.sound(str(wanted.get("input", ""))).tobytes()
    kind = wanted.get("response_format", "mp3")
    if wanted.get("stream_format") == "sse":
        return Answer(tuple(_speech_events(script, sound)), headers=SSE_HEADERS)
    headers = {"Content-Type": AUDIO_TYPES.get(kind, "application/octet-stream")}
    if kind == "pcm":
        return Answer(tuple(timed_sound(script, sound)), headers=headers)
    if kind == "wav":
        first, *rest = timed_sound(script, sound)
        return Answer((Piece(wav_header() + first.data, first.at_s, first.mark), *rest), headers=headers)
    return Answer((Piece(encoded(sound, kind), script.first_byte_ms / 1000, "audio"),), headers=headers)


def timed_sound(script: SpeechScript, sound: bytes) -> Iterator[Piece]:
    """Cut *sound* into blocks, each due when a server of the scripted speed has made it."""
    size = int(SPEECH_RATE_HZ * script.block_ms / 1000) * 2
    pace_s = script.block_ms / 1000 / script.times_real_time if script.times_real_time else 0.0
    for number, start in enumerate(range(0, max(len(sound), 1), size)):
        yield Piece(sound[start : start + size], script.first_byte_ms / 1000 + number * pace_s, "audio")


def _speech_events(script: SpeechScript, sound: bytes) -> Iterator[Piece]:
    at_s = 0.0
    for piece in timed_sound(script, sound):
        at_s = piece.at_s
        audio = base64.b64encode(piece.data).decode()
        yield Piece(event({"type": "speech.audio.delta", "audio": audio}), at_s, "audio")
    usage = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}
    yield Piece(event({"type": "speech.audio.done", "usage": usage}), at_s, "done")


def wav_header(data_bytes: int = 0xFFFFFFFF, rate_hz: int = SPEECH_RATE_HZ) -> bytes:
    """A WAV header; by default of unknown length, as OpenAI streams it."""
    riff_bytes = min(0xFFFFFFFF, data_bytes + 36)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", riff_bytes, b"WAVE") + form + struct.pack("<4sI", b"data", data_bytes)


def encoded(pcm: bytes, kind: str) -> bytes:
    """Encode PCM as flac, mp3 or opus."""
    import numpy as np
    import soundfile

    file = io.BytesIO()
    container, subtype = {"flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS")}.get(kind, ("MP3", "MPEG_LAYER_III"))
    soundfile.write(file, np.frombuffer(pcm, np.int16), SPEECH_RATE_HZ, format=container, subtype=subtype)
    return file.getvalue()


def plain(data: bytes, content_type: str, at_s: float = 0.0, status: int = 200) -> Answer:
    """Answer with a whole body of known length."""
    return Answer((Piece(data, at_s),), status, {"Content-Type": content_type}, Framing.LENGTH)


def json_answer(body: object, at_s: float = 0.0, status: int = 200) -> Answer:
    """Answer with JSON."""
    return plain(json.dumps(body).encode(), "application/json", at_s, status)
