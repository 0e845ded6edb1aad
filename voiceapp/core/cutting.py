"""Long sound in pieces: where it is cut while it comes, and how the pieces' words become one transcript again."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from voiceapp.core.audio import SILENCE_DB, Float32Block, to_db
from voiceapp.core.speech import Basis, Transcript, Usage
from voiceapp.core.transcript import Gap, Segment

SOFT = 0.8
"""From this part of the limit on a pause is looked for."""
PAUSE_S, SHORTEST_PAUSE_S = 0.6, 0.12
"""What counts as a pause at first, and what is taken just before the limit."""
FRAME_S = 0.02
_QUIET_SHARE = 0.3
_LEVELS = int(-SILENCE_DB) + 1


class PauseCutter:
    """Says when a piece had better end: in a pause, the shorter the nearer the limit is; at the limit at once.

    What is quiet is learnt from the sound itself: a third of the way from its floor to its loud moments.
    """

    def __init__(self, rate_hz: int) -> None:
        self._frame = max(1, int(FRAME_S * rate_hz))
        self._counts = np.zeros(_LEVELS, dtype=np.int64)
        self._rest = np.zeros(0, dtype=np.float32)
        self._quiet_frames = 0

    def push(self, block: Float32Block) -> None:
        """Take the next block, any length."""
        sound = np.concatenate([self._rest, block]) if len(self._rest) else block
        whole = len(sound) // self._frame
        self._rest = sound[whole * self._frame :].copy()
        for frame in sound[: whole * self._frame].reshape(whole, self._frame):
            level_db = to_db(float(np.sqrt(np.dot(frame, frame) / self._frame)))
            self._counts[min(_LEVELS - 1, int(level_db - SILENCE_DB))] += 1
            self._quiet_frames = self._quiet_frames + 1 if level_db <= self._quiet_db() else 0

    def is_due(self, fullness: float) -> bool:
        """Tell whether to cut here, *fullness* being how much of the limit is used, 0-1."""
        if fullness < SOFT:
            return False
        room = max(0.0, (1.0 - fullness) / (1.0 - SOFT))
        needed_s = SHORTEST_PAUSE_S + (PAUSE_S - SHORTEST_PAUSE_S) * room
        return fullness >= 1.0 or self._quiet_frames * FRAME_S >= needed_s

    def _quiet_db(self) -> float:
        cumulated = np.cumsum(self._counts)
        floor, loud = (int(np.searchsorted(cumulated, cumulated[-1] * share)) for share in (0.1, 0.95))
        return SILENCE_DB + floor + max(3.0, (loud - floor) * _QUIET_SHARE)


def quietest_frame(samples: Float32Block, rate_hz: int) -> int:
    """Return where to cut *samples* in two: the quietest moment of their middle third, in frames."""
    size = max(1, int(SHORTEST_PAUSE_S * rate_hz))
    first, last = len(samples) // 3, max(len(samples) // 3 + 1, len(samples) * 2 // 3 - size)
    energy = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    starts = np.arange(first, last)
    ends = np.minimum(starts + size, len(samples))
    return min(len(samples), int(starts[int(np.argmin(energy[ends] - energy[starts]))] + size // 2))


@dataclass(frozen=True)
class Part:
    """A piece of a clip with its words, or with the sentence that says why there are none."""

    start_s: float
    end_s: float
    transcript: Transcript | None
    reason: str = ""


def joined(parts: Sequence[Part]) -> Transcript:
    """Return the transcript of the whole clip; a piece without words leaves a bracket and a gap."""
    if len(parts) == 1 and parts[0].transcript is not None:
        return parts[0].transcript
    gaps = tuple(Gap(part.start_s, part.end_s, part.reason) for part in parts if part.transcript is None)
    heard = [part.transcript for part in parts if part.transcript is not None]
    texts = [Gap(p.start_s, p.end_s, "").words if p.transcript is None else p.transcript.text for p in parts]
    return Transcript(
        text=run_together(texts),
        language=next((one.language for one in heard if one.language), ""),
        segments=tuple(segment for part in parts for segment in _segments(part)),
        usage=_sum([one.usage for one in heard if one.usage is not None]),
        words=tuple(word for one in heard for word in one.words),
        gaps=gaps,
        is_translation=any(one.is_translation for one in heard),
    )


def run_together(texts: Sequence[str]) -> str:
    """Join *texts* with a space, where their script writes spaces."""
    whole = ""
    for text in filter(None, (text.strip() for text in texts)):
        is_spaced = whole and not (_is_unspaced(whole[-1]) and _is_unspaced(text[0]))
        whole += f" {text}" if is_spaced else text
    return whole


def _is_unspaced(char: str) -> bool:
    """Chinese and Japanese write no spaces; Korean, as wide, does."""
    return unicodedata.east_asian_width(char) in "WF" and not "가" <= char <= "힣"


def _segments(part: Part) -> tuple[Segment, ...]:
    transcript = part.transcript
    if transcript is None:
        return (Segment(part.start_s, part.end_s, Gap(part.start_s, part.end_s, "").words),)
    if not transcript.segments:  # that much is known: it was said in this piece
        return (Segment(part.start_s, part.end_s, transcript.text),) if transcript.text else ()
    return tuple(
        replace(one, start_s=one.start_s + part.start_s, end_s=min(one.end_s + part.start_s, part.end_s))
        for one in transcript.segments
    )


def _sum(usages: Sequence[Usage]) -> Usage | None:
    if not usages:
        return None
    amounts: dict[str, float] = {}
    for usage in usages:
        _add(amounts, usage.amounts)
    basis = Basis.REPORTED if all(one.basis is Basis.REPORTED for one in usages) else Basis.MEASURED
    return replace(usages[0], amounts=amounts, basis=basis)


def _add(total: dict[str, float], more: Mapping[str, float]) -> None:
    for kind, amount in more.items():
        total[kind] = total.get(kind, 0.0) + amount
