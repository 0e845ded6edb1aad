"""How sure a recogniser was of each word: from the log probabilities of tokens, or as told word by word. No socket."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from voiceapp.core.transcript import Word
from voiceapp.openai_api.text_joiner import whole


def words_in(objects: Sequence[Mapping[str, Any]]) -> tuple[Word, ...]:
    """Return the words with their certainty, from tokens with ``logprobs`` or from words with ``probability``."""
    last = objects[-1] if objects else {}
    tokens = last.get("logprobs")
    if not isinstance(tokens, list) or last.get("type") == "transcript.text.delta":
        tokens = [token for o in objects if isinstance(o.get("logprobs"), list) for token in o["logprobs"]]
    if tokens:
        return _joined(tokens)
    rows = last.get("words")
    return tuple(
        Word(whole(str(row.get("word") or row.get("text") or "")).strip(), _certainty(row["probability"]))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping) and isinstance(row.get("probability"), int | float)
    )


def _joined(tokens: Sequence[object]) -> tuple[Word, ...]:
    """Put tokens together to words; characters may be split between tokens, so words are bytes until they end."""
    words: list[Word] = []
    spelling, lowest = b"", 1.0

    def end() -> None:
        text = spelling.decode("utf-8", "replace").strip()
        if text:
            words.append(Word(text, lowest))

    for token in tokens:
        if not isinstance(token, Mapping) or not isinstance(token.get("logprob"), int | float):
            continue
        piece = _bytes(token)
        if piece[:1].isspace():
            end()
            spelling, lowest = b"", 1.0
        spelling += piece
        if any(char.isalnum() for char in piece.decode("utf-8", "ignore")) or not piece.isascii():
            lowest = min(lowest, _certainty(math.exp(min(0.0, float(token["logprob"])))))
    end()
    return tuple(words)


def _bytes(token: Mapping[str, Any]) -> bytes:
    raw = token.get("bytes")
    if isinstance(raw, list) and raw and all(isinstance(value, int) and 0 <= value < 256 for value in raw):
        return bytes(raw)
    return str(token.get("token") or "").encode("utf-8", "replace")


def _certainty(value: float) -> float:
    return round(min(1.0, max(0.0, float(value))), 4)
