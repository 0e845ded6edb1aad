"""The desk for the service's own tools: which are on in a conversation, and what becomes of files that they make."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from gettext import gettext as _
from typing import get_args

from voiceapp.core import hosted as h
from voiceapp.core.conversation import Message, Source, SourceKind
from voiceapp.core.documents import DocumentRules
from voiceapp.core.errors import StoreError, VoiceAppError, unexpected
from voiceapp.core.events import Notice
from voiceapp.core.models import ModelTable
from voiceapp.core.tool_events import SourcesKnown
from voiceapp.ports.documents import DocumentRows, DocumentServices, HostedRows, LocalFiles
from voiceapp.voice.studio import Studio

log = logging.getLogger("voiceapp.voice")

COMMANDS = get_args(h.HostedCommand)


class HostedDesk:
    """Keeps ``voice.parts.Desk`` and ``voice.hosted.Hosted``. Runs on the voice loop.

    Args:
        rows: which tools are on.
        documents: whose file is behind a name of the service's.
        services: fetches what was made.
        files: where copies go.
        rules: how large a file may be; one that is larger than ``made_bytes`` is fetched only when it is asked for.
    """

    def __init__(
        self,
        studio: Studio,
        rows: HostedRows,
        documents: DocumentRows,
        services: DocumentServices,
        files: LocalFiles,
        table: ModelTable,
        rules: DocumentRules,
    ) -> None:
        self._studio = studio
        self._rows = rows
        self._documents = documents
        self._services = services
        self._files = files
        self._table = table
        self._rules = rules
        self._choices: dict[int, h.HostedChoice] = {}
        self._fetching = asyncio.Lock()

    # --- commands -----------------------------------------------------------------------------------------

    def takes(self, command: object) -> bool:
        """As Desk.takes."""
        return isinstance(command, COMMANDS)

    async def do(self, command: object) -> None:
        """As Desk.do."""
        match command:
            case h.ShowHosted(conversation_id, is_fresh, is_begun):
                if is_begun:
                    self.choice(conversation_id)
                elif is_fresh or conversation_id:  # what was chosen for one that never began is forgotten
                    self._choices.pop(0, None)
                await self._show(conversation_id)
            case h.ChooseHosted(choice, conversation_id):
                self._choices[conversation_id] = choice
                if conversation_id:
                    await self._rows.choose(conversation_id, choice)
                await self._show(conversation_id)
            case h.SaveMade(message_id, file_id, path):
                await self._save(message_id, file_id, path)

    async def _show(self, conversation_id: int) -> None:
        if conversation_id not in self._choices and conversation_id:
            self._choices[conversation_id] = await self._rows.choice(conversation_id)
        choice = self._choices.get(conversation_id, h.HostedChoice())
        self._studio.emit(h.HostedKnown(conversation_id, choice, h.offer(self._studio.settings, self._table)))

    # --- port Hosted --------------------------------------------------------------------------------------

    def choice(self, conversation_id: int | None) -> h.HostedChoice | None:
        """As Hosted.choice. What was chosen before the first turn becomes the conversation's own with it."""
        if not conversation_id:
            return None
        if conversation_id not in self._choices and (first := self._choices.pop(0, None)) is not None:
            self._choices[conversation_id] = first
            self._studio.beside(self._keep_choice(conversation_id, first), "hosted-choice")
        return self._choices.get(conversation_id)

    async def resolved(self, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        """As Hosted.resolved: a document that was uploaded from here leads to the person's own file."""
        ids = [one.file_id for one in sources if one.kind is SourceKind.DOCUMENT]
        if not ids:
            return sources
        paths = await self._documents.paths(ids)
        return tuple(
            replace(one, path=paths.get(one.file_id, "")) if one.kind is SourceKind.DOCUMENT else one for one in sources
        )

    def cited(self, message: Message) -> None:
        """As Hosted.cited: files that were made are fetched at once, as the service keeps them for minutes only."""
        if any(one.kind is SourceKind.MADE and not one.path for one in message.sources):
            self._studio.beside(self._fetch_all(message), "made-files")

    # --- files --------------------------------------------------------------------------------------------

    async def sweep(self, known: Callable[[], Awaitable[frozenset[str]]]) -> None:
        """Delete copies that stand with no message any more; *known*: asked for those that do. Never raises."""
        try:
            async with self._fetching:
                await asyncio.to_thread(self._files.sweep, await known())
        except Exception as fault:
            log.warning("copies cannot be tidied: %s", unexpected(fault).message)

    async def _keep_choice(self, conversation_id: int, choice: h.HostedChoice) -> None:
        try:
            await self._rows.choose(conversation_id, choice)
        except StoreError as error:
            self._studio.emit(Notice(error.message, error.hint, is_problem=True))

    async def _fetch_all(self, message: Message) -> None:
        """Fetch what *message* has made. What cannot be fetched is listed all the same."""
        for source in message.sources:
            if source.kind is SourceKind.MADE and not source.path:
                try:
                    await self._fetched(message.id, source.file_id, self._rules.made_bytes)
                except Exception as fault:
                    log.info("a file that was made is not here: %s", unexpected(fault).message)

    async def _fetched(self, message_id: int, file_id: str, limit_bytes: int) -> Source:
        """Return the source *file_id* of a message with its copy. Raises VoiceAppError."""
        async with self._fetching:
            sources = await self._sources(message_id)
            source = next((one for one in sources if one.file_id == file_id), None)
            if source is None:
                raise StoreError(_("This answer has no such file."), detail="made")
            if source.path:
                return source
            service = await self._services.documents(self._studio.settings)
            try:
                data = await service.made(source.container_id, source.file_id, limit_bytes)
            finally:
                await service.close()
            path = await asyncio.to_thread(self._files.keep, source, message_id, data)
            copied = replace(source, path=path, size_bytes=len(data))
            changed = tuple(copied if one.file_id == file_id else one for one in await self._sources(message_id))
            await self._studio.history.set_sources(message_id, changed)
            self._studio.emit(SourcesKnown(message_id, changed))
            return copied

    async def _sources(self, message_id: int) -> tuple[Source, ...]:
        message = self._studio.history.message(message_id)
        if message is None:
            raise StoreError(_("This conversation is not open any more."), detail="made")
        return message.sources

    async def _save(self, message_id: int, file_id: str, path: str) -> None:
        try:
            source = await self._fetched(message_id, file_id, self._rules.file_bytes)
            await asyncio.to_thread(self._files.copy, source.path, path)
        except VoiceAppError as error:
            self._studio.emit(Notice(error.message, error.hint, is_problem=True))
            self._studio.emit(h.MadeSaved(message_id, file_id, ""))
            return
        self._studio.emit(Notice(_("{name} was saved as {path}.").format(name=source.title, path=path)))
        self._studio.emit(h.MadeSaved(message_id, file_id, path))
