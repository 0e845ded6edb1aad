"""Sound files good and bad, resampling, and files as devices."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio.sounds import chirp, find
from voiceapp.audio import soundfile_io
from voiceapp.audio.device import SoundDevices
from voiceapp.audio.file_devices import FileDevices, KeptSpeech
from voiceapp.audio.resample import StreamResampler, resampled
from voiceapp.core.audio import Clip
from voiceapp.core.errors import AudioFileError


@pytest.mark.parametrize(("rate_hz", "channels", "subtype"), [(8_000, 1, "PCM_U8"), (96_000, 6, "PCM_24")])
def test_unusual_formats_are_read(tmp_path: Path, rate_hz: int, channels: int, subtype: str) -> None:
    sound = chirp(0.5, rate_hz)
    soundfile.write(tmp_path / "s.wav", np.tile(sound.samples[:, None], channels), rate_hz, subtype=subtype)
    clip = soundfile_io.read(tmp_path / "s.wav", 16_000)
    assert clip.rate_hz == 16_000
    assert clip.samples.shape == (8_000,)
    assert find(resampled(sound, 16_000).samples, clip.samples).likeness > 0.99


def test_not_a_number_becomes_silence(tmp_path: Path) -> None:
    samples = np.array([0.5, np.nan, np.inf, -np.inf, 3.0], dtype=np.float32)
    soundfile.write(tmp_path / "s.wav", samples, 16_000, subtype="FLOAT")
    assert soundfile_io.read(tmp_path / "s.wav").samples.tolist() == [0.5, 0, 0, 0, 1]


def _impossible_header() -> bytes:
    riff = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36, b"WAVE", b"fmt ", 16, 1, 0, 0, 0, 0, 0, b"data", 2**32 - 1)
    return riff + b"\0" * 100


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "0 bytes"),
        (b"This is a letter, not a sound.\n" * 9, "not a sound file"),
        (_impossible_header(), "not a sound file|impossible header"),
        (b"RIFF", "not a sound file"),
    ],
)
def test_bad_files_get_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(AudioFileError, match=sentence):
        soundfile_io.read(tmp_path / "bad.wav")


def test_no_file_a_folder_and_no_sound(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="There is no file"):
        soundfile_io.read(tmp_path / "none.wav")
    with pytest.raises(AudioFileError, match="folder"):
        soundfile_io.read(tmp_path)
    soundfile.write(tmp_path / "empty.wav", np.zeros(0, dtype=np.float32), 16_000)
    with pytest.raises(AudioFileError, match="no sound"):
        soundfile_io.read(tmp_path / "empty.wav")


@pytest.mark.skipif(os.name == "nt", reason="permissions work differently on Windows")
def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.wav"
    soundfile_io.write(path, chirp(0.1))
    path.chmod(0)
    if os.geteuid() == 0:  # root may read everything: meet the refusal where it would come from

        def refuse(*_args: object, **_more: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioFileError, match="permission"):
        soundfile_io.read(path)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".opus", ".mp3"])
def test_written_and_read_again(tmp_path: Path, ending: str) -> None:
    sound = chirp(0.5, 24_000)
    soundfile_io.write(tmp_path / f"s{ending}", sound)
    again = soundfile_io.read(tmp_path / f"s{ending}", 24_000)
    assert find(sound.samples[2_400:-2_400], again.samples).likeness > 0.95
    assert [path.name for path in tmp_path.iterdir()] == [f"s{ending}"]


def test_unknown_ending_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"\.xyz"):
        soundfile_io.write(tmp_path / "s.xyz", chirp(0.1))
    with pytest.raises(AudioFileError, match="could not be written"):
        soundfile_io.write(tmp_path / "no" / "s.wav", chirp(0.1))


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(0, 3_000), min_size=1, max_size=12),
    rates=st.sampled_from([(48_000, 16_000), (24_000, 48_000), (22_050, 48_000), (44_100, 16_000), (16_000, 16_000)]),
)
def test_resampled_in_pieces_is_resampled_as_a_whole(sizes: list[int], rates: tuple[int, int]) -> None:
    from_hz, to_hz = rates
    sound = chirp(1.0, from_hz).samples[: sum(sizes)]
    whole = StreamResampler(from_hz, to_hz)
    expected = np.concatenate([whole.push(sound), whole.finish()])
    pieces, stream, start = [], StreamResampler(from_hz, to_hz), 0
    for size in sizes:
        pieces.append(stream.push(sound[start : start + size]))
        start += size
    got = np.concatenate([*pieces, stream.finish()])
    assert len(got) == len(expected)
    assert np.allclose(got, expected, atol=1e-6)
    assert abs(len(got) - len(sound) * to_hz / from_hz) <= 1


@pytest.mark.parametrize("tone_hz", [300, 3000, 9000, 11_000])
def test_speech_at_half_the_device_rate_begins_soon_and_stays_clean(tone_hz: int) -> None:
    from_hz, to_hz, block = 24_000, 48_000, 240
    sound = np.sin(2 * np.pi * tone_hz * np.arange(from_hz) / from_hz).astype(np.float32)
    stream = StreamResampler(from_hz, to_hz)
    pieces = [stream.push(sound[start : start + block]) for start in range(0, len(sound), block)]
    assert sum(map(len, pieces[:2])) > 0  # heard after 20 ms at most
    got = np.concatenate([*pieces, stream.finish()])
    assert len(got) == to_hz
    spectrum = np.abs(np.fft.rfft(got[8000:-8000] * np.hanning(len(got) - 16_000)))
    at_hz = np.fft.rfftfreq(len(got) - 16_000, 1 / to_hz)
    image = spectrum[np.abs(at_hz - (from_hz - tone_hz)) < 100].max()
    assert 20 * np.log10(image / spectrum[np.abs(at_hz - tone_hz) < 100].max()) < -80


async def test_a_recording_is_a_microphone(tmp_path: Path) -> None:
    sound = chirp(0.33, 44_100)
    soundfile_io.write(tmp_path / "q.wav", sound)
    recording = soundfile_io.read(tmp_path / "q.wav")
    devices = FileDevices(SoundDevices(), recording=recording, name="q.wav", speaker=KeptSpeech(is_kept=True))
    microphone = await devices.open_microphone()
    heard = np.concatenate([block async for block in microphone])
    assert (microphone.rate_hz, len(heard)) == (44_100, len(sound.samples))
    assert devices.devices().input == "q.wav"
    stopped = await devices.open_microphone()
    blocks = []
    async for block in stopped:
        blocks.append(block)
        stopped.stop()
    assert len(blocks) == 1


@pytest.mark.parametrize("is_kept", [True, False])
async def test_a_keeper_is_a_loudspeaker(is_kept: bool) -> None:
    sound = chirp(0.5, 24_000).samples
    speaker = KeptSpeech(is_kept=is_kept)
    await speaker.prepare()
    before = speaker.first_sound_at
    for start in range(0, 12_000, 1_000):
        await speaker.play(sound[start : start + 1_000])
    assert before is None
    assert speaker.first_sound_at is not None
    assert speaker.level().peak_db > -7
    speaker.finish()
    await speaker.drained()
    await speaker.close()
    assert (speaker.played_frames, speaker.underruns) == (12_000, 0)
    assert np.array_equal(speaker.clip().samples, sound if is_kept else sound[:0])


def test_a_clip_of_no_length_is_resampled_to_none() -> None:
    assert len(resampled(Clip(np.zeros(0, dtype=np.float32), 48_000), 16_000).samples) == 0
