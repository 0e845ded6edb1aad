"""What goes wrong in the world: each time a clear sentence, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.audio.sounds import chirp
from tests.e2e.inside import talk
from tests.e2e.processes import Done, connected, environment, spoken_of, voiceapp
from tests.e2e.sounds import at_rate, by_the_service, question
from tests.e2e.stored import conversations_in, sound_of, takes_in
from tests.e2e.window import Window
from tests.server import faults
from tests.server.chat_answers import chat_completion
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, HearingScript, Script, SpeechScript
from tests.server.wire import Answer, Ending
from voiceapp.audio.soundfile_io import read, write
from voiceapp.core.commands import SendText
from voiceapp.core.conversation import TakeState
from voiceapp.core.events import PhaseChanged, TurnTimed
from voiceapp.core.settings import Settings
from voiceapp.core.turn import Phase

ASKED = "what is twelve times seven"


def is_clear(done: Done, code: int = 1) -> None:
    """A failed job says why in one line, in whole sentences, with nothing of the program's inside."""
    assert done.code == code
    assert len(done.said.splitlines()) == 1
    assert done.said[0].isupper() or done.said.startswith(("“", "voiceapp"))
    assert done.said.endswith((".", "?"))
    assert "Error" not in done.said
    assert "went wrong inside" not in done.said


# --- recordings ----------------------------------------------------------------------------------------------------


