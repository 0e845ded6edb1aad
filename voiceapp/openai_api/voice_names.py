"""Which voice is asked for, and how it is named on the wire."""

from __future__ import annotations

from voiceapp.core.models import Model
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import Voice

FALLBACK_VOICE = Voice("alloy", "Alloy")
"""The one name that nearly every compatible server understands."""
OWN = "voice_"
"""How the names of voices begin that a person had made."""


def voice_for(kind: ProviderKind, row: Model, wanted: str) -> str:
    """Return *wanted* where it can be had, otherwise the model's first voice.

    What OpenAI offers is known; a voice chosen for another engine would only be refused there. Elsewhere the server
    alone knows.
    """
    known = {voice.id for voice in row.voices}
    is_strict = kind is not ProviderKind.COMPATIBLE and bool(known)
    if not wanted or (is_strict and wanted not in known and not wanted.startswith(OWN)):
        return row.voices[0].id if row.voices else FALLBACK_VOICE.id
    return wanted


def voice_field(voice: str) -> str | dict[str, str]:
    """Return *voice* as a request names it: one's own voices are objects."""
    return {"id": voice} if voice.startswith(OWN) else voice


def speed_for(row: Model, wanted: float) -> float:
    """Return the nearest speed that the model can be told; 1 where it cannot be told any."""
    if not row.speeds:
        return 1.0
    return round(min(row.speeds[-1], max(row.speeds[0], wanted)), 3)
