from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.terminal import KEY, Terminal
from tests.server import faults
from tests.server.loopback import LoopbackServer


def test_a_recorded_question_is_answered_aloud_without_key_or_network(
    terminal: Terminal, question: Path, tmp_path: Path
) -> None:
    out = tmp_path / "reply.wav"

    done = terminal.run("ask", question, "--out", out, "--json")

    assert (done.code, done.err) == (0, "")
    (transcript,) = done.events("transcript")
    (reply,) = done.events("reply")
    (audio,) = done.events("audio")
    (timing,) = done.events("timing")
    assert transcript["text"] == "what time is it"
    assert "".join(event["text"] for event in done.events("reply_delta")) == reply["text"]
    assert ":" in reply["text"]
    assert 0 < timing["transcript_ms"] <= timing["first_token_ms"] <= timing["first_sound_ms"]
    samples, rate_hz = soundfile.read(out)
    assert audio["duration_s"] == pytest.approx(len(samples) / rate_hz, abs=0.01)
    assert np.abs(samples).max() > 0.05


def test_for_a_person_it_prints_the_question_and_the_reply(terminal: Terminal, question: Path) -> None:
    done = terminal.run("ask", question, "--silent")
    assert (done.code, done.err) == (0, "")
    asked, empty, reply = done.out.splitlines()
    assert (asked, empty) == ("You: what time is it", "")
    assert ":" in reply


@pytest.mark.parametrize("words", [["--text", "what is 6 times 7"], ["--text", "-"]])
def test_a_written_question(terminal: Terminal, words: list[str]) -> None:
    done = terminal.run("ask", *words, "--silent", typed="what is 6 times 7\n")
    assert (done.code, done.out, done.err) == (0, "That is 42.\n", "")


def test_with_a_key_in_the_environment_it_runs_on_openai(
    connected: Terminal, openai_server: LoopbackServer, question: Path, tmp_path: Path
) -> None:
    done = connected.run("ask", question, "--out", tmp_path / "reply.flac", "--json")

    assert (done.code, done.err) == (0, "")
    assert done.events("transcript")[0]["text"] == openai_server.script.hearing.text
    assert done.events("reply")[0]["text"] == openai_server.script.chat.text
    assert soundfile.info(tmp_path / "reply.flac").duration > 0.5
    assert {request.headers["authorization"] for request in openai_server.requests} == {f"Bearer {KEY}"}


def test_the_key_is_in_no_file_and_no_output(connected: Terminal, openai_server: LoopbackServer) -> None:
    openai_server.answer_always("/chat/completions", faults.error(401, f"Incorrect API key provided: {KEY}"))
    openai_server.answer_always("/responses", faults.error(401, f"Incorrect API key provided: {KEY}"))
    done = connected.run("ask", "--text", "hello", "--silent", "--json", "--debug")
    assert done.code == 1
    assert done.events("error")[0]["code"] == "auth"
    assert KEY not in done.out + done.err
    assert not any(KEY.encode() in path.read_bytes() for path in connected.data.rglob("*") if path.is_file())


def test_local_counts_more_than_the_environment_when_it_is_asked_for(
    connected: Terminal, openai_server: LoopbackServer
) -> None:
    done = connected.run("ask", "--text", "what is 6 times 7", "--silent", "--provider", "local")
    assert (done.code, done.out) == (0, "That is 42.\n")
    assert openai_server.requests == []


def test_a_provider_that_fails_leaves_the_take_to_be_retried(
    connected: Terminal, openai_server: LoopbackServer, question: Path
) -> None:
    openai_server.answer_always("/audio/transcriptions", faults.error(401, "no"))
    done = connected.run("ask", question, "--silent")
    assert done.code == 1
    assert done.complaint.startswith("voiceapp: ")

    (take,) = connected.run("takes", "--json").events("take")
    assert take["state"] == "failed"
    assert take["error"]
    again = connected.run("takes", "retry", str(take["id"]), "--provider", "local", "--silent", "--json")
    assert (again.code, again.events("transcript")[0]["text"]) == (0, "what time is it")


