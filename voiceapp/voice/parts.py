"""What a session is made of, chosen by the composition root."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from voiceapp.core.audio import Clip
from voiceapp.core.language import LanguageRules
from voiceapp.core.settings import Settings
from voiceapp.ports import AudioDevices, EngineMaker, Resampler, Secrets, Store, Tools, Vad, VerdictLog

if TYPE_CHECKING:
    from voiceapp.voice.studio import Studio


def _no_desks(_studio: Studio) -> Sequence[Desk]:
    return ()


class Desk(Protocol):
    """Carries out a family of commands beside the turn (images, moderation, usage), each in a task of its own."""

    def takes(self, command: object) -> bool:
        """Whether *command* is this desk's."""
        ...

    async def do(self, command: object) -> None:
        """Carry *command* out; tells by events. Raises VoiceAppError. Cancelled when the session ends."""
        ...


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
        verdicts: where verdicts of moderation are logged; None = nowhere.
        make_desks: given the studio (settings, engines, history, emit), who else takes commands.
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
    verdicts: VerdictLog | None = None
    make_desks: Callable[[Studio], Sequence[Desk]] = _no_desks
    trace: Callable[[str, object], None] | None = None
    wall: Callable[[], float] = time.time
