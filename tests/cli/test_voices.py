"""Voices in the terminal: by every way in which a model speaks."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from tests.cli.terminal import KEY, Terminal
from tests.server import faults
from tests.server.loopback import LoopbackServer

REALTIME, AUDIO = "gpt-realtime-2.1-mini", "gpt-audio-1.5"


def test_say_with_every_kind_of_model(connected: Terminal, openai_server: LoopbackServer, tmp_path: Path) -> None:
    out = tmp_path / "s.wav"
    for model in ("", REALTIME, AUDIO):
        words = ("say", "Good morning.", "--model", model, "--style", "Calm.", "--speed", "1.2", "--out", out, "--json")
        done = connected.run(*words, "--provider", "openai", "--debug")
        assert (done.code, done.err) == (0, "")
        (audio,) = done.events("audio")
        assert model in audio["engine"]
        if model:  # the server's /audio/speech does not know speed
            assert soundfile.info(out).duration == pytest.approx(13 * 0.06 / 1.2, abs=0.2)
    rows = connected.run("usage", "--by", "model", "--json").events("usage")
    assert len(rows) == 3
    assert all({"text_in", "audio_out"} <= row["amounts"].keys() and row["cost_usd"] > 0 for row in rows)
    written = b"".join(file.read_bytes() for file in connected.data.rglob("*") if file.is_file())
    assert KEY.encode() not in written
    assert openai_server.violations == []


def test_a_model_that_is_gone_is_replaced_and_it_is_said(
    connected: Terminal, openai_server: LoopbackServer, tmp_path: Path
) -> None:
    openai_server.answer_always("/audio/speech", faults.error(404, code="model_not_found"))
    words = ("say", "Good morning.", "--out", tmp_path / "s.wav", "--json", "--provider", "openai")
    first, second = connected.run(*words), connected.run(*words)
    assert (first.code, second.code) == (0, 0)
    assert any(REALTIME in notice["message"] for notice in first.events("notice"))
    assert not second.events("notice")
    assert len(openai_server.requests_for("/audio/speech")) == 1


def test_voices_are_listed_and_heard(connected: Terminal, openai_server: LoopbackServer, tmp_path: Path) -> None:
    listed = connected.run("voices", "--json", "--provider", "openai", "--model", REALTIME).events("voice")
    assert [voice["id"] for voice in listed][:2] == ["marin", "cedar"]
    out = tmp_path / "cedar.wav"
    words = ("voices", "--preview", "cedar", "--model", REALTIME, "--out", out, "--provider", "openai")
    assert connected.run(*words).code == 0
    assert soundfile.info(out).duration > 1.0
    (session,) = openai_server.realtime.sessions
    assert session.config["audio"]["output"]["voice"] == "cedar"
    assert connected.run("providers", "set", "openai", "--memory", "held").code == 0
    for _twice in range(2):
        assert connected.run(*words).code == 0
    assert len(openai_server.realtime.sessions) == 2, "heard before, it is not paid for again; in private it is"


def test_voices_of_this_computer(terminal: Terminal, tmp_path: Path) -> None:
    listed = terminal.run("voices").out.splitlines()
    assert len(listed) > 20
    name = next(line.split()[0] for line in listed if " de" in line)
    assert terminal.run("voices", "--preview", name, "--out", tmp_path / "de.wav").code == 0
    assert soundfile.info(tmp_path / "de.wav").duration > 1.0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("voices", "--preview", "nobody"), "nobody"),
        (("say", "x", "--voice", "nobody"), "no voice called “nobody”"),
        (("say", "x", "--model", "gpt-audio-1.5"), "--provider"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words: tuple[str, ...], part: str, terminal: Terminal) -> None:
    done = terminal.run(*words)
    assert done.code == 2
    assert part in done.err.splitlines()[-1]
