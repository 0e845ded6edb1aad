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

        return HttpSpeechToText(wire, choice.model, make_encoder=encoder_for(wire, upload))

    return build


def live(choice: Choice) -> Callable[[Wire], SpeechToText]:
    """Return what builds the live recogniser of *choice* on its wire; in a worker thread."""

    def build(wire: Wire) -> SpeechToText:
        from voiceapp.openai_api.live_speech_to_text import LiveSpeechToText

        return LiveSpeechToText(wire, choice.model)

    return build


def encoder_for(wire: Wire, upload: Upload) -> MakeEncoder:
    """Return how sound is encoded for *wire*, where the person has not chosen.

    Measured by ``tests.bench uplink``: half a minute takes 7.9 s as WAV, 4.8 s as FLAC and 1.0 s as Opus at 1 Mbit/s,
    0.36, 0.27 and 0.18 s at 50 Mbit/s. So the world gets Opus, at 27 ms of CPU a second of speech, and a server on this
    machine gets FLAC, which is lossless.
    """
    from voiceapp.audio.upload import can_opus, flac_upload, opus_upload
    from voiceapp.openai_api.client import base_url_of, is_loopback
    from voiceapp.openai_api.uploads import WavEncoder

    if upload is Upload.AUTO:
        upload = Upload.FLAC if is_loopback(base_url_of(wire.provider)) else Upload.OPUS
    if upload is Upload.OPUS and not can_opus():
        upload = Upload.FLAC
    formats: dict[Upload, MakeEncoder] = {Upload.WAV: WavEncoder, Upload.FLAC: flac_upload, Upload.OPUS: opus_upload}
    return formats[upload]
