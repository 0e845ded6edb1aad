"""What a session is made of, chosen by the composition root."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from voiceapp.core.audio import Clip
from voiceapp.core.language import LanguageRules
from voiceapp.core.settings import Settings
from voiceapp.ports import AudioDevices, EngineMaker, Resampler, Secrets, Store, Tools, Vad


@dataclass(frozen=True)
class Parts:
    """Ports and values; the session opens nothing that is not in here.

    Attributes:
        make_resampler: from rate, to rate -> a fresh stream.
        make_vad: a fresh detector; called off the loop, once.
        save_settings: writes the settings file; blocking.
        make_tools: given what to call, with a sentence, when a timer rings.
        rules_for: clause rules for a language code ("" = the default).
        sounds: short signals by name ("listening").
        is_vad_trusted: False sends every take to the recogniser, whatever the detector says (files, tests).
        trace: gets every command, decision and event with its kind, where a trace is written.
        wall: Unix time in seconds; may jump, so it only labels, it never measures.
    """

    devices: AudioDevices
    store: Store
    secrets: Secrets
    maker: EngineMaker
    make_resampler: Callable[[int, int], Resampler]
    make_vad: Callable[[], Vad]
    save_settings: Callable[[Settings], None]
    rules_for: Callable[[str], LanguageRules]
    make_tools: Callable[[Callable[[str], None]], Tools]
    sounds: Mapping[str, Clip] = field(default_factory=dict)
    instructions: str = ""
    is_vad_trusted: bool = True
    trace: Callable[[str, object], None] | None = None
    wall: Callable[[], float] = time.time
