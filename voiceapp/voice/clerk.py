"""Errands beside the turn: the list of conversations, takes, settings, keys, devices. One after another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from gettext import gettext as _
from pathlib import Path

from voiceapp.core import commands as c
from voiceapp.core.errors import ProviderError, VoiceAppError
from voiceapp.core.events import (
    Devices,
    DevicesChanged,
    EnginesChanged,
    Event,
    Notice,
    SettingsChanged,
    TakesListed,
)
from voiceapp.core.settings import Settings, validated
from voiceapp.ports import EngineSet
from voiceapp.voice.history import History, Stay
from voiceapp.voice.parts import Parts

log = logging.getLogger("voiceapp.voice")

Use = Callable[[Settings, EngineSet | None], Awaitable[Devices]]


class Clerk:
    """Does what needs no turn. *use* puts settings and engines into force."""

    def __init__(self, parts: Parts, history: History, emit: Callable[[Event], None], use: Use) -> None:
        self._parts = parts
        self._history = history
        self._emit = emit
        self._use = use

    async def do(self, command: object, settings: Settings) -> None:
        """Carry out *command*. Raises VoiceAppError; nothing is half done then."""
        match command:
            case Stay(history):
                history.stay()
            case c.Search(query):
                await self._history.list(query)
            case c.NewConversation():
                await self._history.begin()
            case c.OpenConversation(conversation_id):
                await self._history.open(conversation_id)
            case c.RenameConversation(conversation_id, title):
                await self._history.rename(conversation_id, title)
            case c.DeleteConversation(conversation_id):
                await self._history.delete(conversation_id)
            case c.ListTakes():
                self._emit(TakesListed(await self._parts.store.takes()))
            case c.ExportTake(take_id, path):
                await self._parts.store.export_take(take_id, Path(path))
                self._emit(Notice(_("The recording was saved as {name}.").format(name=Path(path).name)))
            case _:
                await self._configure(command, settings)

    async def _configure(self, command: object, settings: Settings) -> None:
        parts = self._parts
        match command:
            case c.ApplySettings(wanted):
                await self.apply(validated(wanted), settings)
            case c.StoreKey(provider, key):
                await asyncio.to_thread(parts.secrets.set, provider, key)
                await self.apply(settings, settings, is_key_new=True)
            case c.RefreshDevices():
                await parts.devices.refresh()
                self._emit(DevicesChanged(await self._use(settings, None)))
            case _:
                log.error("no such command: %r", command)

    async def apply(self, settings: Settings, before: Settings, *, is_key_new: bool = False) -> None:
        """Store *settings*, build engines where they changed, and tell."""
        if settings != before:
            await asyncio.to_thread(self._parts.save_settings, settings)
        engine_fields = ("providers", "jobs", "fallbacks", "is_cached", "is_private_speech_cached", "language", "voice")
        is_other = is_key_new or any(getattr(settings, name) != getattr(before, name) for name in engine_fields)
        is_other = is_other or settings.hearing.upload != before.hearing.upload
        engines = await self.engines(settings) if is_other else None
        devices = await self._use(settings, engines)
        self._emit(SettingsChanged(settings))
        if engines is not None:
            self._emit(EnginesChanged(engines.shown))
        self._emit(DevicesChanged(devices))

    async def engines(self, settings: Settings) -> EngineSet:
        """Build the engines that *settings* choose; where that fails, the ones on this computer, and it is said."""
        try:
            return await self._parts.maker.make(settings)
        except VoiceAppError as error:
            local = replace(settings, jobs={})
            hint = error.hint or _("Meanwhile the engines on this computer do the work.")
            self._emit(Notice(error.message, hint, is_problem=isinstance(error, ProviderError)))
            return await self._parts.maker.make(local)

    async def discover(self, settings: Settings) -> None:
        """Offer servers on this machine that speak the OpenAI API."""
        async for found in self._parts.maker.discover(settings):
            if found.base_url not in settings.offers_declined:
                self._emit(found)

    async def close(self, engines: EngineSet) -> None:
        """Release engines that are no longer in force."""
        for engine in (engines.hearing, engines.chat, engines.speech):
            try:
                await engine.close()
            except VoiceAppError as error:
                log.warning("closing an engine failed: %s", error.message)
        await engines.release()
