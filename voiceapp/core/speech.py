"""What the speech and chat ports carry: requests, transcripts, reply parts, usage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from voiceapp.core.audio import Clip, Float32Block
from voiceapp.core.conversation import Line, Source
from voiceapp.core.transcript import Details, Gap, Word
from voiceapp.core.transcript import Segment as Segment  # it belongs to the same vocabulary

if TYPE_CHECKING:
    from voiceapp.core.hosted import HostedChoice


class Basis(StrEnum):
    """Where amounts come from."""

    REPORTED = "reported"  # the service's own figures
    MEASURED = "measured"  # counted by us: the clip's length, the text's characters
    ESTIMATED = "estimated"  # by a rule of thumb, where the service was cut off or said nothing
    KEPT = "kept"  # the answer was on this disk from before: nobody was asked, nothing is to be paid


@dataclass(frozen=True)
class Usage:
    """What a call consumed.

    ``amounts`` by kind: ``text_in``, ``text_cached``, ``text_out``, ``reasoning_out``, ``audio_in``, ``audio_out``,
    ``image_in``, ``image_out`` (tokens), ``seconds``, ``characters``, ``images``, ``web_searches``, ``file_searches``,
    ``code_runs`` (calls of the service's own tools). Kinds that the service did not
    report are absent, never 0. ``text_cached`` and ``text_cache_write`` are included in ``text_in``, ``reasoning_out``
    in ``text_out``.
    """

    provider: str
    model: str
    amounts: Mapping[str, float] = field(default_factory=dict)
    basis: Basis = Basis.REPORTED


@dataclass(frozen=True)
class HearingRequest:
    """How to hear.

    Attributes:
        language: ISO 639-1, empty = find out.
        vocabulary: names and terms that are likely.
        prompt: free context for engines that take one.
        is_recording: the whole sound is there already; times are wanted where the engine gives them.
        is_translated: the words are wanted in English.
        are_speakers_told: who says what is wanted.
        are_scores_wanted: how sure the engine is of each word is wanted, where it tells.
    """

    language: str = ""
    vocabulary: tuple[str, ...] = ()
    prompt: str = ""
    is_recording: bool = False
    is_translated: bool = False
    are_speakers_told: bool = False
    are_scores_wanted: bool = False


@dataclass(frozen=True)
class Transcript:
    """The words of a clip; empty *text* means nothing was said.

    Attributes:
        segments: where the engine gives times.
        words: where it tells how sure it was, every word in order.
        gaps: what of the clip could not be turned into words; in *text* a bracket stands in its place.
        spent: what was consumed beside *usage*, by an engine that failed on the way.
        engine: who heard it, where that was not who was asked.
    """

    text: str
    language: str = ""
    segments: tuple[Segment, ...] = ()
    usage: Usage | None = None
    words: tuple[Word, ...] = ()
    gaps: tuple[Gap, ...] = ()
    is_translation: bool = False
    spent: tuple[Usage, ...] = ()
    engine: str = ""

    @property
    def details(self) -> Details:
        """What is kept of it beside the text."""
        return Details(self.language, self.segments, self.words, self.gaps, self.is_translation)


@dataclass(frozen=True)
class SpeechRequest:
    """A clause to be spoken; *voice* empty = the engine's default; *speed* 0.5-2; *language* ISO 639-1 or empty.

    *on_usage* gets what this request consumed, where the engine knows; an engine that is cut off does not call it.
    """

    text: str
    voice: str = ""
    speed: float = 1.0
    language: str = ""
    instructions: str = ""
    on_usage: Callable[[Usage], None] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Voice:
    """A voice that can be chosen. *id* goes into SpeechRequest.voice; *language* ISO 639-1 or empty for any."""

    id: str
    name: str
    language: str = ""


# --- chat -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToolCall:
    """The model wants a tool; *arguments* is JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class ToolResult:
    """What the tool answered, for the model; *is_error*: the text tells the model how to mend its call."""

    call_id: str
    text: str
    is_error: bool = False


@dataclass(frozen=True)
class ToolSpec:
    """A tool as the model is told it. *parameters* is a JSON schema (object); *is_strict*: in the strict form."""

    name: str
    description: str
    parameters: Mapping[str, object]
    is_strict: bool = False


@dataclass(frozen=True)
class AnswerSchema:
    """The reply is to be JSON of this form. *schema* is a JSON schema (object) in the strict form."""

    name: str
    schema: Mapping[str, object]


@dataclass(frozen=True)
class ByEar:
    """The chat model hears and speaks by itself.

    Attributes:
        take: what the person said, in place of the last line's words; None where it was written.
        is_aloud: the reply's sound is wanted.
        voice: of the reply; empty = the model's own.
        style: how it is to sound.
    """

    take: Clip | None = field(default=None, compare=False, repr=False)
    is_aloud: bool = True
    voice: str = ""
    style: str = ""


@dataclass(frozen=True)
class ChatRequest:
    """What the model gets.

    Attributes:
        instructions: the system text; sent with every request.
        lines: the conversation so far; the last one is the person's.
        tools: what it may call.
        tool_rounds: calls and results of this very turn, in order, after the last line.
        conversation_key: stable per conversation, for prompt caching; not a secret.
        tool_choice: "" = as the model likes, "required", "none", or the name of the one tool that it must call.
        schema: the reply's form, where it is not prose.
        by_ear: the model is to hear and speak by itself, where it can; others answer in writing.
        hosted: the service's own tools that it may use, where the service and the model have them.
    """

    instructions: str
    lines: tuple[Line, ...]
    tools: tuple[ToolSpec, ...] = ()
    tool_rounds: tuple[ToolCall | ToolResult, ...] = ()
    conversation_key: str = ""
    tool_choice: str = ""
    schema: AnswerSchema | None = None
    hosted: HostedChoice | None = None
    by_ear: ByEar | None = None


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the reply's Markdown; never empty, never half a character."""

    text: str


@dataclass(frozen=True)
class ReasoningDelta:
    """A piece of the model's reasoning, where it shows any; never spoken."""

    text: str


class StepState(StrEnum):
    """How far a tool of the service's is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class HostedStep:
    """A tool of the service's own works on the reply; told again whenever more is known.

    Attributes:
        id: the same for one call.
        tool: a value of ``core.hosted.HostedTool``.
        asked: JSON text: what is searched for, or the code.
        answered: what came of it, as far as the service tells.
    """

    id: str
    tool: str
    state: StepState = StepState.RUNNING
    asked: str = "{}"
    answered: str = ""


@dataclass(frozen=True)
class SourceFound:
    """The reply cites *source*, or has made it."""

    source: Source


@dataclass(frozen=True, eq=False)
class SoundDelta:
    """The next piece of a reply that sounds by itself, mono at 24 kHz; its words come as deltas of text."""

    sound: Float32Block


@dataclass(frozen=True)
class SoundKept:
    """The service keeps the reply's sound under *id* until *expires_at_s* (Unix time), to be referred to."""

    id: str
    expires_at_s: float


@dataclass(frozen=True)
class ReplyEnd:
    """The reply is complete. *finish*: "stop", "length", "tool_calls" or "content_filter"."""

    finish: str = "stop"
    usage: Usage | None = None


ReplyPart = TextDelta | ReasoningDelta | ToolCall | HostedStep | SourceFound | SoundDelta | SoundKept | ReplyEnd
