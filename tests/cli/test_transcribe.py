"""``voiceapp transcribe`` and the recordings' words: every option reaches the service, every doubt is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.terminal import Terminal
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import HearingScript
from tests.server.wire import Answer, Request

UPLOADS, TRANSLATIONS = "/audio/transcriptions", "/audio/translations"


def test_options_reach_the_service_and_words_appear(
    connected: Terminal, openai_server: LoopbackServer, question: Path
) -> None:
    words = ("--language", "de", "--prompt", "About clocks.", "--keywords", "Siobhán, Zoë", "--keywords", "Ada")
    done = connected.run("transcribe", question, *words, "--json")
    assert (done.code, done.err) == (0, "")
    (request,) = openai_server.requests_for(UPLOADS)
    values = [(part.name, part.data.decode()) for part in request.parts if part.name != "file"]
    assert ("languages[]", "de") in values
    assert ("prompt", "About clocks.") in values
    assert [value for name, value in values if name == "keywords[]"] == ["Siobhán", "Zoë", "Ada"]
    partials = [event["text"] for event in done.events("partial_transcript")]
    (transcript,) = done.events("transcript")
    assert partials[0] == "What"
    assert partials[-1] == transcript["text"] == openai_server.script.hearing.text
    assert transcript["has_times"] is False


def test_in_english(connected: Terminal, openai_server: LoopbackServer, question: Path) -> None:
    openai_server.script.hearing = HearingScript("Wie spät ist es?", english="What time is it?")
    done = connected.run("transcribe", question, "--translate", "--format", "srt")
    assert (done.code, done.err) == (0, "")
    assert "What time is it?" in done.out
    assert openai_server.requests_for(TRANSLATIONS)[0].field("model") == "whisper-1"
    assert openai_server.requests_for(UPLOADS) == []


def test_with_who_says_what(connected: Terminal, openai_server: LoopbackServer, question: Path) -> None:
    done = connected.run("transcribe", question, "--speakers")
    assert (done.code, done.err) == (0, "")
    assert done.out == "Speaker A: What is the capital\nSpeaker B: of France?\n"
    assert openai_server.requests_for(UPLOADS)[0].field("model") == "gpt-4o-transcribe-diarize"


def test_doubts_and_missing_times_are_told(connected: Terminal, openai_server: LoopbackServer, question: Path) -> None:
    openai_server.script.hearing = HearingScript("Zoë says hello.", weak=("Zoë",))
    named = ("--model", "gpt-4o-transcribe")
    done = connected.run("transcribe", question, *named, "--format", "md")
    assert (done.code, done.err) == (0, "")
    assert "Zoë(?) says hello." in done.out
    srt = connected.run("transcribe", question, "--format", "srt")
    assert srt.code == 0
    assert "no times" in srt.complaint
    assert "Zoë says hello." in srt.out


def test_a_server_that_names_nobody_is_told_of(
    connected: Terminal, openai_server: LoopbackServer, question: Path
) -> None:
    openai_server.script.hearing = HearingScript("Hello.", voices=())
    openai_server.answer_always(UPLOADS, _plain)
    done = connected.run("transcribe", question, "--speakers")
    assert done.code == 0
    assert done.out == "Hello.\n"
    assert "did not tell who speaks" in done.complaint


def _plain(request: Request) -> Answer:
    from tests.server.audio_answers import json_answer

    return json_answer({"text": "Hello."})


def test_this_computer_says_what_it_cannot(terminal: Terminal, question: Path) -> None:
    done = terminal.run("transcribe", question, "--translate")
    assert (done.code, done.out) == (1, "")
    assert "does not translate" in done.complaint


def test_a_part_that_is_missing_fails_the_command_and_is_named(
    connected: Terminal, openai_server: LoopbackServer, tmp_path: Path
) -> None:
    models = {"models": [{"id": "short", "jobs": ["transcription"], "formats": ["json"], "limits": {"seconds": 5}}]}
    config = connected.data / "config"
    config.mkdir(parents=True)
    (config / "models.json").write_text(json.dumps(models))
    talk = np.concatenate([np.concatenate([0.3 * np.sin(np.arange(48_000) / 8), np.zeros(24_000)])] * 3)
    soundfile.write(tmp_path / "talk.wav", talk, 16_000)
    usual, bad = openai_server.usual(UPLOADS), set[bytes]()

    def answer(request: Request) -> Answer:
        file = next(part.data for part in request.parts if part.name == "file")
        bad.update({file} if not bad else ())
        return faults.error(400, "no", code="invalid_value", param="file") if file in bad else usual(request)

    openai_server.answer_always(UPLOADS, answer)
    out = tmp_path / "talk.txt"
    done = connected.run("transcribe", tmp_path / "talk.wav", "--model", "short", "--out", out)
    assert done.code == 1
    assert "could not be turned into words" in done.complaint
    assert "talk.wav" in done.complaint
    assert openai_server.script.hearing.text in out.read_text()
    assert "could not be turned into words" in out.read_text()


@pytest.mark.parametrize("more", [("--speakers",), ("--translate",)])
def test_recordings_get_new_words(
    more: tuple[str, ...], connected: Terminal, openai_server: LoopbackServer, question: Path, tmp_path: Path
) -> None:
    openai_server.script.hearing = HearingScript("Wie spät ist es?", english="What time is it?")
    assert connected.run("ask", question, "--silent").code == 0
    chats = len(openai_server.requests_for("/responses"))
    done = connected.run("takes", "transcribe", "1", *more)
    assert (done.code, done.err) == (0, "")
    assert len(openai_server.requests_for("/responses")) == chats, "nothing was answered"
    srt = tmp_path / "words.srt"
    assert connected.run("takes", "words", "1", srt).code == 0
    words = "Speaker A: What is the capital" if more == ("--speakers",) else "What time is it?"
    assert words in done.out
    assert words in srt.read_text()
