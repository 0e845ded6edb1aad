"""The desk for what goes along with the next message: takes files in, tells what they will cost, gives them away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path
from typing import get_args

from voiceapp.core import attachments as a
from voiceapp.core.conversation import Line
from voiceapp.core.errors import AttachmentError, unexpected
from voiceapp.core.problems import problem_of
from voiceapp.core.settings import Job, ProviderKind
from voiceapp.core.showing import at_provider, cannot_see
from voiceapp.core.speech import Basis, Usage
from voiceapp.core.usage import CHARACTERS_PER_TOKEN
from voiceapp.core.vision import Vision, VisionTable
from voiceapp.ports.attachments import AttachmentStore, Prepare
from voiceapp.voice.shown_files import ShownFiles
from voiceapp.voice.studio import Studio

COMMANDS = get_args(a.AttachmentCommand)


class DraftDesk:
    """Keeps ``voice.parts.Desk`` and ``voice.studio.Attached``. Runs on the voice loop.

    Args:
        studio: settings and events of the session.
        store: where files are kept, from the moment they are attached.
        prepare: makes a file ready to be sent.
        table: what models do with pictures.
    """

    def __init__(self, studio: Studio, store: AttachmentStore, prepare: Prepare, table: VisionTable) -> None:
        self._studio = studio
        self._store = store
        self._prepare = prepare
        self._table = table
        self._files = ShownFiles(store)
        self._drafts: list[a.Attachment] = []
        self._pending = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._one_by_one = asyncio.Lock()

    def takes(self, command: object) -> bool:
        """As Desk.takes."""
        return isinstance(command, COMMANDS)

    async def do(self, command: object) -> None:
        """As Desk.do."""
        match command:
            case a.AttachFile(path, is_picture):
                await self._attach(Path(path).name, path, b"", is_picture=is_picture)
            case a.AttachData(name, data):
                await self._attach(name, "", data)
            case a.Detach(attachment_id):
                self._drafts = [one for one in self._drafts if one.id != attachment_id]
                await self._store.remove(attachment_id)
                self._tell()
            case a.ShowDrafts(is_begun):
                if is_begun:
                    await self._store.sweep()
                    known = {one.id for one in self._drafts}
                    self._drafts += [one for one in await self._store.drafts() if one.id not in known]
                self._tell()

    # --- for turns ----------------------------------------------------------------------------------------

    async def add(self, name: str, path: str) -> None:
        """As Attached.add."""
        await self._attach(name, path, b"")

    async def going(self) -> tuple[a.Attachment, ...]:
        """As Attached.going."""
        await self._is_idle.wait()
        going = tuple(self._drafts)
        has_picture = any(one.kind is a.Kind.PICTURE for one in going)
        settings = self._studio.settings
        if has_picture and self.vision().is_blind and not settings.fallbacks and not self._is_local():
            raise cannot_see(self._studio.engines.chat.label)
        return going

    def ready(self) -> tuple[a.Attachment, ...]:
        """As Attached.ready."""
        return tuple(self._drafts)

    async def read(self, attachment: a.Attachment) -> tuple[bytes, str]:
        """As Attached.read."""
        return await self._store.read(attachment)

    def went(self, gone: Sequence[a.Attachment]) -> None:
        """As Attached.went."""
        ids = {one.id for one in gone}
        self._drafts = [one for one in self._drafts if one.id not in ids]
        self._tell()

    async def shown(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """As Attached.shown."""
        if not any(line.attachments for line in lines) or self._is_local():
            return lines
        return await self._files.shown(lines, self.vision())

    def vision(self) -> Vision:
        """Return how who answers sees, as far as that is known before it does."""
        provider, model = self._studio.meter.likely(Job.CHAT)
        return at_provider(self._studio.settings.provider(provider), self._table.find(model))

    # --- attaching ----------------------------------------------------------------------------------------

    async def _attach(self, name: str, path: str, data: bytes, *, is_picture: bool = False) -> None:
        self._pending += 1
        self._is_idle.clear()
        self._tell()
        try:
            async with self._one_by_one:  # a picture takes a hundred megabytes while it is made smaller
                if len(self._drafts) >= a.COUNT_MAX:
                    raise AttachmentError(_("{n} files go with one message at most.").format(n=a.COUNT_MAX))
                data = data or await asyncio.to_thread(_read, Path(path), name)
                prepared = await asyncio.to_thread(self._prepare, data, name, self.vision())
                if is_picture and prepared.kind is not a.Kind.PICTURE:
                    raise a.not_a_picture(name)
                if sum(one.size_bytes for one in self._drafts) + len(prepared.data) > a.SENT_BYTES:
                    limit = f"{a.SENT_BYTES // 1_000_000} MB"
                    raise AttachmentError(_("Together that is larger than {limit}.").format(limit=limit))
                self._drafts.append(await self._store.add(prepared))
        except Exception as fault:
            self._studio.emit(a.AttachRefused(name, problem_of(unexpected(fault))))
        finally:
            self._pending -= 1
            if not self._pending:
                self._is_idle.set()
            self._tell()

    def _tell(self) -> None:
        self._studio.emit(a.DraftsChanged(tuple(self._draft(one) for one in self._drafts), self._pending))

    def _draft(self, one: a.Attachment) -> a.Draft:
        """Say what *one* will take, and whether it can be sent at all."""
        if self._is_local():
            return a.Draft(one, cost_usd=0.0, trouble=_("The assistant on this computer cannot look at files."))
        vision, who = self.vision(), self._studio.engines.chat.label
        is_file = one.kind is a.Kind.PDF and bool(vision.pdf_pages)
        trouble = ""
        if one.kind is a.Kind.PICTURE:
            tokens = vision.tokens(one.width, one.height)
            trouble = cannot_see(who).message if vision.is_blind else ""
        else:
            tokens = round(one.chars / CHARACTERS_PER_TOKEN) if one.chars else None
            if not one.chars and not is_file:
                trouble = _("{who} takes no PDF files.").format(who=who)
        return a.Draft(one, tokens, is_file, None if tokens is None else self._cost_usd(tokens), trouble)

    def _cost_usd(self, tokens: int) -> float | None:
        provider, model = self._studio.meter.likely(Job.CHAT)
        usage = Usage(provider, model, {"text_in": float(tokens)}, Basis.ESTIMATED)
        return self._studio.meter.priced(Job.CHAT, usage).cost_usd

    def _is_local(self) -> bool:
        settings = self._studio.settings
        return settings.provider(settings.choice(Job.CHAT).provider).kind is ProviderKind.LOCAL


def _read(path: Path, name: str) -> bytes:
    """Return what *path* holds. Worker thread. Raises AttachmentError."""
    try:
        if not path.is_file():
            raise AttachmentError(_("“{name}” is no file.").format(name=name))
        if path.stat().st_size > a.PICTURE_BYTES:
            limit = f"{a.PICTURE_BYTES // 1_000_000} MB"
            raise AttachmentError(_("“{name}” is larger than {limit}.").format(name=name, limit=limit))
        return path.read_bytes()
    except OSError as error:
        raise AttachmentError(_("“{name}” cannot be read.").format(name=name), detail=type(error).__name__) from error
