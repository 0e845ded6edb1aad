"""The main job in the terminal: the same session, with files for sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.processes import Done, connected, voiceapp
from tests.e2e.sounds import at_rate, by_the_service, clauses_of, likeness_of_all, question, spoken_likeness
from tests.e2e.stored import conversations_in, takes_in
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, HearingScript, Script, SpeechScript
from tests.soundcard import SoundCard
from voiceapp.audio.soundfile_io import read, write
from voiceapp.core.audio import from_pcm16
from voiceapp.core.conversation import TakeState

ASKED = "what is twelve times seven"


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    file = tmp_path / "question.wav"
    write(file, question(ASKED))
    return file


def reply_of(done: Done) -> str:
    assert (done.code, done.said) == (0, "")
    (reply,) = done.of("reply")
    assert "".join(event["text"] for event in done.of("reply_delta")) == reply["text"]
    assert len(done.of("timing")) == 1
    text = reply["text"]
    assert isinstance(text, str)
    return text


def test_a_recorded_question_is_answered_in_a_file(tmp_path: Path, asked: Path) -> None:
    done = voiceapp(tmp_path / "data", "ask", asked, "--out", tmp_path / "reply.wav", "--json")
    reply = reply_of(done)
    assert [event["text"] for event in done.of("transcript")] == [ASKED]
    assert "84" in reply
    sound = read(tmp_path / "reply.wav")
    assert min(spoken_likeness(clauses_of(reply), sound.samples, sound.rate_hz)) > 0.9
    (audio,) = done.of("audio")
    assert audio["duration_s"] == pytest.approx(sound.duration_s, abs=0.001)
    assert [[m.text for m in messages] for messages in conversations_in(tmp_path / "data")] == [[ASKED, reply]]
    assert [take.state for take in takes_in(tmp_path / "data")] == [TakeState.TRANSCRIBED]


def test_a_service_does_the_same(tmp_path: Path, asked: Path, openai_server: LoopbackServer) -> None:
    openai_server.script = Script(
        hearing=HearingScript(ASKED), chat=ChatScript(), speech=SpeechScript(sound=by_the_service)
    )
    words = ("ask", asked, "--out", tmp_path / "reply.flac", "--json")
    done = voiceapp(tmp_path / "data", *words, env=connected(openai_server))
    assert reply_of(done) == openai_server.script.chat.text
    assert [event["text"] for event in done.of("transcript")] == [ASKED]
    sound = read(tmp_path / "reply.flac")
    spoken = [request.json["input"] for request in openai_server.requests_for("/audio/speech")]
    pieces = [at_rate(from_pcm16(by_the_service(text).tobytes()), 24_000, sound.rate_hz) for text in spoken]
    assert min(likeness_of_all(pieces, sound.samples)) > 0.9


@pytest.mark.parametrize("how", ["text", "stdin"])
def test_a_written_question_is_answered_in_writing(tmp_path: Path, how: str) -> None:
    words, stdin = (("--text", "What is 12 times 7?"), "") if how == "text" else (("--text", "-"), "What is 12 × 7?\n")
    done = voiceapp(tmp_path / "data", "ask", *words, "--silent", "--json", stdin=stdin)
    assert "84" in reply_of(done)
    assert done.of("audio") == []
    assert "first_sound_ms" not in done.of("timing")[0]


@pytest.mark.sound
def test_without_a_file_the_loudspeaker_speaks(tmp_path: Path, sound_card: SoundCard) -> None:
    with sound_card.record_speaker() as heard:
        done = voiceapp(tmp_path / "data", "ask", "--text", "What is 12 times 7?", "--json")
    assert min(spoken_likeness(clauses_of(reply_of(done)), heard.samples, heard.rate_hz)) > 0.9
