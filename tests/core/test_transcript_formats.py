from __future__ import annotations

import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.errors import ConfigError
from voiceapp.core.speech import Segment, Transcript
from voiceapp.core.transcript import Gap, Word
from voiceapp.core.transcript_formats import CUE_LINES, LINE_CHARS, Format, cues, format_of, has_times, written

TWO = Transcript(
    "Good morning. How are you today?",
    "en",
    (Segment(0.5, 1.5, "Good morning."), Segment(62.25, 64.0, "How are you today?")),
)


def test_srt_has_numbers_times_and_lines() -> None:
    assert written(TWO, Format.SRT) == (
        "1\n00:00:00,500 --> 00:00:01,500\nGood morning.\n\n2\n00:01:02,250 --> 00:01:04,000\nHow are you today?\n"
    )


def test_vtt_has_its_header_and_escapes() -> None:
    transcript = Transcript("a < b & c", segments=(Segment(0, 2, "a < b & c"),))
    assert written(transcript, Format.VTT) == "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\na &lt; b &amp; c\n"


def test_text_is_the_words_alone() -> None:
    assert written(TWO, Format.TXT) == "Good morning. How are you today?\n"


def test_markdown_names_the_recording_and_the_moments() -> None:
    transcript = Transcript("x", segments=(Segment(61, 62, "x", speaker="Ada"),))
    assert written(transcript, Format.MD, name="talk.wav", duration_s=65, engine="pocketsphinx") == (
        "# talk.wav\n\n*00:01:05, pocketsphinx*\n\n`00:01:01` **Ada:** x\n"
    )


def test_json_is_one_object_on_a_line() -> None:
    line = written(TWO, Format.JSON, name="a.wav", duration_s=65.5)
    table = json.loads(line)
    assert line.count("\n") == 1
    assert table["event"] == "transcript"
    assert [segment["start_s"] for segment in table["segments"]] == [0.5, 62.25]


@pytest.mark.parametrize(
    ("form", "empty"), [(Format.TXT, ""), (Format.SRT, ""), (Format.VTT, "WEBVTT\n"), (Format.MD, "*00:00:03*\n")]
)
def test_silence_is_an_empty_file_not_an_error(form: Format, empty: str) -> None:
    assert written(Transcript(""), form, duration_s=3.0) == empty


def test_without_times_the_text_is_spread_over_the_clip() -> None:
    transcript = Transcript("This is the first sentence. This is the second one.")
    first, second = cues(transcript, 10.0)
    assert (first.start_s, second.end_s) == (0.0, 10.0)
    assert 4.0 < second.start_s < 6.0


def test_a_short_word_stays_long_enough_to_be_read() -> None:
    (only,) = cues(Transcript("Yes.", segments=(Segment(3.0, 3.2, "Yes."),)), 10.0)
    assert only.end_s - only.start_s == pytest.approx(1.0)


def test_japanese_is_wrapped_by_width() -> None:
    text = "今日は東京で雨が降りますので、傘を持って出かけてください。明日は晴れるでしょう。"
    lines = [line for cue in cues(Transcript(text), 10.0) for line in cue.lines]
    assert "".join(lines) == text
    assert all(len(line) <= LINE_CHARS // 2 for line in lines)
    assert not any(line.startswith(("、", "。")) for line in lines)


WORDS = st.text(alphabet="abcdefgäöü,.?! 안녕今日", max_size=400)


@given(texts=st.lists(st.tuples(WORDS, st.floats(0, 20), st.floats(0, 10)), max_size=6))
def test_cues_are_in_order_keep_to_two_lines_and_lose_nothing(texts: list[tuple[str, float, float]]) -> None:
    segments, at_s = [], 0.0
    for text, length_s, pause_s in texts:
        segments.append(Segment(at_s, at_s + length_s, text))
        at_s += length_s + pause_s
    transcript = Transcript(" ".join(text for text, _, _ in texts), segments=tuple(segments))

    subtitles = cues(transcript, at_s)

    shown = "".join(line for cue in subtitles for line in cue.lines)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", transcript.text)
    assert all(len(cue.lines) <= CUE_LINES for cue in subtitles)
    assert all(0 < len(line) <= LINE_CHARS for cue in subtitles for line in cue.lines)
    assert all(cue.start_s <= cue.end_s for cue in subtitles)
    assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(subtitles))


TALK = Transcript(
    "Good morning. How are you? Fine.",
    segments=(Segment(0, 1, "Good morning.", "A"), Segment(1, 2, "How are you?", "A"), Segment(2, 3, "Fine.", "Bob")),
    words=(Word("Good", 0.9), Word("morning.", 0.9), Word("How", 0.9), Word("are", 0.2), Word("you?", 0.9)),
)


def test_speakers_are_named_in_every_format() -> None:
    assert written(TALK, Format.TXT) == "Speaker A: Good morning. How are you?\nBob: Fine.\n"
    assert "`00:00:00` **Speaker A:** Good morning. How are(?) you?\n\n`00:00:02` **Bob:** Fine." in written(
        TALK, Format.MD
    )
    assert "\nSpeaker A: Good morning.\n" in written(TALK, Format.SRT)
    assert "\nBob: Fine.\n" in written(TALK, Format.VTT)
    assert [one["speaker"] for one in json.loads(written(TALK, Format.JSON))["segments"]] == ["A", "A", "Bob"]


def test_doubtful_words_are_marked_and_explained() -> None:
    text = written(TALK, Format.MD)
    assert text.count("(?)") == 2, "the word, and the line that explains the mark"
    assert "unsure" in text
    plain = Transcript("How are you?", words=TALK.words[2:5])
    assert written(plain, Format.MD).startswith("How are(?) you?\n")
    told = json.loads(written(TALK, Format.JSON))["words"]
    assert [word["text"] for word in told if word["is_weak"]] == ["are"]
    assert "(?)" not in written(TALK, Format.TXT)
    assert "(?)" not in written(Transcript("Hi."), Format.MD)


def test_without_times_files_say_so() -> None:
    vague = Transcript("Good morning. How are you today?")
    assert not has_times(vague)
    assert has_times(TWO)
    assert has_times(Transcript(""))
    assert "\n\nNOTE The engine gave no times" in written(vague, Format.VTT, duration_s=4)
    assert "NOTE" not in written(TWO, Format.VTT)
    assert json.loads(written(vague, Format.JSON))["has_times"] is False
    assert "`" not in written(vague, Format.MD)


def test_gaps_and_translation_are_told() -> None:
    transcript = Transcript("x", gaps=(Gap(1.0, 2.5, "It is down."),), is_translation=True)
    table = json.loads(written(transcript, Format.JSON))
    assert table["gaps"] == [{"start_s": 1.0, "end_s": 2.5, "reason": "It is down."}]
    assert table["is_translation"] is True
    assert "gaps" not in json.loads(written(TWO, Format.JSON))


def test_the_ending_names_the_format() -> None:
    assert format_of("b.SRT") is Format.SRT
    with pytest.raises(ConfigError):
        format_of("b.docx")
