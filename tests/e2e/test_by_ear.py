"""A model that hears and speaks by itself, in the real window: the take as sound, its own voice, Esc in the middle."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import soundfile

from tests.e2e.processes import connected
from tests.e2e.sounds import question
from tests.e2e.stored import conversations_in
from tests.e2e.window import Window
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, HearingScript, SpeechScript, tone
from tests.soundcard import SoundCard
from voiceapp.core.settings import OPENAI, Choice, Job, Settings
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile

pytestmark = [pytest.mark.window, pytest.mark.sound]

ASKED = "tell me a story"
STORY = tuple(word for number in range(30) for word in ("Once", " upon", " a", " time", f" {number}.", " "))


def test_heard_as_sound_answered_aloud_and_interrupted(
    tmp_path: Path, sound_card: SoundCard, openai_server: LoopbackServer
) -> None:
    openai_server.script.hearing = HearingScript(ASKED)
    openai_server.script.chat = ChatScript(STORY)
    openai_server.script.speech = SpeechScript(times_real_time=20, sound=partial(tone, char_ms=40.0))
    paths = Paths.below(tmp_path / "data")
    paths.create()
    openai = replace(OPENAI, base_url=openai_server.base_url)
    settings = replace(Settings(), providers=(Settings().providers[0], openai), is_titled_by_model=False)
    settings = settings.with_provider("openai")
    jobs = {**settings.jobs, Job.CHAT.value: Choice("openai", "gpt-audio-1.5")}
    SettingsFile(paths.settings_file).save(replace(settings, jobs=jobs))
    with Window(tmp_path / "data", connected(openai_server)) as window:
        with window.space_held():
            window.wait_for("AudioFlowing")
            sound_card.play_into_microphone(question(ASKED))
        window.wait_for("SpokenProgress", lambda fact: fact["start"] > 20)
        window.key("Escape")
        window.wait_for("Interrupted")
        window.wait_for("MessageChanged", lambda fact: fact["message"]["heard_chars"] is not None)
        window.wait_for("MessageChanged", lambda fact: fact["message"]["text"] == ASKED)
    ((asked, reply),) = conversations_in(tmp_path / "data")
    assert asked.text == ASKED
    assert reply.text.startswith("Once upon a time 0.")
    assert reply.heard_chars is not None
    assert 20 <= reply.heard_chars < len("".join(STORY))
    body = openai_server.requests_for("/chat/completions")[0].json
    (part,) = body["messages"][-1]["content"]
    assert soundfile.info(io.BytesIO(base64.b64decode(part["input_audio"]["data"]))).duration > 0.5
    assert openai_server.requests_for("/audio/speech") == []
    assert openai_server.violations == []
