"""What was set and what is asked for, as one request; doubtful words found again in a text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.hearing import HearingOptions, HearingWishes, request_of
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.core.speech import HearingRequest
from voiceapp.core.transcript import Run, Word, clock, runs, speaker_name

ALL = HearingWishes("A talk.", is_translated=False, are_speakers_told=True)


def test_speakers_are_told_of_recordings_only() -> None:
    assert not request_of(ALL, "de", ("Ada",)).are_speakers_told
    asked = request_of(ALL, "de", ("Ada",), is_recording=True)
    assert asked == HearingRequest(
        "de", ("Ada",), "A talk.", is_recording=True, are_speakers_told=True, are_scores_wanted=True
    )


def test_options_change_what_they_name() -> None:
    usual = request_of(ALL, "de", ("Ada",), is_recording=True)
    assert HearingOptions().applied(usual) == usual
    asked = HearingOptions("en", "Clocks.", ("Zoë", "Ada"), is_translated=True).applied(usual)
    assert (asked.language, asked.prompt, asked.vocabulary) == ("en", "Clocks.", ("Zoë", "Ada"))
    assert (asked.is_translated, asked.are_speakers_told) == (True, False), "what is asked for now wins"
    english = request_of(HearingWishes(is_translated=True, are_speakers_told=True), "", (), is_recording=True)
    assert (english.is_translated, english.are_speakers_told) == (True, False)
    told = HearingOptions(are_speakers_told=True).applied(english)
    assert (told.is_translated, told.are_speakers_told) == (False, True)


def test_who_names_one_provider_is_not_heard_live_by_another() -> None:
    live = {Job.LIVE_TRANSCRIPTION.value: Choice("openai")}
    settings = replace(Settings(), jobs=live)
    assert settings.with_provider("local").choice(Job.LIVE_TRANSCRIPTION) == Choice("local")
    assert settings.with_provider("openai").choice(Job.LIVE_TRANSCRIPTION) == Choice("openai")


def test_heard_live_by_whoever_hears() -> None:
    assert Settings().heard_live().choice(Job.LIVE_TRANSCRIPTION) == Choice("local")
    openai = Settings().with_provider("openai")
    assert openai.heard_live().choice(Job.LIVE_TRANSCRIPTION) == Choice("openai")
    chosen = replace(openai, jobs={**openai.jobs, Job.LIVE_TRANSCRIPTION.value: Choice("openai", "m")})
    assert chosen.heard_live() == chosen


def test_doubtful_words_are_found_in_their_order() -> None:
    words = (Word("the", 0.9), Word("moon", 0.2), Word("the", 0.3), Word("gone", 0.1))
    assert runs("the moon, the sun", words) == (
        Run("the "),
        Run("moon", True),
        Run(", "),
        Run("the", True),
        Run(" sun"),
    )
    assert runs("", words) == ()


@given(st.text(max_size=40), st.lists(st.tuples(st.text(max_size=5), st.floats(0, 1)), max_size=8))
def test_marks_change_no_letter(text: str, told: list[tuple[str, float]]) -> None:
    assert "".join(run.text for run in runs(text, [Word(word, sure) for word, sure in told])) == text


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, "0:00"), (187.9, "3:07"), (3727, "1:02:07")])
def test_moments(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_labels_of_speakers() -> None:
    assert [speaker_name(label) for label in ("A", "12", "Anna")] == ["Speaker A", "Speaker 12", "Anna"]
