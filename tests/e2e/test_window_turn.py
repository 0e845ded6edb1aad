"""The main job in the window: hold, speak, let go, hear."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.processes import connected
from tests.e2e.sounds import at_rate, by_the_service, clauses_of, likeness_of_all, question, spoken_likeness
from tests.e2e.stored import conversations_in, takes_in
from tests.e2e.window import Window, talk_button_in
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, HearingScript, Script, SpeechScript
from tests.soundcard import RATE_HZ, Recording, SoundCard
from voiceapp.core.audio import Clip, from_pcm16
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
            assert min(spoken_likeness(clauses_of(reply), heard.samples, RATE_HZ)) > 0.9
            window.wait_for_phase("idle", after=before)
    ((first, first_reply, second, second_reply),) = conversations_in(tmp_path / "data")
    assert [first.text, second.text] == list(questions)
    assert second_reply.text == reply
    assert "84" in reply
    for message in (first_reply, second_reply):
        assert message.role is Role.ASSISTANT
        assert message.is_complete
        assert message.heard_chars is None  # heard to its end
        assert message.timings is not None
        assert message.timings.first_sound_ms is not None
    assert [take.state for take in takes_in(tmp_path / "data")] == [TakeState.TRANSCRIBED] * 2


STORY = tuple(f"{' ' if number else ''}Sentence number {number} of the story." for number in range(40))


def test_a_service_hears_answers_and_speaks(
    tmp_path: Path, sound_card: SoundCard, theme: Theme, openai_server: LoopbackServer
) -> None:
    openai_server.script = Script(
        hearing=HearingScript("what is the capital of france"),
        chat=ChatScript(tokens_per_s=50),
        speech=SpeechScript(times_real_time=10, sound=by_the_service),
    )
    with Window(tmp_path / "data", connected(openai_server)) as window:
        with sound_card.record_speaker() as heard:
            ask_aloud(window, sound_card, question("what is the capital of france"), window.space_held)
            window.wait_for("TurnTimed")
        window.wait_for_phase("idle")
    spoken_texts = [request.json["input"] for request in openai_server.requests_for("/audio/speech")]
    pieces = [at_rate(from_pcm16(by_the_service(text).tobytes()), 24_000, RATE_HZ) for text in spoken_texts]
    assert min(likeness_of_all(pieces, heard.samples)) > 0.9
    ((asked, reply),) = conversations_in(tmp_path / "data")
    assert (asked.text, reply.text) == ("what is the capital of france", openai_server.script.chat.text)
    assert " ".join(spoken_texts) == reply.text
    uploads = openai_server.requests_for("/audio/transcriptions")
    assert len(uploads) == 1
    assert "sk-e2e" not in everything_written(tmp_path)


def test_esc_silences_at_once_and_what_was_not_heard_is_marked(
    tmp_path: Path, sound_card: SoundCard, openai_server: LoopbackServer
) -> None:
    openai_server.script = Script(chat=ChatScript(STORY), speech=SpeechScript(sound=by_the_service))
    with Window(tmp_path / "data", connected(openai_server)) as window, sound_card.record_speaker() as heard:
        window.write("Tell me a story.")
        window.wait_for("SpokenProgress", lambda fact: fact["start"] > 0)  # the second clause sounds
        pressed_at_s = window.key("Escape")
        interrupted = window.wait_for("Interrupted")
        window.wait_for_phase("idle", after=window.facts().index(interrupted) - 5)
        silent_from = int(heard.seconds * RATE_HZ)
        recorded_until(heard, heard.seconds + 1.0)
        last = int(np.flatnonzero(heard.samples)[-1])
        print(f"Esc to silence: {(heard.time_of(last) - pressed_at_s) * 1000:.1f} ms")
        assert not heard.samples[silent_from + RATE_HZ // 4 :].any()
        window.wait_for("MessageChanged", lambda fact: fact["message"]["heard_chars"] is not None)
    ((_asked, reply),) = conversations_in(tmp_path / "data")
    assert reply.text.startswith(STORY[0])
    assert reply.heard_chars is not None
    assert 0 < reply.heard_chars < len(reply.text)


def recorded_until(heard: Recording, seconds: float) -> None:
    """Wait until the recording is *seconds* long."""
    while heard.seconds < seconds:
        time.sleep(0.02)


def everything_written(folder: Path) -> str:
    """Return the contents of every file below *folder*."""
    return "".join(file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file())