def bad_header(path: Path) -> None:
    path.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00" + b"\xff" * 60)


def silence(path: Path) -> None:
    soundfile.write(path, np.zeros(16000, dtype=np.float32), 16000)


BAD = {
    "text.wav": lambda path: path.write_text("this is not sound"),
    "empty.wav": lambda path: path.touch(),
    "header.wav": bad_header,
    "folder.wav": lambda path: path.mkdir(),
    "silence.wav": silence,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_recordings_fail_with_one_sentence(terminal: Terminal, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    BAD[name](path)
    done = terminal.run("ask", path, "--silent", "--json")
    assert done.code == 1
    (error,) = done.events("error")
    assert done.complaint.startswith(f"voiceapp: {error['message']}")
    assert error["code"] == ("nothing_heard" if name == "silence.wav" else "audio_file")


def test_odd_recordings_are_understood(terminal: Terminal, question: Path, tmp_path: Path) -> None:
    samples, _rate_hz = soundfile.read(question, dtype="float32")
    six = np.repeat(np.repeat(samples, 6)[:, None], 6, axis=1)
    six[1000:1003] = np.nan
    soundfile.write(tmp_path / "odd.wav", six, 96_000, subtype="FLOAT")
    done = terminal.run("ask", tmp_path / "odd.wav", "--silent", "--json")
    assert (done.code, done.events("transcript")[0]["text"]) == (0, "what time is it")


@pytest.mark.parametrize(
    "words",
    [
        ["ask"],
        ["ask", "a.wav", "--text", "both"],
        ["ask", "--text", "  ", "--silent"],
        ["ask", "--text", "hi", "--provider", "nobody"],
        ["ask", "--text", "hi", "--out", "reply.docx"],
        ["ask", "--text", "hi", "--out", "/not/there/reply.wav"],
        ["ask", "--loud"],
        ["takes", "export", "1"],
        ["takes", "play"],
        ["takes", "play", "99"],
        ["takes", "retry", "99"],
        ["takes", "words", "99"],
        ["takes", "export", "99", "take.wav"],
        ["sing"],
    ],
)
def test_wrong_usage_is_two(terminal: Terminal, words: list[str]) -> None:
    done = terminal.run(*words)
    assert (done.code, done.out) == (2, "")
    assert "voiceapp" in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        ["ask", "missing.wav"],
        ["ask", "--text", "hi", "--silent", "--image", "missing.png"],
        ["ask", "--text", "hi", "--silent", "--file", "missing.pdf"],
        ["transcribe", "missing.wav"],
        ["transcribe", "missing.wav", "absent.wav"],
        ["moderate", "missing.txt"],
        ["moderate", "--image", "missing.png"],
        ["clean", "missing.txt"],
        ["notes", "missing.txt"],
        ["image", "A cup", "--out", "cup.png", "--edit", "missing.png"],
        ["replay", "missing.trace"],
        ["batch", "start", "missing.txt"],
        ["stores", "make", "Papers", "missing.pdf"],
    ],
)
def test_a_file_that_is_not_there_is_wrong_usage_everywhere(terminal: Terminal, words: list[str]) -> None:
    done = terminal.run(*words)
    assert done.code == 2
    assert "There is no file" in done.err
    assert "missing." in done.err


def test_a_trace_replays(terminal: Terminal, tmp_path: Path) -> None:
    trace = tmp_path / "run.jsonl"
    assert terminal.run("ask", "--text", "what is 1 plus 1", "--silent", "--trace", trace).code == 0
    done = terminal.run("replay", trace, "--json")
    assert (done.code, done.events("replay")[0]["is_same"]) == (0, True)
    assert done.events("replay")[0]["decisions"] >= 2

    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    changed = next(line for line in lines if line["kind"] == "decision")
    changed["after"]["phase"] = "listening"
    trace.write_text("\n".join(map(json.dumps, lines)))
    other = terminal.run("replay", trace)
    assert (other.code, other.out) == (1, "")
    assert "Line" in other.complaint
    trace.write_text("no trace")
    assert terminal.run("replay", trace).code == 2
