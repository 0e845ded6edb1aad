"""Takes survive whatever happens to the process that writes them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.audio.sounds import chirp
from voiceapp.audio import takefile
from voiceapp.audio.takefile import TakeFile, WavTakes
from voiceapp.core.errors import AudioFileError, DiskFull, StoreError

WRITER = """
import sys
import numpy as np
from pathlib import Path
from voiceapp.audio.takefile import TakeFile
take, number = TakeFile(Path(sys.argv[1]), 16_000), 0
while True:
    take.write(np.full(320, (number % 32_000) / 32_767, dtype=np.float32))
    number += 1
    print(number, flush=True)
"""


def test_a_whole_take_is_read_back(tmp_path: Path) -> None:
    sound = chirp(1.5, 16_000)
    take = TakeFile(tmp_path / "t.wav", 16_000)
    for start in range(0, len(sound.samples), 320):
        take.write(sound.samples[start : start + 320])
    summary = take.close()
    assert summary == take.close()
    assert summary.duration_s == 1.5
    assert summary.peak_db == pytest.approx(-6.02, abs=0.05)
    assert 32 <= len(summary.envelope) <= 64
    assert 0.4 < min(summary.envelope) <= max(summary.envelope) <= 0.51
    clip = takefile.load(tmp_path / "t.wav")
    assert clip.rate_hz == 16_000
    assert np.max(np.abs(clip.samples - sound.samples)) < 1e-4
    assert soundfile.info(tmp_path / "t.wav").frames == 24_000
    before = (tmp_path / "t.wav").stat().st_mtime_ns
    assert takefile.repair(tmp_path / "t.wav").duration_s == 1.5
    assert (tmp_path / "t.wav").stat().st_mtime_ns == before


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_missing_after_kill_9(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "killed.wav"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        blocks = random.Random(seed).randint(1, 400)
        for _ in range(blocks):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    torn = takefile.load(path)
    summary = takefile.repair(path)
    assert round(summary.duration_s * 16_000) >= blocks * 320  # every block that was acknowledged is there
    samples, rate_hz = soundfile.read(path, dtype="int16")
    assert (len(samples), rate_hz) == (len(torn.samples), 16_000)
    assert np.array_equal(samples[::320], np.arange(len(samples[::320])))


@pytest.mark.parametrize("lost", [1, 2, 3, 1001])
def test_a_torn_end_costs_no_more_than_what_is_gone(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "t.wav"
    take = TakeFile(path, 16_000)
    take.write(chirp(1.0, 16_000).samples)
    take.close()
    os.truncate(path, path.stat().st_size - lost)
    assert takefile.repair(path).duration_s == (16_000 - -(-lost // 2)) / 16_000
    assert soundfile.info(path).frames == 16_000 - -(-lost // 2)


def test_the_header_is_brought_up_to_date_while_writing(tmp_path: Path) -> None:
    take = TakeFile(tmp_path / "t.wav", 16_000)
    assert soundfile.info(tmp_path / "t.wav").frames == 0
    for _ in range(60):
        take.write(np.full(320, 0.1, dtype=np.float32))
    assert soundfile.info(tmp_path / "t.wav").frames >= 60 * 320 - 16_000
    take.close()


@pytest.mark.parametrize("content", [b"", b"RIFF", b"x" * 100])
def test_where_nothing_is_left_it_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.wav"
    path.write_bytes(content)
    for read in (takefile.repair, takefile.load):
        with pytest.raises(AudioFileError):
            read(path)
    assert path.read_bytes() == content


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "t.wav").write_bytes(b"precious")
    with pytest.raises(StoreError):
        TakeFile(tmp_path / "t.wav", 16_000)
    with pytest.raises(StoreError):
        TakeFile(tmp_path / "no" / "t.wav", 16_000)
    assert (tmp_path / "t.wav").read_bytes() == b"precious"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a device of Linux")
def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    take = TakeFile(tmp_path / "t.wav", 16_000)
    take.write(np.zeros(320, dtype=np.float32))
    full = os.open("/dev/full", os.O_RDWR)
    os.dup2(full, take._file)
    os.close(full)
    with pytest.raises(DiskFull, match="full"):
        take.write(np.zeros(320, dtype=np.float32))
    with pytest.raises(StoreError):
        take.close()
    assert takefile.repair(tmp_path / "t.wav").duration_s == 0.02


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg"])
def test_export(tmp_path: Path, ending: str) -> None:
    sound = chirp(0.5, 16_000)
    sink = WavTakes().create(tmp_path / "t.wav", 16_000)
    sink.write(sound.samples)
    sink.close()
    WavTakes().export(tmp_path / "t.wav", tmp_path / f"out{ending}")
    samples, rate_hz = soundfile.read(tmp_path / f"out{ending}", dtype="float32")
    assert rate_hz == 16_000
    assert np.corrcoef(samples, sound.samples)[0, 1] > 0.98
