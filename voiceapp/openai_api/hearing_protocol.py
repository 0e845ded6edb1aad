"""Transcription in both directions: our request to form fields, every kind of answer to a transcript. No socket."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from voiceapp.core.models import Model
from voiceapp.core.speech import Basis, HearingRequest, Segment, Transcript, Usage
from voiceapp.openai_api.sse import UNREADABLE, EventDecoder, NotTheProtocol, is_html
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.word_scores import words_in

LIKE_WHISPER = frozenset({"language", "prompt"})
"""What a model takes that the table does not know: nearly all of them imitate whisper-1."""
DIARIZED = "diarized_json"
UNKNOWN_FORMATS = ("json",)
"""Every server answers JSON; many that are no Whisper refuse anything else."""
UNCHUNKED_S = 30.0
"""Beyond, a model that tells speakers wants to be told how to cut the sound."""
MAX_KEYWORDS = 100
MAX_PROMPT_CHARS = 800
"""About the 224 tokens of which Whisper's family only reads the last."""


def form_fields(
    request: HearingRequest, model: str, known: Model, seconds: float = 0.0, *, is_streamed: bool = False
) -> dict[str, Any]:
    """Return the fields beside the file, each in the form that the model accepts.

    Args:
        request: what is wanted.
        model: as it is sent.
        known: what the table knows about it.
        seconds: how long the sound is.
        is_streamed: the words are wanted as they come.
    """
    accepts = known.accepts or LIKE_WHISPER
    fields: dict[str, Any] = {"model": model, "response_format": answer_format(request, known)}
    if request.language:
        if "languages" in accepts:
            fields["languages"] = [request.language]
        elif "language" in accepts:
            fields["language"] = request.language
    fields |= hints(request, accepts)
    if "logprobs" in accepts and request.are_scores_wanted and fields["response_format"] == "json":
        fields["include"] = ["logprobs"]
    if fields["response_format"] == DIARIZED or ("chunking_strategy" in accepts and seconds > UNCHUNKED_S):
        fields["chunking_strategy"] = "auto"
    if is_streamed and "stream" in accepts:
        fields["stream"] = True
    return {name: value for name, value in fields.items() if name not in known.refuses}


def translation_fields(request: HearingRequest, model: str, known: Model) -> dict[str, Any]:
    """Return the fields beside the file for words in English; that endpoint takes no language and no keywords."""
    is_timed = request.is_recording and "verbose_json" in known.formats
    fields: dict[str, Any] = {"model": model, "response_format": "verbose_json" if is_timed else "json"}
    return fields | hints(request, frozenset({"prompt"}))


def answer_format(request: HearingRequest, known: Model) -> str:
    """Return the ``response_format`` that tells most of what is wanted, of those that the model takes."""
    formats = known.formats or UNKNOWN_FORMATS
    if request.are_speakers_told and (DIARIZED in formats or not known.jobs):
        return DIARIZED
    if request.is_recording and "verbose_json" in formats:
        return "verbose_json"
    return "json" if "json" in formats else formats[0]


def hints(request: HearingRequest, accepts: frozenset[str]) -> dict[str, Any]:
    """Return context and terms: terms as keywords where there are such, else at the prompt's end."""
    fields: dict[str, Any] = {}
    terms = [term for term in map(_keyword, request.vocabulary) if term][:MAX_KEYWORDS]
    prompt = whole(request.prompt).strip()
    if "keywords" in accepts:
        if terms:
            fields["keywords"] = terms
    elif terms:
        prompt = f"{prompt} {', '.join(terms)}".strip()
    if prompt and "prompt" in accepts:
        fields["prompt"] = prompt[-MAX_PROMPT_CHARS:]
    return fields


def _keyword(term: str) -> str:
    """A keyword is one line without angle brackets."""
    return " ".join(whole(term).replace("<", " ").replace(">", " ").split())