def impossible_header(path: Path) -> None:
    no_channels_at_no_rate = struct.pack("<IHHIIHH", 16, 1, 0, 0, 0, 0, 0)
    path.write_bytes(b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVEfmt " + no_channels_at_no_rate)


def empty(path: Path) -> None:
    path.touch()


def text(path: Path) -> None:
    path.write_text("Dear diary,\n" * 100)


def nothing(path: Path) -> None:
    """No file at all."""


@pytest.mark.parametrize("make", [impossible_header, empty, text, nothing])
@pytest.mark.parametrize("command", ["ask", "transcribe"])
def test_a_file_that_is_no_recording(tmp_path: Path, make: Callable[[Path], None], command: str) -> None:
    make(tmp_path / "odd.wav")
    done = voiceapp(tmp_path / "data", command, tmp_path / "odd.wav")
    is_clear(done, 2 if make is nothing else 1)
    assert "odd.wav" in done.said


SAID = question(ASKED)


def eight_bits(path: Path) -> None:
    soundfile.write(path, SAID.samples, SAID.rate_hz, subtype="PCM_U8")


def fast(path: Path) -> None:
    soundfile.write(path, at_rate(SAID.samples, SAID.rate_hz, 96_000), 96_000, subtype="PCM_24")


def six_channels(path: Path) -> None:
    soundfile.write(path, np.repeat(SAID.samples[:, None], 6, axis=1), SAID.rate_hz)


def not_numbers(path: Path) -> None:
    samples = SAID.samples.copy()
    samples[: len(samples) // 20] = np.nan
    samples[-1] = np.inf
    soundfile.write(path, samples, SAID.rate_hz, subtype="FLOAT")


@pytest.mark.parametrize("make", [eight_bits, fast, six_channels, not_numbers])
def test_an_unusual_recording_is_answered(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "asked.wav")
    done = voiceapp(tmp_path / "data", "ask", tmp_path / "asked.wav", "--silent", "--json")
    assert (done.code, done.said) == (0, "")
    assert done.of("transcript")[0]["text"] == ASKED
    (take,) = takes_in(tmp_path / "data")
    assert np.isfinite(sound_of(tmp_path / "data", take.id).samples).all()


def test_a_recording_without_speech_sends_nothing(tmp_path: Path, openai_server: LoopbackServer) -> None:
    soundfile.write(tmp_path / "quiet.wav", np.zeros(16_000, dtype=np.float32), 16_000)
    done = voiceapp(tmp_path / "data", "ask", tmp_path / "quiet.wav", env=connected(openai_server))
    is_clear(done)
    assert done.said.startswith("I heard nothing.")
    assert openai_server.requests_for("/chat/completions") == []


# --- services ------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    write(tmp_path / "asked.wav", SAID)
    return tmp_path / "asked.wav"


def ask(server: LoopbackServer, folder: Path, asked: Path) -> Done:
    words = ("ask", asked, "--out", folder / "reply.wav", "--json")
    return voiceapp(folder / "data", *words, env=connected(server))


def test_a_broken_letter_in_the_reply(tmp_path: Path, asked: Path, openai_server: LoopbackServer) -> None:
    pieces = (
        b'data: {"choices":[{"index":0,"delta":{"content":"Good \xff\xfe day."},"finish_reason":null}]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    )
    openai_server.script = Script(hearing=HearingScript(ASKED), speech=SpeechScript(sound=by_the_service))
    openai_server.answer_next("/chat/completions", faults.stream(*pieces))
    done = ask(openai_server, tmp_path, asked)
    assert done.code == 0
    assert done.of("reply")[0]["text"].replace("\ufffd", "") == "Good  day."


def test_a_megabyte_of_reply(tmp_path: Path, openai_server: LoopbackServer) -> None:
    reply = tuple(f"Sentence number {number} says something.\n\n" for number in range(30_000))
    openai_server.script = Script(chat=ChatScript(reply))
    words = ("ask", "--text", "Tell me everything.", "--silent", "--json")
    done = voiceapp(tmp_path / "data", *words, env=connected(openai_server))
    assert (done.code, done.said) == (0, "")
    assert len(done.of("reply")[0]["text"]) == len("".join(reply)) > 1_000_000
    ((_asked, stored),) = conversations_in(tmp_path / "data")
    assert stored.text == "".join(reply)


@pytest.mark.parametrize("answer", [faults.empty_stream, faults.html])
@pytest.mark.parametrize("path", ["/audio/transcriptions", "/chat/completions", "/audio/speech"])
def test_a_service_that_answers_something_else(
    tmp_path: Path,
    asked: Path,
    openai_server: LoopbackServer,
    answer: Callable[[], Answer],
    path: str,
) -> None:
    openai_server.script = Script(hearing=HearingScript(ASKED), speech=SpeechScript(sound=by_the_service))
    openai_server.answer_always(path, answer())
    done = ask(openai_server, tmp_path, asked)
    is_clear(done)
    (take,) = takes_in(tmp_path / "data")
    assert take.duration_s == pytest.approx(SAID.duration_s, abs=0.05)
    if path == "/audio/transcriptions":
        assert take.state in (TakeState.FAILED, TakeState.SILENT)  # an empty stream holds no words
        assert take.error in done.said
    else:
        assert conversations_in(tmp_path / "data")[0][0].text == ASKED
    if path == "/audio/speech":
        assert conversations_in(tmp_path / "data")[0][1].text == openai_server.script.chat.text


def test_a_service_that_hangs_up_in_the_middle(tmp_path: Path, asked: Path, openai_server: LoopbackServer) -> None:
    openai_server.script = Script(hearing=HearingScript(ASKED), speech=SpeechScript(sound=by_the_service))
    openai_server.answer_next(
        "/chat/completions",
        lambda request: faults.cut(chat_completion(openai_server.script.chat, request), 4, Ending.CLOSE),
    )
    done = ask(openai_server, tmp_path, asked)
    is_clear(done)
    ((_question, reply),) = conversations_in(tmp_path / "data")
    assert 0 < len(reply.text) < len(openai_server.script.chat.text)
    assert openai_server.script.chat.text.startswith(reply.text)
    assert not reply.is_complete
    assert read(tmp_path / "reply.wav").duration_s > 0  # what came was spoken


# --- the disk ------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    folder.mkdir()
    try:
        how = ["-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)]
        subprocess.run(["mount", *how], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    write(tmp_path / "long.wav", chirp(20.0))
    done = voiceapp(small_disk, "ask", tmp_path / "long.wav", "--silent")
    is_clear(done)
    assert "disk is full" in done.said
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert voiceapp(small_disk, "takes").code == 0
    (take,) = takes_in(small_disk)
    assert take.duration_s > 1.0
    assert sound_of(small_disk, take.id).duration_s == pytest.approx(take.duration_s, abs=0.01)


def test_a_folder_that_cannot_be_written(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for words in (["ask", "--text", "What is 12 times 7?", "--silent"], []):  # the terminal, the window
        done = voiceapp(small_disk, *words)
        assert done.code == 1
        assert done.said.startswith(f"Nothing can be written to the folder {small_disk}")


def test_a_damaged_database(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert voiceapp(data, "ask", "--text", "What is 12 times 7?", "--silent").code == 0
    (database,) = data.glob("*.db")
    database.write_bytes(os.urandom(database.stat().st_size))
    done = voiceapp(data, "ask", "--text", "What is 12 times 7?", "--silent", "--json")
    assert done.code == 0
    (notice,) = done.of("notice")
    assert "was damaged" in notice["message"]
    assert "set aside" in notice["message"]
    assert len(conversations_in(data)) == 1
    assert any(".damaged-" in file.name for file in data.iterdir())


# --- time ----------------------------------------------------------------------------------------------------------


def test_a_service_that_never_answers_can_be_left(tmp_path: Path, openai_server: LoopbackServer) -> None:
    """How long it is waited for is proved with the adapters; whoever does not want to wait need not."""
    openai_server.answer_always("/chat/completions", faults.never())
    command = [
        sys.executable,
        "-m",
        "voiceapp",
        "ask",
        "--text",
        "Are you there?",
        "--data-dir",
        str(tmp_path / "data"),
    ]
    process = subprocess.Popen(command, env=environment(connected(openai_server)), stderr=subprocess.PIPE, text=True)
    openai_server.wait_until(lambda: bool(openai_server.requests_for("/chat/completions")), 60.0)
    process.send_signal(signal.SIGINT)
    _out, said = process.communicate(timeout=60)
    is_clear(Done(process.returncode, "", spoken_of(said)))
    assert conversations_in(tmp_path / "data")[0][0].text == "Are you there?"


async def test_a_clock_that_goes_backwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = time.time, ("What is 1 + 1?", "What is 2 + 2?", "What is 3 + 3?")
    async with talk(tmp_path, Settings(is_reply_aloud=False)) as it:
        for hours, text in enumerate(asked):
            monkeypatch.setattr(time, "time", lambda hours=hours: real() - 3600 * hours)
            here = len(it.events)
            it.session.handle(SendText(text))
            timed = await it.wait_for(TurnTimed, after=here)
            assert timed.timings.first_token_ms is not None
            assert 0 <= timed.timings.first_token_ms < 60_000
            await it.wait_for(PhaseChanged, lambda event: event.phase is Phase.IDLE, after=here)
    (messages,) = await asyncio.to_thread(conversations_in, tmp_path)
    assert tuple(message.text for message in messages[::2]) == asked
    assert [message.text for message in messages[1::2]] == ["That is 2.", "That is 4.", "That is 6."]


@pytest.mark.window
@pytest.mark.sound
@pytest.mark.usefixtures("sound_card")
def test_two_windows_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Window(data) as window:
        second = voiceapp(data)
        is_clear(second)
        assert second.said.startswith("voiceapp is already running with this data folder")
        assert str(window.process.pid) in second.said
        beside = voiceapp(data, "ask", "--text", "What is 12 times 7?", "--silent")
        assert (beside.code, "84" in beside.out) == (0, True)
        window.write("What is 2 + 2?")
        window.wait_for("TurnTimed")
    assert len(conversations_in(data)) == 2
