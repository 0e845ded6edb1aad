"""What the microphone gave, in a sentence."""

from __future__ import annotations

from gettext import gettext as _

from voiceapp.voice.capture import Captured

QUIET_DB = -45.0
"""Speech below this stretch loudness is hard to understand for people and recognisers alike."""


def verdict(captured: Captured) -> str:
    """Say in a sentence what the microphone gave."""
    if captured.is_zero:
        return _("The microphone gives only zeros. Is it switched off or blocked?")
    if captured.level.is_clipped:
        return _("It is too loud and distorts. Lower the microphone's gain.")
    if not captured.has_speech:
        return _("No speech was found. Loudest moment: {db:.0f} dB.").format(db=captured.level.peak_db)
    if captured.level.rms_db < QUIET_DB:
        return _("You are very quiet. Move closer or raise the microphone's gain.")
    return _("You are heard well.")
