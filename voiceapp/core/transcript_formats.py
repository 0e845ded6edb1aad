"""A transcript as a file: plain text, Markdown, SubRip, WebVTT, JSON.

Subtitles keep to what people can read: lines of 42 characters, two of them, no more than 17 characters a second where
the speech leaves room for that. Times come from the engine's segments; where it gives none, the text is spread over
the clip by its length, and the file says so where its format has room for that (WebVTT, JSON, Markdown's missing
times); for SubRip whoever writes it says it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from gettext import gettext as _

from voiceapp.core.conversation import Take
from voiceapp.core.cutting import run_together
from voiceapp.core.errors import ConfigError
from voiceapp.core.speech import Segment, Transcript
from voiceapp.core.transcript import Word, runs, speaker_name

LINE_CHARS = 42
CUE_LINES = 2
CHARS_PER_S = 17.0
SHORTEST_S = 1.0
LONGEST_S = 7.0
GAP_S = 0.08
"""Between two cues, so that a change is seen."""

_SENTENCE_ENDS = ".!?…。！？"
_PAUSES = ",;:，、；："


class Format(StrEnum):
    """What a transcript can be written as."""

    TXT = "txt"
    MD = "md"
    SRT = "srt"
    VTT = "vtt"
    JSON = "json"


def format_of(name: str) -> Format:
    """Return the format that the ending of a file's *name* names. Raises ConfigError for another."""
    try:
        return Format(name.lower().rpartition(".")[2])
    except ValueError:
        raise ConfigError(
            _("Words cannot be written as “{name}”.").format(name=name),
            hint=_("The name must end in .txt, .md, .srt, .vtt or .json."),
        ) from None


@dataclass(frozen=True)
class Cue:
    """One subtitle: at most two lines, shown from *start_s* to *end_s*."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    speaker: str = ""


def has_times(transcript: Transcript) -> bool:
    """Tell whether the engine gave times; without, those of subtitles are shares of the clip."""
    return bool(transcript.segments) or not transcript.text.strip()


def has_speakers(transcript: Transcript) -> bool:
    """Tell whether the engine told who speaks."""
    return any(segment.speaker for segment in transcript.segments)


def times_are_shares() -> str:
    """What is said where subtitles have no real times."""
    return _("The engine gave no times: they are shares of the recording by the length of the text.")


def plain_text(transcript: Transcript) -> str:
    """Return the words; where the engine told speakers, a line for each who has the floor, beginning with the name."""
    if not has_speakers(transcript):
        return transcript.text.strip()
    return "\n".join(f"{_named(turn)}{_one_line(turn.text)}" for turn in _turns(transcript.segments))


def transcript_of(take: Take) -> Transcript:
    """Return the transcript that is kept with *take*."""
    details = take.details
    return Transcript(
        take.text,
        details.language,
        details.segments,
        words=details.words,
        gaps=details.gaps,
        is_translation=details.is_translation,
    )


def written(transcript: Transcript, form: Format, *, name: str = "", duration_s: float = 0.0, engine: str = "") -> str:
    """Return *transcript* in *form*, ending with a newline; an empty transcript gives what the form calls empty.

    Args:
        transcript: as heard.
        form: the format.
        name: of the recording, as a title.
        duration_s: of the recording; needed for times where the engine gave none.
        engine: who heard it.
    """
    match form:
        case Format.TXT:
            return _line(plain_text(transcript))
        case Format.MD:
            return _markdown(transcript, name, duration_s, engine)
        case Format.SRT:
            return _srt(cues(transcript, duration_s))
        case Format.VTT:
            return _vtt(cues(transcript, duration_s), has_times=has_times(transcript))
        case Format.JSON:
            return _json(transcript, name, duration_s, engine)


def cues(transcript: Transcript, duration_s: float) -> tuple[Cue, ...]:
    """Return the subtitles of *transcript*: in order, never overlapping, nothing left out."""
    segments = transcript.segments or (Segment(0.0, max(duration_s, 0.0), transcript.text),)
    pieces = [piece for segment in segments for piece in _timed(segment)]
    return tuple(_readable(pieces))


def _timed(segment: Segment) -> Iterator[Cue]:
    """Cut one segment into cues and share its time among them by their length; the first names who speaks."""
    groups = list(_groups(f"{_named(segment)}{segment.text}"))
    total = sum(_width("".join(lines)) for lines in groups)
    start_s, length_s = max(segment.start_s, 0.0), max(segment.end_s - segment.start_s, 0.0)
    for lines in groups:
        share_s = length_s * _width("".join(lines)) / total
        yield Cue(start_s, start_s + share_s, lines, segment.speaker)
        start_s += share_s


def _readable(pieces: list[Cue]) -> Iterator[Cue]:
    """Let each cue stay as long as reading takes, where the next one does not come first."""
    previous_end_s = 0.0
    for index, cue in enumerate(pieces):
        start_s = max(cue.start_s, previous_end_s)
        next_s = max(pieces[index + 1].start_s, start_s) if index + 1 < len(pieces) else float("inf")
        wanted_s = max(SHORTEST_S, _width("".join(cue.lines)) / CHARS_PER_S)
        end_s = max(min(cue.end_s, start_s + max(LONGEST_S, wanted_s)), start_s + wanted_s)
        end_s = max(start_s, min(end_s, next_s - GAP_S if next_s - GAP_S > start_s else next_s))
        yield replace(cue, start_s=start_s, end_s=end_s)
        previous_end_s = end_s


def _groups(text: str) -> Iterator[tuple[str, ...]]:
    """Cut *text* into cues of at most two lines, at sentence ends and pauses where that is near."""
    lines: list[str] = []
    for line in _wrapped(text):
        lines.append(line)
        if len(lines) == CUE_LINES or line[-1] in _SENTENCE_ENDS:
            yield tuple(lines)
            lines = []
    if lines:
        yield tuple(lines)


def _wrapped(text: str) -> Iterator[str]:
    """Yield lines of at most :data:`LINE_CHARS`; a mark late in a line ends it early."""
    line = ""
    for word in _words(text):
        joined = f"{line}{word}" if line else word.lstrip()
        if line and _width(joined.rstrip()) > LINE_CHARS:
            yield line.rstrip()
            joined = word.lstrip()
        line = joined
        end = line.rstrip()[-1:]
        if end in _SENTENCE_ENDS or (end in _PAUSES and _width(line) > LINE_CHARS * 2 // 3):
            yield line.rstrip()
            line = ""
    if line.strip():
        yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    """Yield words with the space before them; words longer than a line, and scripts without spaces, in pieces."""
    for word in text.split():
        piece = " "
        for char in word:
            if _width(piece) + _width(char) > LINE_CHARS or (_is_wide(char) and len(piece) > 1 and char not in _MARKS):
                yield piece
                piece = ""
            piece += char
        yield piece


_MARKS = _SENTENCE_ENDS + _PAUSES + "」』）】》"


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF" and not "가" <= char <= "힣"  # Korean writes spaces


def _width(text: str) -> int:
    """Return how much room *text* takes: a wide character fills two places."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _clock(seconds: float, mark: str) -> str:
    ms = round(seconds * 1000)
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"


