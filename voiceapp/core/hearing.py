"""How speech is to be heard: what the person set, and the request that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from voiceapp.core.speech import HearingRequest


class Upload(StrEnum):
    """In which form sound is sent: AUTO is small for the world, lossless for this computer and its neighbours."""

    AUTO = "auto"
    WAV = "wav"
    FLAC = "flac"
    OPUS = "opus"


@dataclass(frozen=True)
class HearingWishes:
    """What a person may set about hearing beside its language and vocabulary.

    Attributes:
        prompt: what is usually talked about; models that take a prompt get it.
        is_translated: the words come in English, whatever was spoken.
        are_speakers_told: recordings are transcribed with who says what.
        are_weak_words_marked: the recogniser is asked how sure it was, where it can tell.
        upload: how sound is sent.
    """

    prompt: str = ""
    is_translated: bool = False
    are_speakers_told: bool = False
    are_weak_words_marked: bool = True
    upload: Upload = Upload.AUTO


def request_of(
    wishes: HearingWishes, language: str, vocabulary: Sequence[str], *, is_recording: bool = False
) -> HearingRequest:
    """Return the request for one utterance, or for a recording that is finished."""
    return HearingRequest(
        language,
        tuple(vocabulary),
        wishes.prompt,
        is_recording=is_recording,
        is_translated=wishes.is_translated,
        are_speakers_told=is_recording and wishes.are_speakers_told and not wishes.is_translated,
        are_scores_wanted=wishes.are_weak_words_marked,
    )


@dataclass(frozen=True)
class HearingOptions:
    """What is asked differently for one recording; None and "" = as set.

    Attributes:
        keywords: names and terms beside the vocabulary.
        provider: who hears; "" = whoever does it usually.
    """

    language: str = ""
    prompt: str = ""
    keywords: tuple[str, ...] = ()
    is_translated: bool | None = None
    are_speakers_told: bool | None = None
    provider: str = ""

    def applied(self, request: HearingRequest) -> HearingRequest:
        """Return *request* changed so; of two things that no model does at once, what is asked for here wins."""
        english, speakers = self.is_translated, self.are_speakers_told
        return replace(
            request,
            language=self.language or request.language,
            prompt=self.prompt or request.prompt,
            vocabulary=tuple(dict.fromkeys((*self.keywords, *request.vocabulary))),
            is_translated=request.is_translated and not speakers if english is None else english,
            are_speakers_told=request.are_speakers_told and not english if speakers is None else speakers,
        )


@dataclass(frozen=True)
class TranscribeTake:
    """Turn recording *take_id* into words again, without answering it; answered by TakeChanged."""

    take_id: int
    options: HearingOptions = HearingOptions()


@dataclass(frozen=True)
class ExportTranscript:
    """Write the words of recording *take_id* to *path*: .txt, .md, .srt, .vtt or .json by its ending."""

    take_id: int
    path: str


@dataclass(frozen=True)
class TakePartial:
    """Words of recording *take_id* so far, while it is turned into words; replaces the one before."""

    take_id: int
    text: str


HearingCommand = TranscribeTake | ExportTranscript
HearingEvent = TakePartial