def objects_in(data: bytes) -> list[dict[str, Any]]:
    """Return what *data* holds: the objects of JSON, JSON lines or events; plain text as ``{"text": ...}``.

    Raises NotTheProtocol for a web page and for JSON that is broken.
    """
    if not data:
        return []
    text = data.decode("utf-8", "replace").lstrip("\ufeff")
    if is_html(text):
        raise NotTheProtocol("html")
    head = text.lstrip()[:6]
    if head.startswith(("{", "[", "data:", "event:", ": ", ":\n")):
        events = EventDecoder()
        return [*events.push(data), *events.finish()]
    try:
        value = json.loads(text)
    except UNREADABLE:
        value = text  # response_format "text" is not JSON
    return [{"text": value if isinstance(value, str) else text}]


def transcript_from(objects: Sequence[Mapping[str, Any]], provider: str, model: str, seconds: float) -> Transcript:
    """Return the transcript in *objects*. Raises NotTheProtocol where there is none.

    *seconds* is how much sound was sent: services that charge by the minute rarely say so in their answer.
    """
    last = objects[-1] if objects else {}
    text = _text(objects)
    if text is None:
        raise NotTheProtocol("rubbish" if objects else "empty")
    told = hearing_amounts(last.get("usage"))
    basis = Basis.REPORTED if "seconds" in told else Basis.MEASURED
    return Transcript(
        text=whole(text).strip(),
        language=language_in(last),
        segments=_segments(objects),
        words=words_in(objects),
        usage=Usage(provider, model, {"seconds": seconds} | told, basis),
    )


def hearing_amounts(usage: object) -> dict[str, float]:
    """Return ``Usage.amounts`` from a transcription's usage object; what it does not say is absent."""
    if not isinstance(usage, Mapping):
        return {}
    details = usage.get("input_token_details") or {}
    amounts = {
        "seconds": usage.get("seconds"),
        "audio_in": details.get("audio_tokens"),
        "text_in": details.get("text_tokens"),
        "text_out": usage.get("output_tokens"),
    }
    return {kind: float(amount) for kind, amount in amounts.items() if isinstance(amount, int | float)}


def _text(objects: Sequence[Mapping[str, Any]]) -> str | None:
    """The words: of the final object, of deltas joined, or of pieces that either grow or follow each other."""
    final = [o for o in objects if o.get("type") == "transcript.text.done" or o.get("is_final") is True]
    if final and isinstance(final[-1].get("text"), str):
        return str(final[-1]["text"])
    deltas = [str(o["delta"]) for o in objects if o.get("type") == "transcript.text.delta" and "delta" in o]
    if deltas:
        return "".join(deltas)
    accumulated = [o["accumulated"] for o in objects if isinstance(o.get("accumulated"), str)]
    if accumulated:
        return str(accumulated[-1])
    pieces = [str(o["text"]) for o in objects if isinstance(o.get("text"), str)]
    if not pieces:
        return None
    growing = all(after.startswith(before.rstrip()) for before, after in pairwise(pieces))
    return pieces[-1] if growing else "".join(pieces)


def language_in(answer: Mapping[str, Any]) -> str:
    """Return the language that an answer tells, ISO 639-1; "" where it tells none."""
    language = answer.get("language")
    if isinstance(language, str):
        return language if len(language) == 2 else ""
    languages = answer.get("languages")
    first = languages[0] if isinstance(languages, list) and languages else ""
    code = first.get("code", "") if isinstance(first, Mapping) else first
    return str(code)[:2]


def _segments(objects: Sequence[Mapping[str, Any]]) -> tuple[Segment, ...]:
    rows = objects[-1].get("segments") if objects else None
    if not isinstance(rows, list):
        rows = [o for o in objects if o.get("type") == "transcript.text.segment"]
    segments: list[Segment] = []
    for row in rows:
        if isinstance(row, Mapping) and isinstance(row.get("start"), int | float):
            end = row.get("end")
            end_s = float(end) if isinstance(end, int | float) else float(row["start"])
            text = whole(str(row.get("text") or "")).strip()
            segments.append(Segment(float(row["start"]), end_s, text, str(row.get("speaker") or "")))
    return tuple(segments)
