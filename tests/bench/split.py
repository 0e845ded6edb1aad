"""Where a turn's time went: the service's own log against the sound at the sink. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tests.bench.service import Call

CHAT_PATHS = ("/chat/completions", "/responses")


@dataclass(frozen=True)
class TurnSplit:
    """One turn in milliseconds. ``response`` = ``service`` + ``upload`` + ``chat`` + ``speech`` + ``playback``.

    Attributes:
        service: transcription, then chat until the first clause's last token was sent, then speech to first byte.
        upload: release -> the take has arrived.
        chat: transcript sent -> the chat request has arrived.
        speech: last token of the first clause sent -> the speech request has arrived.
        waiting: the part of ``speech`` until the last token that the client can have seen before it asked for speech.
        playback: first byte of sound sent -> first sample at the sink.
        first_clause_tokens: how many tokens the first clause took.
        next_token: last token of the first clause sent -> the one after it sent.
        sentence_overhead: overhead against a service path that waits for the whole first sentence.
    """

    response: float
    service: float
    upload: float
    chat: float
    speech: float
    waiting: float
    playback: float
    first_clause_tokens: int
    next_token: float
    sentence_overhead: float

    @property
    def overhead(self) -> float:
        """What the client added."""
        return self.response - self.service

    @property
    def overhead_with_next_token(self) -> float:
        """The same for a service path that ends with the token which shows that the clause is over."""
        return self.overhead - self.next_token


def split_turn(
    calls: Sequence[Call], tokens: Sequence[str], released_at: float, first_sample_at: float, sentence_tokens: int = 20
) -> TurnSplit:
    """Split one turn. *calls* are the service's requests between two releases, in order of arrival."""
    heard = next(call for call in calls if call.path == "/audio/transcriptions")
    chat = next(call for call in calls if call.path in CHAT_PATHS and call.uploaded_at > heard.uploaded_at)
    spoken = next(call for call in calls if call.path == "/audio/speech" and call.uploaded_at > chat.uploaded_at)
    heard_at = heard.done_at or heard.first_byte_at
    needed = tokens_for(str(spoken.body["input"]), tokens)
    clause_at, *after = chat.sent("token")[needed - 1 :]
    seen = [at for at in chat.sent("token") if at <= spoken.uploaded_at]
    chat_s, speech_s = clause_at - chat.uploaded_at, spoken.first_byte_at - spoken.uploaded_at
    hearing_s = heard_at - heard.uploaded_at
    sentence_s = chat.sent("token")[sentence_tokens - 1] - chat.uploaded_at
    response_s = first_sample_at - released_at
    return TurnSplit(
        response=response_s * 1000,
        service=(hearing_s + chat_s + speech_s) * 1000,
        upload=(heard.uploaded_at - released_at) * 1000,
        chat=(chat.uploaded_at - heard_at) * 1000,
        speech=(spoken.uploaded_at - clause_at) * 1000,
        waiting=max(0.0, seen[-1] - clause_at) * 1000,
        playback=(first_sample_at - spoken.first_byte_at) * 1000,
        first_clause_tokens=needed,
        next_token=(after[0] - clause_at) * 1000 if after else 0.0,
        sentence_overhead=(response_s - hearing_s - sentence_s - speech_s) * 1000,
    )


def tokens_for(clause: str, tokens: Sequence[str]) -> int:
    """Return how many *tokens* had to be there before *clause*, the first of the reply, could be spoken."""
    wanted = "".join(clause.split())
    for count, text in enumerate(accumulate(tokens), start=1):
        if wanted in "".join(text.split()):
            return count
    raise ValueError(f"the reply never says {clause!r}")
