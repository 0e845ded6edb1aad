from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import soundfile

from tests.cli.terminal import Terminal
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript

DEAF_AND_DUMB = {"PULSE_SERVER": "/nowhere", "ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf"}


def has_sound_card() -> bool:
    cards = Path("/proc/asound/cards")
    return cards.exists() and "no soundcards" not in cards.read_text()


without_sound_card = pytest.mark.skipif(has_sound_card(), reason="this machine has a sound card of its own")


def test_say_writes_speech(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run("say", "Good morning. This is a **test**.", "--out", tmp_path / "s.ogg", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.events("audio")[0]["duration_s"] == pytest.approx(soundfile.info(tmp_path / "s.ogg").duration, abs=0.1)


@without_sound_card
def test_say_without_a_loudspeaker_fails_in_one_line(terminal: Terminal) -> None:
    terminal.environ = DEAF_AND_DUMB
    done = terminal.run("say", "hello")
    assert (done.code, done.out) == (1, "")
    assert "loudspeaker" in done.complaint


def test_transcripts_in_files(terminal: Terminal, question: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.wav"
    shutil.copy(question, other)
    for form, part in {"txt": "what time is it\n", "srt": " --> ", "json": "{"}.items():
        done = terminal.run("transcribe", question, other, "--format", form, "--out", tmp_path)
        assert (done.code, done.out, done.err) == (0, "", "")
        assert part in (tmp_path / f"other.{form}").read_text()
        assert (tmp_path / f"question.{form}").exists()


def test_one_bad_recording_does_not_stop_the_others(terminal: Terminal, question: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no")
    done = terminal.run("transcribe", bad, question, "--json")
    assert done.code == 1
    assert [event["text"] for event in done.events("transcript")] == ["what time is it"]
    assert "bad.wav" in done.complaint
    assert terminal.run("transcribe", bad, question, "--out", tmp_path / "one.txt").code == 2


def test_transcribe_on_openai(connected: Terminal, openai_server: LoopbackServer, question: Path) -> None:
    done = connected.run("transcribe", question)
    assert (done.code, done.out) == (0, openai_server.script.hearing.text + "\n")


def test_takes_are_listed_exported_and_explained(terminal: Terminal, question: Path, tmp_path: Path) -> None:
    assert terminal.run("takes").out == "No recordings yet.\n"
    terminal.run("ask", question, "--silent")
    (take,) = terminal.run("takes", "--json").events("take")
    assert (take["state"], take["text"]) == ("transcribed", "what time is it")
    assert "what time is it" in terminal.run("takes", "list").out
    for ending in ("wav", "flac", "ogg"):
        assert terminal.run("takes", "export", "1", tmp_path / f"take.{ending}").code == 0
        assert soundfile.info(tmp_path / f"take.{ending}").duration == pytest.approx(take["duration_s"], abs=0.05)
    missing = terminal.run("takes", "play", "99")
    assert (missing.code, missing.complaint.split(".")[0]) == (2, "voiceapp: There is no recording 99")


@without_sound_card
def test_the_doctor_names_every_matter_and_its_remedy(terminal: Terminal) -> None:
    terminal.environ = DEAF_AND_DUMB
    done = terminal.run("doctor", "--json")
    checks = {event["name"]: event for event in done.events("check")}
    assert {
        name: checks[name]["state"] for name in ("version", "data", "display", "detector", "recognition", "speech")
    } == {
        "version": "ok",
        "data": "ok",
        "display": "warn",
        "detector": "ok",
        "recognition": "ok",
        "speech": "ok",
    }
    assert checks["microphone"]["state"] == checks["loudspeaker"]["state"] == "fail"
    assert all(check.get("remedy") for check in checks.values() if check["state"] == "fail")
    assert done.code == 1
    assert set(checks) >= {"packages", "disk", "keyring", "network"}


@pytest.mark.parametrize(("status", "state"), [(200, "ok"), (401, "fail")])
def test_the_doctor_calls_a_provider_that_is_in_use(
    connected: Terminal, openai_server: LoopbackServer, status: int, state: str
) -> None:
    if status != 200:
        openai_server.answer_always("/models", faults.error(status, "no"))
    checks = {event["name"]: event for event in connected.run("doctor", "--json").events("check")}
    assert checks["provider openai"]["state"] == state


@without_sound_card
def test_devices_without_sound_hardware(terminal: Terminal) -> None:
    terminal.environ = DEAF_AND_DUMB
    done = terminal.run("devices", "--json")
    assert done.code == 1
    assert "doctor" in done.complaint


def test_lines_that_are_piped_are_asked_one_after_another(terminal: Terminal) -> None:
    done = terminal.run("talk", "--silent", "--json", typed="what is 2 plus 2\n\x00what is 3 plus 3\n")
    assert done.code == 0
    replies = [event["text"] for event in done.events("reply")]
    assert replies[0] == "That is 4."
    assert len(replies) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_conversation_well_and_a_job_with_a_line(
    terminal: Terminal, connected: Terminal, openai_server: LoopbackServer, number: signal.Signals
) -> None:
    with terminal.start("talk", "--silent") as process:
        assert process.stdout is not None
        assert "Enter" in process.stdout.readline()
        process.send_signal(number)
        assert process.communicate(timeout=30)[1] == ""
    assert process.returncode == 0

    for path in ("/chat/completions", "/responses"):
        openai_server.answer_always(path, faults.never())
    with connected.start("ask", "--text", "hello", "--silent") as process:
        openai_server.wait_until(lambda: any(request.method == "POST" for request in openai_server.requests), 30)
        process.send_signal(number)
        _out, err = process.communicate(timeout=30)
    assert (process.returncode, len(err.splitlines())) == (1, 1)
    assert "Interrupted" in err


@pytest.mark.parametrize("words", [["doctor"], ["ask", "--text", "hello", "--silent", "--json"], ["talk", "--json"]])
def test_a_reader_that_leaves_is_no_error(connected: Terminal, openai_server: LoopbackServer, words: list[str]) -> None:
    openai_server.script.chat = ChatScript(tuple(f"word{n} " for n in range(200)), tokens_per_s=100)
    with connected.start(*words) as process:
        assert process.stdin is not None
        process.stdin.write("hello\n")
        process.stdin.flush()
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        process.wait(30)
    assert process.returncode == (0 if words[0] == "talk" else 1)


def test_without_a_display_the_window_says_what_works(terminal: Terminal) -> None:
    terminal.environ = {"QT_QPA_PLATFORM": ""}
    done = terminal.run()
    assert (done.code, done.out) == (1, "")
    assert "voiceapp ask" in done.complaint


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = Terminal(tmp_path / "file").run("takes")
    assert done.code == 1
    assert "--data-dir" in done.complaint


def test_help_and_version_import_nothing_heavy(terminal: Terminal) -> None:
    for words in (["--version"], ["--help"], ["ask", "--help"]):
        done = subprocess.run(
            [*terminal.command()[:1], "-X", "importtime", "-m", "voiceapp", *words],
            capture_output=True,
            text=True,
            env=terminal.clean_environ(),
            check=True,
        )
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert not imported & {"numpy", "openai", "asyncio", "PySide6", "sqlite3"}
        assert "voiceapp" in done.stdout
