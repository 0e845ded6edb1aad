"""PortAudio is brought up without what its host system would have it load for nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENCODER = next(iter(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_a52.so")), None)
LOOK = """
import sys
from voiceapp.audio import portaudio
if "--as-it-comes" in sys.argv:
    portaudio.ENCODERS = ()
print(len(portaudio.sounddevice().query_devices()))
print("libavcodec" in open("/proc/self/maps").read())
"""


@pytest.mark.skipif(ENCODER is None, reason="ALSA's surround encoder is not installed")
@pytest.mark.parametrize(("words", "is_loaded"), [((), False), (("--as-it-comes",), True)])
def test_no_encoder_is_loaded_to_find_microphones(tmp_path: Path, words: tuple[str, ...], is_loaded: bool) -> None:
    configuration = tmp_path / "asound.conf"
    configuration.write_text(
        """
        pcm.default { type null hint { show on } }
        pcm.a52 { type a52 card 0 hint { show on } }
        """,
        encoding="utf-8",
    )
    environment = {**os.environ, "ALSA_CONFIG_PATH": str(configuration)}
    command = [sys.executable, "-c", LOOK, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["1", str(is_loaded)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ALSA is Linux's")
@pytest.mark.parametrize("words", ["", "pcm.mine { type null }"])
def test_without_a_default_device_there_is_a_sentence_instead_of_an_abort(tmp_path: Path, words: str) -> None:
    configuration = tmp_path / "asound.conf"
    configuration.write_text(words, encoding="utf-8")
    command = [sys.executable, "-c", "from voiceapp.audio import portaudio; portaudio.sounddevice()"]
    environment = {**os.environ, "ALSA_CONFIG_PATH": str(configuration)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1].split(":")[0]) == (1, "voiceapp.core.errors.DeviceError")
