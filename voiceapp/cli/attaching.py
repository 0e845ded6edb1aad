"""Files that go along with a question asked in the terminal."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path

from voiceapp.cli.output import Output
from voiceapp.core.attachments import AttachFile, AttachRefused, Detach, Draft, DraftsChanged
from voiceapp.core.draft_words import draft_words
from voiceapp.core.events import Event


class Attaching:
    """Attaches, tells what it will cost, and takes back what was not sent: it is the person's own file."""

    def __init__(self, output: Output, arguments: argparse.Namespace) -> None:
        self._output = output
        self._pictures: list[Path] = arguments.images
        self._files: list[Path] = arguments.documents
        self._drafts: tuple[Draft, ...] = ()
        self._ended = 0
        self._pending = 0
        self._is_refused = False
        self._news = asyncio.Event()

    def take(self, event: Event) -> None:
        """Take an event of the session."""
        match event:
            case DraftsChanged(drafts, pending):
                self._ended += max(0, self._pending - pending)
                self._drafts, self._pending = drafts, pending
                self._news.set()
            case AttachRefused(problem=problem):
                self._is_refused = True
                self._output.failed(problem)

    async def attach(self, handle: Callable[[object], None]) -> bool:
        """Attach all of it; False where something cannot be, which was said."""
        wanted = [AttachFile(str(path.expanduser().absolute()), is_picture=True) for path in self._pictures]
        wanted += [AttachFile(str(path.expanduser().absolute())) for path in self._files]
        for number, command in enumerate(wanted, start=1):
            handle(command)
            await self._until(lambda number=number: self._ended >= number)  # type: ignore[misc]
        if self._is_refused:
            return False
        for draft in self._drafts:
            self._tell(draft)
        return True

    async def detach(self, handle: Callable[[object], None]) -> None:
        """Take back what did not go."""
        for draft in self._drafts:
            handle(Detach(draft.attachment.id))
        await self._until(lambda: not self._drafts)

    def _tell(self, draft: Draft) -> None:
        one = draft.attachment
        self._output.event(
            "attached",
            name=one.name,
            kind=one.kind.value,
            size_bytes=one.size_bytes,
            width=one.width or None,
            height=one.height or None,
            pages=one.pages or None,
            tokens=draft.tokens,
            cost_usd=draft.cost_usd,
        )
        words = _("{name}: {words}").format(name=one.name, words=draft_words(draft))
        self._output.text(words)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._news.clear()
            await self._news.wait()
