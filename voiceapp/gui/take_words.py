"""The words of a recording as a label shows them: a line for each speaker, doubtful words underlined."""

from __future__ import annotations

from html import escape

from voiceapp.core.conversation import Take
from voiceapp.core.transcript import runs, speaker_name
from voiceapp.core.transcript_formats import plain_text, transcript_of
from voiceapp.gui.theme import Theme


def words_of(take: Take) -> str:
    """Return the words without any marks, as they are read out and copied."""
    return plain_text(transcript_of(take))


def marked_words_of(take: Take, theme: Theme) -> str:
    """Return the words as rich text; nothing in them can be taken for markup. "" where nothing is to be marked."""
    details = take.details
    if any(segment.speaker for segment in details.segments):
        lines = [line.partition(": ") for line in words_of(take).split("\n")]
        names = {speaker_name(segment.speaker) for segment in details.segments if segment.speaker}
        return "<br>".join(
            f"<b>{escape(head)}{mark}</b>{escape(rest)}" if head in names else escape(head + mark + rest)
            for head, mark, rest in lines
        )
    if not any(word.is_weak for word in details.words):
        return ""
    color = theme.color("problem").name()
    return "".join(
        f'<u style="color:{color}">{escape(run.text)}</u>' if run.is_weak else escape(run.text)
        for run in runs(take.text, details.words)
    )


def doubts_of(take: Take) -> tuple[str, ...]:
    """Return the doubtful words with how sure the recogniser was, for the tooltip."""
    return tuple(f"{word.text} {word.probability * 100:.0f} %" for word in take.details.words if word.is_weak)
