"""In which form sound goes where."""

from __future__ import annotations

from typing import cast

import pytest

from voiceapp.audio import upload as files
from voiceapp.core.hearing import Upload
from voiceapp.core.settings import OPENAI, Provider, ProviderKind
from voiceapp.openai_api.uploads import WavEncoder
from voiceapp.openai_api.wire import Wire
from voiceapp.wiring.ears import encoders_for

NEAR = Provider("shed", ProviderKind.COMPATIBLE, "http://localhost:8000/v1")


class Line:
    """What of a wire is looked at."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider


def chosen(provider: Provider, upload: Upload) -> tuple[object, object]:
    return encoders_for(cast("Wire", Line(provider)), upload)


@pytest.fixture(params=[True, False])
def has_opus(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(files, "can_opus", lambda: request.param)
    return bool(request.param)


def test_the_world_gets_little_and_this_machine_everything(has_opus: bool) -> None:
    opus = files.opus_upload if has_opus else files.flac_upload
    assert chosen(OPENAI, Upload.AUTO) == (opus, files.flac_upload)
    assert chosen(NEAR, Upload.AUTO) == (files.flac_upload, files.flac_upload)
    assert chosen(OPENAI, Upload.OPUS) == (opus, opus)


def test_what_was_chosen_counts_everywhere() -> None:
    for provider in (OPENAI, NEAR):
        assert chosen(provider, Upload.WAV) == (WavEncoder, WavEncoder)
        assert chosen(provider, Upload.FLAC) == (files.flac_upload, files.flac_upload)


def test_opus_can_be_written_here() -> None:
    assert files.can_opus()
