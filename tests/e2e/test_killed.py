"""The program is killed, without any chance to clean up: nothing that was said or written is lost."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.audio.sounds import find
from tests.e2e.processes import connected, voiceapp
from tests.e2e.sounds import at_rate, question, trimmed
from tests.e2e.stored import conversations_in, sound_of, takes_in
from tests.e2e.window import Window
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, Script
from tests.soundcard import SoundCard
from voiceapp.core.conversation import TakeState

pytestmark = [pytest.mark.window, pytest.mark.sound]

ROUNDS = 5
LOST_S = 1.0
SAID = "what is twelve times seven"


def test_takes_survive_kill_in_the_middle(tmp_path: Path, sound_card: SoundCard) -> None:
    """Every start finds the take that the kill before it left, and tells; the last moments differ each time."""
    rng, data = random.Random(7), tmp_path / "data"
    said = question(SAID)
    moments_s = [rng.uniform(0.1, 1.5) for _ in range(ROUNDS - 1)] + [said.duration_s + 0.2]
    recorded_s: list[float] = []
    for moment_s in [*moments_s, None]:
        with Window(data) as window:
            if recorded_s:
                (take,) = window.wait_for("TakesListed")["recovered"]
                assert take["state"] == TakeState.RECORDED.value
                assert take["duration_s"] >= recorded_s[-1] - LOST_S
            if moment_s is None:
                break
            with window.space_held():
                flowing_s = window.wait_for("AudioFlowing")["at_s"]
                with sound_card.speaking(said):  # as people do: once it listens
                    time.sleep(moment_s)  # the moment of the accident, not a wait for anything
                    recorded_s.append(window.kill() - flowing_s)
    takes = takes_in(data)
    assert [take.state for take in takes] == [TakeState.RECORDED] * ROUNDS
    whole = sound_of(data, takes[-1].id)
    heard = at_rate(whole.samples, whole.rate_hz, said.rate_hz)
    assert find(trimmed(said.samples)[: said.rate_hz], heard).likeness > 0.9
    (transcript,) = voiceapp(data, "takes", "retry", str(takes[-1].id), "--silent", "--json").of("transcript")
    assert transcript["text"] == SAID


def test_a_reply_that_was_streaming_is_kept_as_far_as_it_came(tmp_path: Path, openai_server: LoopbackServer) -> None:
    openai_server.script = Script(chat=ChatScript(tuple(f" word{number}" for number in range(400)), tokens_per_s=20))
    data = tmp_path / "data"
    with Window(data, connected(openai_server)) as window:
        window.write("Count the words.")
        window.wait_for("ReplyDelta", lambda fact: "word39" in fact["text"])
        window.kill()
    ((asked, reply),) = conversations_in(data)
    assert asked.text == "Count the words."
    assert reply.text.lstrip().startswith("word0 word1")
    assert "word20" in reply.text  # half a second of it may be missing
    assert not reply.is_complete
    with Window(data) as window:
        (head,) = window.wait_for("ConversationsListed")["heads"]
        assert head["message_count"] == 2
