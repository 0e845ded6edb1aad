"""Who speaks, over the pieces of one recording: the service names the voices of each piece for itself.

Voices of the first piece go along with the later ones as references, so that "A" stays the same person. A voice that
only a later piece has gets a name of its own there.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from voiceapp.core.audio import Float32Block
from voiceapp.core.speech import Transcript
from voiceapp.core.transcript import Segment
from voiceapp.openai_api.uploads import wav_file

KNOWN_MAX = 4
REFERENCE_MIN_S, REFERENCE_MAX_S = 2.0, 10.0
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Speakers:
    """The voices found so far. Voice loop."""

    def __init__(self) -> None:
        self._references: dict[str, str] = {}
        self._used: set[str] = set()
        self._has_first = False

    def fields(self) -> dict[str, Any]:
        """Return the form fields that let the service recognise the voices found so far; {} for the first piece."""
        if not self._references:
            return {}
        return {
            "known_speaker_names": list(self._references),
            "known_speaker_references": list(self._references.values()),
        }

    def named(self, transcript: Transcript, samples: Float32Block, rate_hz: int) -> Transcript:
        """Return *transcript* with names that mean the same voice in every piece."""
        known = self._used if self._has_first else set[str]()
        sent = set(self._references)
        names: dict[str, str] = {}
        for segment in transcript.segments:
            label = segment.speaker
            if label and label not in names:
                names[label] = label if label in sent or label not in known else self._fresh()
                self._used.add(names[label])
        segments = tuple(replace(one, speaker=names.get(one.speaker, "")) for one in transcript.segments)
        if not self._has_first:
            self._has_first = True
            self._learn(segments, samples, rate_hz)
        return replace(transcript, segments=segments)

    def _fresh(self) -> str:
        """Return a label that nobody has."""
        free = (letter for letter in (*_LETTERS, *map(str, range(1, 100))) if letter not in self._used)
        return next(free, "?")

    def _learn(self, segments: tuple[Segment, ...], samples: Float32Block, rate_hz: int) -> None:
        """Keep the longest stretch of each voice as what it sounds like."""
        longest: dict[str, Segment] = {}
        for segment in segments:
            best = longest.get(segment.speaker)
            if segment.speaker and (best is None or _length_s(segment) > _length_s(best)):
                longest[segment.speaker] = segment
        for name, segment in sorted(longest.items(), key=lambda item: -_length_s(item[1]))[:KNOWN_MAX]:
            if _length_s(segment) < REFERENCE_MIN_S:
                continue
            end_s = min(segment.end_s, segment.start_s + REFERENCE_MAX_S)
            sound = samples[int(segment.start_s * rate_hz) : int(end_s * rate_hz)]
            encoded = base64.b64encode(wav_file(sound, rate_hz)).decode()
            self._references[name] = f"data:audio/wav;base64,{encoded}"


def _length_s(segment: Segment) -> float:
    return segment.end_s - segment.start_s
