"""Recognisers over the network: the upload's format, and live transcription in front of it. Imports nothing early."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from voiceapp.core.hearing import Upload
from voiceapp.core.settings import Choice
from voiceapp.ports import SpeechToText

if TYPE_CHECKING:
    from voiceapp.openai_api.uploads import MakeEncoder
    from voiceapp.openai_api.wire import Wire

UPLOAD_HZ, LIVE_HZ = 16_000, 24_000


def uploading(choice: Choice, upload: Upload) -> Callable[[Wire], SpeechToText]:
    """Return what builds the recogniser of *choice* on its wire; in a worker thread."""

    def build(wire: Wire) -> SpeechToText:
        from voiceapp.openai_api.speech_to_text import HttpSpeechToText

        spoken, recorded = encoders_for(wire, upload)
        return HttpSpeechToText(wire, choice.model, make_encoder=spoken, for_recordings=recorded)

    return build


def live(choice: Choice) -> Callable[[Wire], SpeechToText]:
    """Return what builds the live recogniser of *choice* on its wire; in a worker thread."""

    def build(wire: Wire) -> SpeechToText:
        from voiceapp.openai_api.live_speech_to_text import LiveSpeechToText

        return LiveSpeechToText(wire, choice.model)

    return build


def encoders_for(wire: Wire, upload: Upload) -> tuple[MakeEncoder, MakeEncoder]:
    """Return how sound is encoded for *wire*: what is spoken now, and what was recorded before.

    Measured by ``tests.bench uplink``: half a minute takes 7.9 s as WAV, 4.8 s as FLAC and 1.0 s as Opus at 1 Mbit/s,
    0.36, 0.27 and 0.18 s at 50 Mbit/s. So what is spoken goes to the world as Opus: its 27 ms of CPU a second are spent
    while the person speaks. Of a recording they would be waited for, so that is FLAC, and so is everything for a server
    on this machine.
    """
    from voiceapp.audio.upload import can_opus, flac_upload, opus_upload
    from voiceapp.openai_api.client import base_url_of, is_loopback
    from voiceapp.openai_api.uploads import WavEncoder

    formats: dict[Upload, MakeEncoder] = {Upload.WAV: WavEncoder, Upload.FLAC: flac_upload, Upload.OPUS: opus_upload}
    if not can_opus():
        formats[Upload.OPUS] = flac_upload
    if upload is not Upload.AUTO:
        return formats[upload], formats[upload]
    is_near = is_loopback(base_url_of(wire.provider))
    return formats[Upload.FLAC if is_near else Upload.OPUS], formats[Upload.FLAC]
