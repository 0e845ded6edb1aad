"""The judge is judged: wrong requests are caught, right ones and the server's own answers pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server import audio_answers, chat_answers, media_answers, responses_answers
from tests.server.multipart import Part, parse_multipart
from tests.server.script import (
    ChatScript,
    HearingScript,
    ImageScript,
    ModerationScript,
    Script,
    SpeechScript,
    ToolCallScript,
)
from tests.server.spec_check import openai_spec
from tests.server.wire import Answer, Request

AUDIO = Part("file", b"RIFF", "take.wav", "audio/wav")
MODEL = Part("model", b"gpt-transcribe")
USER = {"role": "user", "content": "hello"}

WRONG_JSON = [
    ("/chat/completions", {"messages": [USER]}, "model"),
    ("/chat/completions", {"model": "m", "messages": [USER], "shouting": True}, "unknown field 'shouting'"),
    ("/chat/completions", {"model": "m", "messages": [{"role": "wizard", "content": "x"}]}, "messages/0"),
    ("/chat/completions", {"model": "m", "messages": [USER], "temperature": 9}, "temperature"),
    ("/chat/completions", {"model": "m", "messages": [USER], "stream": "yes"}, "stream"),
    ("/responses", {"model": "m", "input": [{"role": "wizard", "content": "x"}]}, "input"),
    ("/responses", {"model": "m", "input": "hi", "messages": []}, "unknown field 'messages'"),
    ("/responses", {"model": "m", "input": "hi", "reasoning": {"effort": "heroic"}}, "reasoning"),
    ("/audio/speech", {"model": "m", "input": "hi"}, "voice"),
    ("/audio/speech", {"model": "m", "input": "hi", "voice": "alloy", "speed": 9}, "speed"),
    ("/audio/speech", {"model": "m", "input": "x" * 4097, "voice": "alloy"}, "too long"),
    ("/audio/speech", {"model": "m", "input": "hi", "voice": "alloy", "format": "pcm"}, "format"),
    ("/moderations", {"model": "omni-moderation-latest"}, "input"),
    ("/images/generations", {"prompt": "x", "model": "gpt-image-2", "n": 99}, "n"),
    ("/embeddings", {"input": "x"}, "model"),
    ("/audio/transcriptions", {"model": "m"}, "no JSON body"),
    ("/responses", None, "body"),
    ("/chat/completions", {"model": "m", "messages": [USER | {"mood": 1}]}, "unknown field messages/0/'mood'"),
    (
        "/chat/completions",
        {"model": "m", "messages": [USER], "stream_options": {"usage": True}},
        "stream_options/'usage'",
    ),
    ("/responses", {"model": "m", "input": "hi", "tools": [{"type": "web_search", "deep": True}]}, "tools/0/'deep'"),
    (
        "/responses",
        {"model": "m", "input": [USER | {"content": [{"type": "input_text", "text": "x", "lang": "en"}]}]},
        "'lang'",
    ),
    ("/vector_stores", {"name": "x", "expires_after": {"anchor": "last_active_at", "days": 1, "hours": 2}}, "'hours'"),
]


@pytest.mark.parametrize(("path", "body", "word"), WRONG_JSON)
def test_a_wrong_json_request_is_caught(path: str, body: object, word: str) -> None:
    assert word in "\n".join(openai_spec().json_request(path, body))


RIGHT_JSON: list[tuple[str, dict[str, Any]]] = [
    ("/chat/completions", {"model": "m", "messages": [USER], "stream": True, "stream_options": None}),
    ("/chat/completions", {"model": "m", "messages": [USER], "max_completion_tokens": None, "stop": None}),
    ("/chat/completions", {"model": "m", "messages": [USER, {"role": "assistant", "content": "x"}, USER]}),
    ("/responses", {"model": "m", "input": [USER], "instructions": "x", "store": False, "stream": True}),
    (
        "/responses",
        {
            "model": "m",
            "input": [
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
                {"type": "function_call", "call_id": "c", "name": "clock", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "noon"},
            ],
            "tools": [{"type": "function", "name": "clock", "parameters": {"type": "object"}, "strict": False}],
        },
    ),
    ("/audio/speech", {"model": "m", "input": "hi", "voice": {"id": "voice_1"}, "response_format": "pcm"}),
    ("/moderations", {"input": ["a", "b"]}),
    ("/images/generations", {"prompt": "x", "model": "gpt-image-2", "n": None}),
    ("/embeddings", {"input": ["x"], "model": "text-embedding-3-small"}),
    (
        "/batches",
        {"input_file_id": "f", "endpoint": "/v1/responses", "completion_window": "24h", "metadata": {"any": "x"}},
    ),
]


@pytest.mark.parametrize(("path", "body"), RIGHT_JSON)
def test_a_right_json_request_passes(path: str, body: object) -> None:
    assert openai_spec().json_request(path, body) == []


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ((MODEL,), "'file' is a required property"),
        ((AUDIO,), "'model' is a required property"),
        ((MODEL, Part("file", b"RIFF")), "must be a file"),
        ((AUDIO, MODEL, MODEL), "given twice"),
        ((AUDIO, MODEL, Part("colour", b"red")), "colour"),
        ((AUDIO, MODEL, Part("temperature", b"warm")), "temperature"),
        ((AUDIO, MODEL, Part("stream", b"maybe")), "stream"),
        ((AUDIO, MODEL, Part("languages", b"en")), "languages"),
        ((AUDIO, MODEL, Part("response_format", b"smoke")), "response_format"),
    ],
)
def test_a_wrong_form_is_caught(parts: tuple[Part, ...], word: str) -> None:
    assert word in "\n".join(openai_spec().multipart_request("/audio/transcriptions", parts))


def test_a_right_form_passes() -> None:
    extra = (Part("languages[]", b"en"), Part("languages[]", b"de"), Part("temperature", b"0.2"))
    switches = (Part("stream", b"true"), Part("prompt", b"12"))
    assert openai_spec().multipart_request("/audio/transcriptions", (AUDIO, MODEL, *extra, *switches)) == []


def test_multipart_keeps_binary_data_with_line_ends() -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n\r\n\x00--B\r\n\r\n--B--\r\n'
    (part,) = parse_multipart("multipart/form-data; boundary=B", body)
    assert (part.filename, part.data) == ("a.wav", b"\r\n\x00--B\r\n")


@pytest.mark.parametrize("body", [b"", b"--B\r\n\r\nx", b"--C--\r\n", b"--B\r\nno header\r\n--B--\r\n"])
def test_malformed_multipart_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="multipart"):
        parse_multipart("multipart/form-data; boundary=B", body)


# --- the server's own answers ---------------------------------------------------------------------------------

TOOLS = ChatScript(tokens=(), tool_calls=(ToolCallScript("clock", '{"zone": "UTC"}'),))
THINKING = ChatScript(reasoning=("Hm", "..."), finish="length")


def asked(path: str, **body: Any) -> Request:
    return Request("POST", path, "", {}, 0.0, json=body)


def payloads(answer: Answer) -> list[Any]:
    text = b"".join(piece.data for piece in answer.pieces).decode()
    lines = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"] if lines else [json.loads(text)]


@pytest.mark.parametrize("script", [ChatScript(), TOOLS, THINKING])
@pytest.mark.parametrize("stream", [True, False])
def test_chat_answers_keep_to_the_specification(script: ChatScript, stream: bool) -> None:
    options = {"include_usage": True}
    answer = chat_answers.chat_completion(script, asked("/chat/completions", stream=stream, stream_options=options))
    name = "CreateChatCompletionStreamResponse" if stream else "CreateChatCompletionResponse"
    for payload in payloads(answer):
        assert openai_spec().schema_errors(name, payload) == []


@pytest.mark.parametrize("script", [ChatScript(), TOOLS, THINKING])
@pytest.mark.parametrize("stream", [True, False])
def test_responses_answers_keep_to_the_specification(script: ChatScript, stream: bool) -> None:
    answer = responses_answers.ResponseRoom().answer(script, asked("/responses", model="m", stream=stream))
    sent = payloads(answer)
    for payload in sent:
        assert openai_spec().schema_errors("ResponseStreamEvent" if stream else "Response", payload) == []
    if stream:
        assert [payload["sequence_number"] for payload in sent] == list(range(len(sent)))


def test_other_answers_keep_to_the_specification() -> None:
    request = asked("/x", input=["a", "b"], model="m", n=2)
    streamed = Request("POST", "/x", "", {}, 0.0, parts=(Part("stream", b"true"),))
    *deltas, done = payloads(audio_answers.transcription(HearingScript(), streamed))
    *sounds, end = payloads(audio_answers.speech(SpeechScript(), asked("/x", input="hi", stream_format="sse")))
    judged = [
        *(("TranscriptTextDeltaEvent", delta) for delta in deltas),
        ("TranscriptTextDoneEvent", done),
        *(("SpeechAudioDeltaEvent", sound) for sound in sounds),
        ("SpeechAudioDoneEvent", end),
        ("CreateTranscriptionResponseJson", *payloads(audio_answers.transcription(HearingScript(), request))),
        ("ListModelsResponse", *payloads(media_answers.models(Script(), request))),
        ("ImagesResponse", *payloads(media_answers.image(ImageScript(), request))),
        ("CreateModerationResponse", *payloads(media_answers.moderation(ModerationScript(), request))),
        ("CreateEmbeddingResponse", *payloads(media_answers.embeddings(Script(), request))),
    ]
    assert [openai_spec().schema_errors(name, value) for name, value in judged] == [[]] * len(judged)
