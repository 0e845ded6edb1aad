"""A recorded question, heard and answered by ear, in the terminal."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
import soundfile

from tests.cli.conftest import QUESTION
from tests.cli.terminal import Terminal
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import HearingScript

CHAT = "/chat/completions"
WORDS = ("--model", "gpt-audio-1.5", "--provider", "openai", "--json")


def test_ask_by_ear(connected: Terminal, openai_server: LoopbackServer, question: Path, tmp_path: Path) -> None:
    openai_server.script.hearing = HearingScript(QUESTION)
    done = connected.run("ask", question, "--out", tmp_path / "reply.wav", *WORDS)
    assert (done.code, done.err) == (0, "")
    (reply,) = done.events("reply")
    assert reply["text"] == "The capital of France is Paris."
    assert [event["text"] for event in done.events("transcript")] == [QUESTION]
    (body,) = [request.json for request in openai_server.requests_for(CHAT)]
    (part,) = body["messages"][-1]["content"]
    take = soundfile.info(io.BytesIO(base64.b64decode(part["input_audio"]["data"])))
    assert take.duration == pytest.approx(soundfile.info(question).duration, abs=0.2)
    assert body["modalities"] == ["text", "audio"]
    assert body["audio"]["format"] == "pcm16"
    assert soundfile.info(tmp_path / "reply.wav").duration == pytest.approx(31 * 0.06, abs=0.2)
    assert openai_server.requests_for("/audio/speech") == []
    assert openai_server.requests_for("/responses") == []
    (cost,) = done.events("cost")
    assert cost["cost_usd"] > 0
    assert openai_server.violations == []


def test_without_ears_the_answer_comes_all_the_same(
    connected: Terminal, openai_server: LoopbackServer, question: Path
) -> None:
    openai_server.answer_always("/audio/transcriptions", faults.error(500))
    done = connected.run("ask", question, "--silent", *WORDS)
    assert done.code == 0
    assert done.events("reply")[0]["text"] == "The capital of France is Paris."
    assert any("written down" in notice["message"] for notice in done.events("notice"))
    (body,) = [request.json for request in openai_server.requests_for(CHAT)]
    assert body["modalities"] == ["text"]


def test_asked_in_writing_it_speaks(connected: Terminal, openai_server: LoopbackServer, tmp_path: Path) -> None:
    done = connected.run("ask", "--text", "Where is Paris?", "--out", tmp_path / "reply.wav", *WORDS)
    assert done.code == 0
    assert soundfile.info(tmp_path / "reply.wav").duration == pytest.approx(31 * 0.06, abs=0.2)
    silent = connected.run("ask", "--text", "Where is Paris?", "--silent", *WORDS)
    assert silent.code == 0
    asked = [request.json["modalities"] for request in openai_server.requests_for(CHAT)]
    assert asked == [["text", "audio"]] * 2, "such a model wants sound on at least one side"
