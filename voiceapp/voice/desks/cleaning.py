"""The desk for cleaning up what was dictated: one recording at a time, beside the turn."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from gettext import gettext as _
from typing import cast

from voiceapp.core.cleaning import CleanBegun, CleanEnded, CleanProgress, CleanTake, StopCleaning
from voiceapp.core.errors import ConfigError, unexpected
from voiceapp.core.problems import problem_of
from voiceapp.core.settings import LOCAL, Job
from voiceapp.voice.account import Account
from voiceapp.voice.desks.notes import needs_model
from voiceapp.voice.metered_engines import metered
from voiceapp.voice.studio import Studio
from voiceapp.voice.writing import clean

log = logging.getLogger("voiceapp.voice")


@dataclass
class _Running:
    """What is under way. *is_stopped*: by the person, not by the session's end."""

    take_id: int
    task: asyncio.Task[object]
    is_stopped: bool = False

    def stop(self) -> None:
        self.is_stopped = True
        self.task.cancel()


class CleaningDesk:
    """Cleans up with the chat model in force; the recording's own words stay as they are."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._running: _Running | None = None

    def takes(self, command: object) -> bool:
        """As Desk."""
        return isinstance(command, CleanTake | StopCleaning)

    async def do(self, command: object) -> None:
        """As Desk."""
        match command:
            case CleanTake(take_id):
                await self._take_turns(take_id)
            case StopCleaning(take_id) if self._running is not None and self._running.take_id == take_id:
                self._running.stop()

    async def _take_turns(self, take_id: int) -> None:
        """Stop what is under way, then clean up; what became of it is always told."""
        while self._running is not None:
            self._running.stop()
            await asyncio.wait({self._running.task})
        running = self._running = _Running(take_id, cast("asyncio.Task[object]", asyncio.current_task()))
        try:
            ended = await self._clean(take_id)
        except asyncio.CancelledError:
            if not running.is_stopped:
                raise
            ended = CleanEnded(take_id, is_stopped=True)
        except Exception as fault:
            error = unexpected(fault)
            log.log(logging.INFO if error is fault else logging.ERROR, "cleaning up failed", exc_info=fault)
            ended = CleanEnded(take_id, problem=problem_of(error))
        finally:
            self._running = None
        self._studio.emit(ended)

    async def _clean(self, take_id: int) -> CleanEnded:
        studio = self._studio
        studio.emit(CleanBegun(take_id))
        raw = (await studio.parts.store.take(take_id)).text.strip()
        studio.emit(CleanProgress(take_id, raw))
        if not raw:
            raise ConfigError(_("This recording has no words yet."), hint=_("Turn it into words first."))
        if studio.settings.choice(Job.CHAT).provider == LOCAL.name:
            raise needs_model()
        account = Account(studio.meter, studio.emit)
        account.take_id = take_id
        try:
            cleaned = await clean(
                metered(studio.engines, account).chat,
                raw,
                lambda done, parts: studio.emit(CleanProgress(take_id, raw, done, parts)),
            )
        finally:
            account.close()
        return CleanEnded(take_id, cleaned.text, cleaned.parts, cleaned.raw_parts)
