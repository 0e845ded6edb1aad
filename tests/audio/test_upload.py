"""What is uploaded is the sound that was given, smaller."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from voiceapp.audio.upload import UploadFile, flac_upload, opus_upload

SOUND = (0.3 * np.sin(2 * np.pi * 300 * np.arange(16_000) / 16_000)).astype(np.float32)


def uploaded(make: Callable[[int], UploadFile], sound: np.ndarray) -> bytes:
    upload = make(16_000)
    for start in range(0, len(sound), 320):
        upload.write(sound[start : start + 320])
    return upload.finish()


def test_flac_keeps_every_sample() -> None:
    data = uploaded(flac_upload, SOUND)
    samples, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32")
    assert rate_hz == 16_000
    assert np.allclose(samples, SOUND, atol=1 / 32768)
    assert len(data) < len(SOUND) * 2


def test_opus_is_smaller_still_and_as_long() -> None:
    data = uploaded(opus_upload, SOUND)
    samples, _rate_hz = soundfile.read(io.BytesIO(data), dtype="float32")
    assert abs(len(samples) - len(SOUND)) < 1600
    assert len(data) < len(uploaded(flac_upload, SOUND))


@pytest.mark.parametrize("make", [flac_upload, opus_upload])
def test_broken_samples_and_no_samples(make: Callable[[int], UploadFile]) -> None:
    assert uploaded(make, np.full(640, np.nan, dtype=np.float32))
    assert isinstance(uploaded(make, SOUND[:0]), bytes)
