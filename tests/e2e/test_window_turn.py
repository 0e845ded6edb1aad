"""The main job in the window: hold, speak, let go, hear."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.e2e.sounds import by_the_service, by_this_computer, clauses_of, likeness_of_all, question
from tests.e2e.stored import conversations_in, takes_in
from tests.e2e.window import Window, talk_button_in
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, HearingScript, Script, SpeechScript
from tests.soundcard import RATE_HZ, Recording, SoundCard
from voiceapp.core.audio import Clip
from voiceapp.core.conversation import Role, TakeState
from voiceapp.gui.theme import Theme

pytestmark = [pytest.mark.window, pytest.mark.sound]

Hold = Callable[[], AbstractContextManager[None]]


def ask_aloud(window: Window, card: SoundCard, asked: Clip, hold: Hold) -> None:
    """Hold, wait until sound flows, speak, let go."""
    before = len(window.facts())
    with hold():
        window.wait_for("AudioFlowing", after=before)
        card.play_into_microphone(asked)
    window.wait_for_phase("transcribing", after=before)


def test_a_spoken_question_is_answered_aloud(tmp_path: Path, sound_card: SoundCard, theme: Theme) -> None:
    questions = {"what time is it": "current_time", "what is twelve times seven": "calculate"}
    with Window(tmp_path / "data") as window:
        button = talk_button_in(theme, window.size)
        holds: list[Hold] = [lambda: window.button_held(button), window.space_held]
        for (text, tool), hold in zip(questions.items(), holds, strict=True):
            before = len(window.facts())
            with sound_card.record_speaker() as heard:
                ask_aloud(window, sound_card, question(text), hold)
                window.wait_for("TurnTimed", after=before)
            assert window.wait_for("TranscriptReady", after=before)["text"] == text
            assert window.wait_for("ToolUsed", after=before)["name"] == tool
            reply = window.of_type("MessageChanged", after=before)[-1]["message"]["text"]
            assert is_said_by_this_computer(reply, heard)
            window.wait_for_phase("idle", after=before)
    ((first, first_reply, second, second_reply),) = conversations_in(tmp_path / "data")
    assert [first.text, second.text] == list(questions)
    assert second_reply.text == reply
    assert "84" in reply
    for message in (first_reply, second_reply):
        assert message.role is Role.ASSISTANT
        assert message.is_complete
        assert message.heard_chars is None  # heard to its end
        assert message.timings.first_sound_ms is not None
    assert [take.state for take in takes_in(tmp_path / "data")] == [TakeState.TRANSCRIBED] * 2


def is_said_by_this_computer(reply: str, heard: Recording) -> bool:
    pieces = [by_this_computer(clause, RATE_HZ) for clause in clauses_of(reply)]
    likeness = likeness_of_all(pieces, heard.samples)
    assert min(likeness) > 0.9, (reply, likeness)
    return True
