"""Nothing that is blocked is heard, at the loudspeaker itself, and nothing that was written is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.audio.sounds import find
from tests.e2e.sounds import at_rate, by_the_service
from tests.e2e.stored import conversations_in
from tests.e2e.window import Window
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, ModerationScript, Script, SpeechScript
from tests.soundcard import RATE_HZ, Recording, SoundCard
from voiceapp.core.audio import from_pcm16
from voiceapp.core.moderation import Action, OnFailure, Policy, Rule
from voiceapp.core.settings import Settings
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile

pytestmark = [pytest.mark.window, pytest.mark.sound]

FINE, FLAGGED, REST = "The captain lifts the old lamp.", " He raises the axe over him.", " Then the sea is calm."
BLOCK = Rule(Action.BLOCK)
CLOSED = Rule(Action.BLOCK, OnFailure.CLOSED)


def ruled(folder: Path, policy: Policy) -> Path:
    """Return a data folder in which *policy* is set."""
    paths = Paths.below(folder)
    paths.create()
    SettingsFile(paths.settings_file).save(replace(Settings(), moderation=policy, is_start_sound=False))
    return folder


def connected(server: LoopbackServer) -> dict[str, str]:
    return {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-e2e-not-a-real-key"}


def script() -> Script:
    return Script(
        chat=ChatScript((FINE, FLAGGED, REST), tokens_per_s=20),
        speech=SpeechScript(times_real_time=10, sound=by_the_service),
        moderation=ModerationScript(service_ms=60, words={"axe": ("violence",)}),
    )


def likeness(text: str, heard: Recording) -> float:
    sound = at_rate(from_pcm16(by_the_service(text.strip()).tobytes()), 24_000, RATE_HZ)
    return find(sound, heard.samples).likeness


def test_a_flagged_clause_and_what_follows_is_never_heard(
    tmp_path: Path, sound_card: SoundCard, openai_server: LoopbackServer
) -> None:
    openai_server.script = script()
    data = ruled(tmp_path / "data", Policy(reply=BLOCK))
    with Window(data, connected(openai_server)) as window:
        with sound_card.record_speaker() as heard:
            window.write("Go on.")
            done = window.wait_for("CheckDone")
            window.wait_for("TurnTimed")
        window.wait_for_phase("idle")
    assert done["checked"]["decision"] == "blocked"
    assert likeness(FINE, heard) > 0.9
    said = [request.json["input"] for request in openai_server.requests_for("/audio/speech")]
    for text in said[1:]:
        assert likeness(text, heard) < 0.5, text
    sounding_s = np.count_nonzero(heard.samples) / RATE_HZ
    fine_s = len(by_the_service(FINE)) / 24_000
    assert sounding_s == pytest.approx(fine_s, abs=0.1)  # and nothing else at all
    ((_asked, reply),) = conversations_in(data)
    assert reply.text == FINE + FLAGGED + REST
    assert reply.heard_chars == len(FINE)
    assert openai_server.violations == []


def test_what_is_held_back_is_in_the_entry_again(tmp_path: Path, openai_server: LoopbackServer) -> None:
    openai_server.script = script()
    data = ruled(tmp_path / "data", Policy(input=BLOCK))
    with Window(data, connected(openai_server)) as window:
        window.write("He raises the axe.")
        draft = window.wait_for("DraftKept")
        assert draft["text"] == "He raises the axe."
        window.wait_for_phase("idle")
        before = len(window.facts())
        window.key_until("Return", "SendText", after=before, kind="command")  # the entry has the words and the keyboard
        again = window.wait_for("DraftKept", after=before)
        assert again["text"] == "He raises the axe."
    assert openai_server.requests_for("/responses") == []
    assert conversations_in(data) == []


@pytest.mark.parametrize("rule", [BLOCK, CLOSED], ids=["open", "closed"])
def test_when_the_check_fails_the_rule_decides(
    rule: Rule, tmp_path: Path, sound_card: SoundCard, openai_server: LoopbackServer
) -> None:
    openai_server.script = script()
    openai_server.answer_always("/moderations", faults.error(400, code="invalid_request_error"))
    data = ruled(tmp_path / "data", Policy(reply=rule))
    with Window(data, connected(openai_server)) as window, sound_card.record_speaker() as heard:
        window.write("Go on.")
        window.wait_for("TurnTimed")
        window.wait_for("CheckDone")
        if rule is BLOCK:
            note = window.wait_for("Notice", lambda fact: "could not be checked" in fact["message"])
            assert not note["is_problem"]
            assert likeness(FINE, heard) > 0.9
        else:
            assert not heard.samples.any()
