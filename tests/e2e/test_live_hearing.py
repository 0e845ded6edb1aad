"""Heard while it is spoken, in the real window: words before the key is up, the take on disk, the net below."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.processes import connected
from tests.e2e.sounds import question
from tests.e2e.stored import conversations_in, takes_in
from tests.e2e.window import Window
from tests.server import realtime
from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session
from tests.server.script import LiveScript
from tests.soundcard import SoundCard
from voiceapp.core.conversation import TakeState
from voiceapp.core.settings import OPENAI, Choice, Job, Settings
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile

pytestmark = [pytest.mark.window, pytest.mark.sound]

ASKED = "what is the capital of france"


@pytest.fixture
def data(tmp_path: Path, openai_server: LoopbackServer) -> Path:
    """A folder of somebody who lets OpenAI hear live."""
    openai_server.script.live = LiveScript(ASKED, word_s=0.2)
    paths = Paths.below(tmp_path / "data")
    paths.create()
    openai = replace(OPENAI, base_url=openai_server.base_url)
    settings = replace(Settings(), providers=(Settings().providers[0], openai), is_reply_aloud=False)
    settings = settings.with_provider("openai")
    jobs = {**settings.jobs, Job.LIVE_TRANSCRIPTION.value: Choice("openai")}
    SettingsFile(paths.settings_file).save(replace(settings, jobs=jobs))
    return tmp_path / "data"


def test_words_appear_while_the_key_is_down(data: Path, sound_card: SoundCard, openai_server: LoopbackServer) -> None:
    with Window(data, connected(openai_server)) as window:
        with window.space_held():
            window.wait_for("AudioFlowing")
            sound_card.play_into_microphone(question(ASKED))
            assert window.wait_for("PartialTranscript")["text"].startswith("what")
            assert window.of_type("StopTalking") == []
        assert window.wait_for("TranscriptReady")["text"] == ASKED
        window.wait_for("TurnTimed")
        window.wait_for_phase("idle")
    (session,) = openai_server.realtime.sessions
    assert session.types()[-1] == "input_audio_buffer.commit"
    assert openai_server.requests_for("/audio/transcriptions") == []
    (take,) = takes_in(data)
    assert (take.state, take.text, take.engine) == (TakeState.TRANSCRIBED, ASKED, "OpenAI gpt-live-transcribe")


def test_when_the_line_breaks_nothing_is_lost(data: Path, sound_card: SoundCard, openai_server: LoopbackServer) -> None:
    async def breaks_in_the_middle(session: Session) -> None:
        await realtime.open_transcription(session)
        while len(session.audio) < 24_000:
            await session.receive()
        session.socket.abort()

    openai_server.realtime.behave_next(breaks_in_the_middle)
    with Window(data, connected(openai_server)) as window:
        with window.space_held():
            window.wait_for("AudioFlowing")
            sound_card.play_into_microphone(question(ASKED))
        said = openai_server.script.hearing.text
        assert window.wait_for("TranscriptReady")["text"] == said
        window.wait_for("TurnTimed")
        window.wait_for_phase("idle")
    assert len(openai_server.requests_for("/audio/transcriptions")) == 1
    ((asked, _reply),) = conversations_in(data)
    assert asked.text == said
