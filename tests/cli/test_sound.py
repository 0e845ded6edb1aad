"""The terminal with a sound card: what is said is heard, what is answered sounds."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.cli.terminal import Terminal
from tests.soundcard import MICROPHONE, SPEAKER, SoundCard
from voiceapp.core.audio import Clip
from voiceapp.core.voices import SAMPLES

pytestmark = pytest.mark.sound


def until(process: subprocess.Popen[str], name: str, **facts: object) -> dict[str, Any]:
    """Read the process's lines until one tells *name*."""
    assert process.stdout is not None
    for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        if event["event"] == name and all(event.get(key) == value for key, value in facts.items()):
            return event
    raise AssertionError(f"it ended without {name}")


def press_enter(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def with_rest(question: Path) -> Clip:
    """The question with a moment of silence around it, as people speak."""
    samples, rate_hz = soundfile.read(question, dtype="float32")
    rest = np.zeros(rate_hz // 3, dtype=np.float32)
    return Clip(np.concatenate([rest, samples, rest]), rate_hz)


def sounding_s(samples: np.ndarray[Any, Any], rate_hz: int = 48_000) -> float:
    return float(np.count_nonzero(np.abs(samples) > 0.01)) / rate_hz


def test_the_reply_is_heard(terminal: Terminal, sound_card: SoundCard, question: Path) -> None:
    with sound_card.record_speaker() as heard:
        done = terminal.run("ask", question, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.events("timing")[0]["first_sound_ms"] > 0
    assert sounding_s(heard.samples) > 0.3


def longest_rest_ms(samples: np.ndarray[Any, Any], rate_hz: int = 48_000) -> float:
    """Return the longest stretch of silence between the first sound and the last."""
    loud = np.flatnonzero(np.abs(samples) > 0.002)
    return float(np.diff(loud).max()) / rate_hz * 1000 if len(loud) > 1 else 0.0


def test_a_voice_is_heard_before_it_is_chosen(connected: Terminal, sound_card: SoundCard) -> None:
    with sound_card.record_speaker() as heard:
        words = ("voices", "--preview", "cedar", "--model", "gpt-realtime-2.1-mini", "--provider", "openai")
        assert connected.run(*words).code == 0
    assert sounding_s(heard.samples) == pytest.approx(len(SAMPLES["en"]) * 0.06, abs=0.3)
    assert longest_rest_ms(heard.samples) < 10.0


def test_what_a_model_says_by_itself_is_heard_without_a_seam(
    connected: Terminal, sound_card: SoundCard, question: Path
) -> None:
    with sound_card.record_speaker() as heard:
        words = ("ask", question, "--model", "gpt-audio-1.5", "--provider", "openai", "--json")
        done = connected.run(*words)
    assert done.code == 0
    assert done.events("timing")[0]["first_sound_ms"] > 0
    assert sounding_s(heard.samples) == pytest.approx(31 * 0.06, abs=0.15)
    assert longest_rest_ms(heard.samples) < 10.0


def test_talking_with_enter(terminal: Terminal, sound_card: SoundCard, question: Path) -> None:
    with terminal.start("talk", "--json") as process, sound_card.record_speaker() as heard:
        press_enter(process)
        until(process, "listening")
        sound_card.play_into_microphone(with_rest(question))
        press_enter(process)
        assert until(process, "transcript")["text"] == "what time is it"
        until(process, "phase", phase="speaking")
        until(process, "phase", phase="idle")
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
    assert sounding_s(heard.samples) > 0.3


def test_a_take_survives_kill(terminal: Terminal, sound_card: SoundCard, question: Path) -> None:
    clip = with_rest(question)
    with terminal.start("talk", "--json") as process:
        press_enter(process)
        until(process, "listening")
        began_s = time.monotonic()
        sound_card.play_into_microphone(clip)
        spoken_s = time.monotonic() - began_s
        process.kill()
    assert process.returncode < 0

    (take,) = terminal.run("takes", "--json").events("take")
    assert take["state"] == "recorded"
    assert take["duration_s"] >= spoken_s - 1.0
    retried = terminal.run("takes", "retry", str(take["id"]), "--silent", "--json")
    assert retried.events("transcript")[0]["text"] == "what time is it"


def test_a_take_can_be_played(terminal: Terminal, sound_card: SoundCard, question: Path) -> None:
    assert terminal.run("ask", question, "--silent").code == 0
    with sound_card.record_speaker() as heard:
        assert terminal.run("takes", "play", "1").code == 0
    assert sounding_s(heard.samples) > 0.3


def test_devices_and_doctor_see_the_card(terminal: Terminal, sound_card: SoundCard) -> None:
    events = terminal.run("devices", "--json").events("device")
    assert {"event": "device", "kind": "input", "name": MICROPHONE, "is_used": True} in events
    assert {"event": "device", "kind": "output", "name": SPEAKER, "is_used": True} in events

    done = terminal.run("doctor", "--json")
    checks = {event["name"]: event for event in done.events("check")}
    assert done.code == 0
    assert checks["loudspeaker"]["state"] == "ok"
    assert (checks["microphone"]["state"], "zeros" in checks["microphone"]["text"]) == ("warn", True)
