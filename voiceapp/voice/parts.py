"""What a session is made of, chosen by the composition root."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Protocol

from voiceapp.core.audio import Clip
from voiceapp.core.budget import WhenSpent
from voiceapp.core.events import Event
from voiceapp.core.language import LanguageRules
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Settings
from voiceapp.ports import (
    AudioDevices,
    EngineMaker,
    NoUsageLog,
    Resampler,
    Secrets,
    Store,
    Tools,
    UsageLog,
    Vad,
    VerdictLog,
)

if TYPE_CHECKING:
    from voiceapp.voice.own_search import OwnSearch
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
        make_tools: given what to call, with a sentence, when a timer rings, and what to tell events.
        rules_for: clause rules for a language code ("" = the default).
        signal: the short sound of a name ("listening"), None where there is none; blocking.
        is_vad_trusted: False sends every take to the recogniser, whatever the detector says (files, tests).
        verdicts: where verdicts of moderation are logged; None = nowhere.
        usage: where what calls consumed and cost is logged.
        models: the table with limits and prices.
        when_spent: what happens before a paid call once the month's budget is spent.
        zone: whose days and months count; None = this computer's.
        own_search: finds what was said and written; None = nobody searches by meaning.
        make_desks: given the studio (settings, engines, history, emit), who else takes commands.
        are_devices_listed_late: the window is usable first; a terminal waits: PortAudio closes stderr meanwhile.
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
    make_tools: Callable[[Callable[[str], None], Callable[[Event], None]], Tools]
    signal: Callable[[str], Clip | None] = lambda _name: None
    instructions: str = ""
    is_vad_trusted: bool = True
    verdicts: VerdictLog | None = None
    usage: UsageLog = field(default_factory=NoUsageLog)
    models: ModelTable = field(default_factory=ModelTable)
    when_spent: WhenSpent = WhenSpent.ASK
    zone: tzinfo | None = None
    own_search: OwnSearch | None = None
    make_desks: Callable[[Studio], Sequence[Desk]] = _no_desks
    are_devices_listed_late: bool = False
    trace: Callable[[str, object], object] | None = None
    wall: Callable[[], float] = time.time
