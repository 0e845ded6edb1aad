"""Live transcription both ways: our wishes to client events, server events to the words of one take. No socket.

The service's names of today (GA) are sent; those of the retired beta, explicit nulls, and items that come without being
announced are understood, since compatible servers still speak so.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, TypeAlias

from voiceapp.core.cutting import run_together
from voiceapp.core.models import Model
from voiceapp.core.speech import Basis, HearingRequest, Transcript, Usage
from voiceapp.openai_api.hearing_protocol import LIKE_WHISPER, hearing_amounts, hints, language_in
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.word_scores import words_in

Event: TypeAlias = Mapping[str, Any]

RATE_HZ = 24_000
"""The one rate of PCM that the service takes."""
COMMIT: Event = {"type": "input_audio_buffer.commit"}
_TRANSCRIPTION = "conversation.item.input_audio_transcription."
_EMPTY = "input_audio_buffer_commit_empty"


class Ignored(Exception):
    """The server acknowledged our wishes and did not take them over."""


def session_update(request: HearingRequest, model: str, known: Model) -> dict[str, Any]:
    """Return what makes a fresh session write down what it hears, and wait for our word where the take ends."""
    accepts = known.accepts or LIKE_WHISPER
    transcription: dict[str, Any] = {"model": model} | hints(request, accepts)
    if request.language and "languages" in accepts:
        transcription["languages"] = [request.language]
    elif request.language and "language" in accepts:
        transcription["language"] = request.language
    sound = {
        "format": {"type": "audio/pcm", "rate": RATE_HZ},
        "transcription": {name: value for name, value in transcription.items() if name not in known.refuses},
        "turn_detection": None,
    }
    session: dict[str, Any] = {"type": "transcription", "audio": {"input": sound}}
    if request.are_scores_wanted and "logprobs" in accepts:
        session["include"] = ["item.input_audio_transcription.logprobs"]
    return {"type": "session.update", "session": session}


def append(pcm: bytes) -> dict[str, Any]:
    """Return the event that carries *pcm*, 16 bit at :data:`RATE_HZ`."""
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()}


class Take:
    """One take's words as the server tells them, utterance by utterance.

    Attributes:
        is_committed: we said that the take has ended.
        error: what the server complained of, as its error object.
        early: what it complained of before its greeting; some do and work all the same.
    """

    def __init__(self, model: str) -> None:
        self.is_committed = False
        self.error: Event | None = None
        self.early: Event | None = None
        self._is_greeted = False
        self._model = model
        self._order: list[str] = []
        self._words: dict[str, str] = {}
        self._ends: dict[str, Event] = {}
        self._answers = 0

    def take(self, event: Event) -> bool:
        """Take in a server event; True where the words have changed. Raises Ignored."""
        kind, item = str(event.get("type") or ""), str(event.get("item_id") or "")
        match kind.removeprefix(_TRANSCRIPTION):
            case "delta":
                self._note(item)
                self._words[item] += str(event.get("delta") or "")
                return bool(event.get("delta"))
            case "completed":
                self._note(item)
                self._words[item] = str(event.get("transcript") or self._words[item])
                self._ends[item] = event
                return True
            case "failed":
                self.error = _object(event.get("error")) or {"message": "failed"}
            case "input_audio_buffer.committed":
                self._note(item, str(event.get("previous_item_id") or ""))
                self._answers += self.is_committed
            case "session.created" | "transcription_session.created":
                self._is_greeted, self.early = True, None
            case "session.updated" | "transcription_session.updated":
                self._is_greeted, self.early = True, None
                self._check(_object(event.get("session")))
            case "error":
                self._complain(_object(event.get("error")) or {"message": str(event.get("error") or "")})
        return False

    @property
    def text(self) -> str:
        """The words so far."""
        return run_together([whole(self._words[item]) for item in self._order])

    @property
    def is_over(self) -> bool:
        """Whether every utterance has its last word."""
        if not self.is_committed or any(item not in self._ends for item in self._order):
            return False
        return self._answers > 0 or bool(self._ends)

    def transcript(self, provider: str, seconds: float) -> Transcript:
        """Return the words, and what they took: *seconds* of sound where the server does not say."""
        amounts: dict[str, float] = {}
        for end in self._ends.values():
            for kind, amount in hearing_amounts(end.get("usage")).items():
                amounts[kind] = amounts.get(kind, 0.0) + amount
        basis = Basis.REPORTED if "seconds" in amounts else Basis.MEASURED
        ends = [self._ends[item] for item in self._order if item in self._ends]
        return Transcript(
            self.text.strip(),
            next((code for end in ends if (code := language_in(end))), ""),
            usage=Usage(provider, self._model, {"seconds": seconds} | amounts, basis),
            words=tuple(word for end in ends for word in words_in([end])),
        )

    def _note(self, item: str, before: str = "") -> None:
        """Take *item* into the order, behind the one *before* it where that is told."""
        if item not in self._words:
            self._words[item] = ""
            self._order.append(item)
        if before in self._order and self._order.index(before) > self._order.index(item):
            self._order.remove(item)
            self._order.insert(self._order.index(before) + 1, item)

    def _check(self, session: Event) -> None:
        """Compare the echo: some servers acknowledge an update and go on as before."""
        sound = _object(_object(session.get("audio")).get("input"))
        told = _object(sound.get("transcription")) or _object(session.get("input_audio_transcription"))
        model = told.get("model")
        if isinstance(model, str) and model and not model.startswith(self._model):
            raise Ignored

    def _complain(self, error: Event) -> None:
        """A server that ended an utterance by itself finds our own end empty: nothing is missing then."""
        if self.is_committed and _EMPTY in (error.get("code"), error.get("type")) and self._order:
            self._answers += 1
        elif self._is_greeted:
            self.error = error
        else:
            self.early = error


def _object(value: object) -> Event:
    return value if isinstance(value, Mapping) else {}
