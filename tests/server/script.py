"""What the server says and how long it takes. Plain values; times in milliseconds from the end of the upload."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.server.batch_script import BatchScript

SPEECH_RATE_HZ = 24_000


def tone(text: str, char_ms: float = 60.0) -> npt.NDArray[np.int16]:
    """Return *char_ms* of an unbroken tone for every character of *text*; its pitch follows from the text."""
    rate_hz = SPEECH_RATE_HZ
    frames = max(1, int(len(text) * char_ms / 1000 * rate_hz))
    pitch_hz = 300 + 50 * (sum(map(ord, text)) % 20)
    return (8000 * np.sin(2 * np.pi * pitch_hz * np.arange(frames) / rate_hz)).astype(np.int16)


@dataclass(frozen=True)
class HearingScript:
    """Transcription: *text* after *service_ms*; a streamed one gets a delta per word, evenly spread.

    Attributes:
        english: what a translation says.
        weak: words of which the service is not sure.
        voices: who speaks: label, start and end in seconds, words.
        hear: makes the text from the uploaded file instead.
    """

    text: str = "What is the capital of France?"
    service_ms: float = 0.0
    language: str = "en"
    english: str = "What is the capital of France?"
    weak: tuple[str, ...] = ()
    voices: tuple[tuple[str, float, float, str], ...] = (
        ("A", 0.0, 1.0, "What is the capital"),
        ("B", 1.0, 1.5, "of France?"),
    )
    hear: Callable[[bytes], str] | None = None


@dataclass(frozen=True)
class LiveScript:
    """Live transcription: a delta for each *word_s* of sound; the rest and the end *tail_ms* after the commit.

    *hear* makes the words of an utterance from its sound (16-bit mono PCM at 24 kHz) instead of *text*.
    """

    text: str = "What is the capital of France?"
    word_s: float = 0.3
    tail_ms: float = 0.0
    hear: Callable[[bytes], str] | None = None


@dataclass(frozen=True)
class ToolCallScript:
    """A tool call of the model; *arguments* is JSON text, streamed in pieces."""

    name: str
    arguments: str
    id: str = "call_1"


@dataclass(frozen=True)
class HostedScript:
    """A tool of the service's own that works before the reply: its item as it ends, and its events on the way."""

    item: Mapping[str, Any]
    steps: tuple[str, ...] = ("in_progress",)


@dataclass(frozen=True)
class ChatScript:
    """A reply: its tokens, the first after *first_token_ms*, the others at *tokens_per_s* (0: all at once).

    By Responses also what the service's own tools do first (*hosted*), what the reply cites (*annotations*), and how
    the service counts that (*tool_usage*).
    """

    tokens: tuple[str, ...] = ("The", " capital", " of", " France", " is", " Paris", ".")
    first_token_ms: float = 0.0
    tokens_per_s: float = 0.0
    tool_calls: tuple[ToolCallScript, ...] = ()
    reasoning: tuple[str, ...] = ()
    finish: str = "stop"
    hosted: tuple[HostedScript, ...] = ()
    annotations: tuple[Mapping[str, Any], ...] = ()
    tool_usage: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """The whole reply."""
        return "".join(self.tokens)

    def token_at_s(self, index: int) -> float:
        """Return when token *index* (from 0) is due."""
        pause_s = 1 / self.tokens_per_s if self.tokens_per_s else 0.0
        return self.first_token_ms / 1000 + index * pause_s


@dataclass(frozen=True)
class SpeechScript:
    """Speech: first byte after *first_byte_ms*, then *times_real_time* as fast as it sounds (0: all at once)."""

    first_byte_ms: float = 0.0
    times_real_time: float = 0.0
    sound: Callable[[str], npt.NDArray[np.int16]] = tone
    block_ms: float = 20.0


@dataclass(frozen=True)
class ImageScript:
    """Image generation: previews evenly spread over *service_ms*, then the picture as base64 PNG.

    ``partials``: how many previews a stream gets at most; a service may send fewer than were asked for.
    """

    service_ms: float = 0.0
    png: bytes = b""
    partial_png: bytes = b""
    revised_prompt: str = ""
    partials: int = 3


@dataclass(frozen=True)
class ModerationScript:
    """Moderation: which categories are flagged: *flagged* in everything, *words* where a text holds the word,
    *image* in pictures."""

    service_ms: float = 0.0
    flagged: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    image: tuple[str, ...] = ()
    score: float = 0.9


@dataclass
class Script:
    """Everything the server says, per capability. Replace a part at any time; the next request sees it."""

    hearing: HearingScript = field(default_factory=HearingScript)
    live: LiveScript = field(default_factory=LiveScript)
    chat: ChatScript = field(default_factory=ChatScript)
    speech: SpeechScript = field(default_factory=SpeechScript)
    image: ImageScript = field(default_factory=ImageScript)
    moderation: ModerationScript = field(default_factory=ModerationScript)
    batch: BatchScript = field(default_factory=BatchScript)
    models: tuple[str, ...] = ("gpt-6-luna", "gpt-transcribe", "gpt-4o-mini-tts")


BENCH_SENTENCES = (  # 20 tokens each, marks counted; the first has a clause of 8
    "The short answer to that is yes, but the longer one needs a little more of your time.",
    "Every morning the old harbour wakes before the town, and the boats leave one by one without noise.",
    "Nobody on the quay speaks much then, because the work is known and the cold is quite enough.",
    "Later the market opens its doors, and people from all the hills come down to buy fresh fish.",
    "By noon the tables are empty again, and the cats of the street have had their share too.",
    "That is really all there is to tell, unless you would like to hear about the lighthouse keeper.",
)


def tokens_of(sentence: str) -> tuple[str, ...]:
    """Cut *sentence* as a tokeniser would: words with their leading space, marks on their own."""
    tokens: list[str] = []
    for index, word in enumerate(sentence.split(" ")):
        stem = word.rstrip(",.")
        tokens.append((" " if index else "") + stem)
        tokens.extend(word[len(stem) :])
    return tuple(tokens)


def bench_script(char_ms: float = 30.0) -> Script:
    """The scripted service of ``tests.bench turn``: 150 ms, 200 ms then 50 tokens/s, 150 ms then 10 x real time.

    It speaks twice as fast as a person, so that the next clause is needed sooner and a run takes half as long.
    """
    tokens: list[str] = []
    for number, sentence in enumerate(BENCH_SENTENCES):
        first, *rest = tokens_of(sentence)
        tokens += [(" " if number else "") + first, *rest]
    return Script(
        hearing=HearingScript("Is the answer to my question really yes?", service_ms=150),
        chat=ChatScript(tuple(tokens), first_token_ms=200, tokens_per_s=50),
        speech=SpeechScript(150, 10, functools.partial(tone, char_ms=char_ms)),
    )


def short_script(char_ms: float = 30.0) -> Script:
    """One sentence at the pace of :func:`bench_script`, for what is measured at the first clause."""
    script = bench_script(char_ms)
    script.chat = ChatScript(first_token_ms=200, tokens_per_s=50)
    return script