def _srt(subtitles: tuple[Cue, ...]) -> str:
    return "\n".join(
        f"{number}\n{_clock(cue.start_s, ',')} --> {_clock(cue.end_s, ',')}\n" + "\n".join(cue.lines) + "\n"
        for number, cue in enumerate(subtitles, start=1)
    )


def _vtt(subtitles: tuple[Cue, ...], *, has_times: bool) -> str:
    note = "" if has_times else f"\nNOTE {times_are_shares()}\n"
    blocks = [
        f"\n{_clock(cue.start_s, '.')} --> {_clock(cue.end_s, '.')}\n" + _escaped("\n".join(cue.lines)) + "\n"
        for cue in subtitles
    ]
    return "WEBVTT\n" + note + "".join(blocks)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _markdown(transcript: Transcript, name: str, duration_s: float, engine: str) -> str:
    facts = ", ".join(part for part in (_clock(duration_s, ".")[:8] if duration_s else "", engine) if part)
    head = [f"# {name}"] if name else []
    body = _paragraphs(transcript)
    legend = [f"*{_('(?) stands behind words that the recogniser was unsure of.')}*"]
    has_weak = any(word.is_weak for word in transcript.words)
    parts = (*head, f"*{facts}*" if facts else "", *body, *(legend if has_weak else ()))
    return "\n\n".join(part for part in parts if part) + "\n"


def _paragraphs(transcript: Transcript) -> list[str]:
    """Return one paragraph a stretch, or one for all; weak words are found where the last stretch left off."""
    if not transcript.segments:
        return [_marked(_one_line(transcript.text), transcript.words)]
    words = list(transcript.words)
    paragraphs = []
    for turn in _turns(transcript.segments):
        count = len(turn.text.split())
        paragraphs.append(_paragraph(turn, words[:count]))
        del words[:count]
    return paragraphs


def _paragraph(segment: Segment, words: Sequence[Word]) -> str:
    speaker = f" **{speaker_name(segment.speaker)}:**" if segment.speaker else ""
    return f"`{_clock(segment.start_s, '.')[:8]}`{speaker} {_marked(_one_line(segment.text), words)}"


def _marked(text: str, words: Sequence[Word]) -> str:
    return "".join(f"{run.text}(?)" if run.is_weak else run.text for run in runs(text, words))


def _turns(segments: Sequence[Segment]) -> list[Segment]:
    """Join what one speaker says without another in between; where nobody is named, leave stretches as they are."""
    turns: list[Segment] = []
    for segment in segments:
        if turns and segment.speaker and turns[-1].speaker == segment.speaker:
            last = turns.pop()
            segment = replace(last, end_s=segment.end_s, text=run_together((last.text, segment.text)))
        turns.append(segment)
    return turns


def _named(segment: Segment) -> str:
    return f"{speaker_name(segment.speaker)}: " if segment.speaker else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _json(transcript: Transcript, name: str, duration_s: float, engine: str) -> str:
    segments = [
        {"start_s": round(s.start_s, 3), "end_s": round(s.end_s, 3), "text": s.text}
        | ({"speaker": s.speaker} if s.speaker else {})
        for s in transcript.segments
    ]
    words = [{"text": w.text, "probability": w.probability, "is_weak": w.is_weak} for w in transcript.words]
    gaps = [{"start_s": round(g.start_s, 3), "end_s": round(g.end_s, 3), "reason": g.reason} for g in transcript.gaps]
    table = {
        "event": "transcript",
        "file": name,
        "text": transcript.text,
        "language": transcript.language,
        "duration_s": round(duration_s, 3),
        "engine": engine,
        "has_times": bool(transcript.segments),
        "segments": segments,
    }
    table |= {"words": words} if words else {}
    table |= {"gaps": gaps} if gaps else {}
    table |= {"is_translation": True} if transcript.is_translation else {}
    return json.dumps(table, ensure_ascii=False) + "\n"


def _line(text: str) -> str:
    return f"{text.strip()}\n" if text.strip() else ""
