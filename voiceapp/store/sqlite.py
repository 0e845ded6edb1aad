"""The store: SQLite on one thread of its own, recordings as files beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from gettext import gettext as _
from pathlib import Path
from typing import TypeVar

from voiceapp.core.audio import Clip
from voiceapp.core.conversation import (
    Conversation,
    ConversationHead,
    Message,
    Role,
    Source,
    Take,
    TakeState,
    Timings,
    ToolUse,
)
from voiceapp.core.errors import AudioFileError, StoreError
from voiceapp.core.transcript import Details
from voiceapp.ports import TakeFormat, TakeWriter
from voiceapp.store import conversations, search, sources, take_details, takes, tool_uses
from voiceapp.store.database import close_database, open_database, told, transaction
from voiceapp.store.files import told_as_store_error
from voiceapp.store.instance import Owner

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]


class SqliteStore:
    """Conversations and takes in one folder; see ``ports.Store``.

    Every method is one transaction on the store's own thread, so a cancelled caller leaves nothing half done.

    Args:
        data: the folder, which exists; ``voiceapp.db`` and ``takes`` lie in it.
        take_format: how recordings are written and read.
        now: Unix time in seconds.
    """

    def __init__(self, data: Path, take_format: TakeFormat, now: Callable[[], float] = time.time) -> None:
        self.database = data / "voiceapp.db"
        self.takes_folder = data / "takes"
        self._format = take_format
        self._now = now
        self._owner = Owner(data / "owners", uuid.uuid4().hex)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._db: sqlite3.Connection | None = None
        self._is_closed = False
        self._notices: tuple[str, ...] = ()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should be told about opening (a damaged database set aside); known after :meth:`open`."""
        return self._notices

    async def open(self) -> None:
        """Open now rather than at the first use. Raises StoreError, DiskFull."""
        await self._run(lambda db: None)

    # --- takes --------------------------------------------------------------------------------------------

    async def begin_take(self, rate_hz: int, conversation_id: int | None) -> TakeWriter:
        beginning = self._submit(lambda db: self._begin_take(db, rate_hz, conversation_id))
        try:
            return await asyncio.wrap_future(_unstoppable(beginning))
        except asyncio.CancelledError:
            beginning.add_done_callback(self._abandon)
            raise

    def _begin_take(self, db: sqlite3.Connection, rate_hz: int, conversation_id: int | None) -> takes.FileTakeWriter:
        self._owner.announce()
        with transaction(db):
            take = takes.insert(
                db, self.takes_folder, self._format.suffix, self._owner.token, self._now(), rate_hz, conversation_id
            )
        path = self.takes_folder / take.file
        try:
            with told_as_store_error(path):
                sink = self._format.create(path, rate_hz)
        except BaseException:
            with transaction(db):
                takes.delete(db, take.id)
            raise
        return takes.FileTakeWriter(take, path, sink, self._submit_write)

    def _abandon(self, beginning: Future[takes.FileTakeWriter]) -> None:
        if not beginning.cancelled() and beginning.exception() is None:
            with suppress(StoreError):  # closed meanwhile: mended at the next start
                self._submit_write(beginning.result().abandon)

    async def update_take(
        self,
        take_id: int,
        *,
        state: TakeState | None = None,
        text: str | None = None,
        engine: str | None = None,
        error: str | None = None,
        conversation_id: int | None = None,
        details: Details | None = None,
    ) -> Take:
        changes: dict[str, object | None] = {
            "state": None if state is None else state.value,
            "text": None if text is None else conversations.storable(text),
            "engine": engine,
            "error": error,
            "conversation_id": conversation_id,
            "details": None if details is None else take_details.to_text(details),
        }
        given = {name: value for name, value in changes.items() if value is not None}
        return await self._write(lambda db: takes.update(db, take_id, **given))

    async def take(self, take_id: int) -> Take:
        return await self._run(lambda db: takes.read(db, take_id))

    async def takes(self) -> tuple[Take, ...]:
        return await self._run(takes.every)

    async def recover_takes(self) -> tuple[Take, ...]:
        return await self._write(lambda db: takes.recover(db, self.takes_folder, self._format, self._owner))

    async def load_take(self, take_id: int) -> Clip:
        path = self._existing(await self.take(take_id))
        return await asyncio.to_thread(self._format.load, path)

    async def export_take(self, take_id: int, path: Path) -> None:
        source = self._existing(await self.take(take_id))
        with told_as_store_error(path):
            await asyncio.to_thread(self._format.export, source, path)

    def _existing(self, take: Take) -> Path:
        path = self.takes_folder / take.file
        if not path.exists():
            raise AudioFileError(_("The file of recording {id} is gone.").format(id=take.id), detail=take.file)
        return path

    # --- conversations ------------------------------------------------------------------------------------

    async def new_conversation(self, title: str) -> ConversationHead:
        return await self._write(lambda db: conversations.create(db, title, self._now()))

    async def conversation(self, conversation_id: int) -> Conversation:
        return await self._run(lambda db: conversations.read(db, conversation_id))

    async def conversations(self, query: str = "") -> tuple[ConversationHead, ...]:
        return await self._searched(lambda db: conversations.heads(db, query))

    async def rename_conversation(self, conversation_id: int, title: str) -> None:
        await self._write(lambda db: conversations.rename(db, conversation_id, title))

    async def delete_conversation(self, conversation_id: int) -> None:
        await self._write(lambda db: conversations.delete(db, conversation_id))

    async def add_message(
        self,
        conversation_id: int,
        role: Role,
        text: str,
        *,
        take_id: int | None = None,
        engine: str = "",
        is_complete: bool = True,
        attachment_ids: Sequence[int] = (),
    ) -> Message:
        message = Message(0, conversation_id, role, text, self._now(), take_id, engine=engine, is_complete=is_complete)
        return await self._write(lambda db: conversations.add_message(db, message, attachment_ids))

    async def update_message(
        self,
        message_id: int,
        *,
        text: str | None = None,
        heard_chars: int | None = None,
        timings: Timings | None = None,
        is_complete: bool | None = None,
    ) -> Message:
        return await self._write(
            lambda db: conversations.update_message(db, message_id, text, heard_chars, timings, is_complete)
        )

    async def add_tool_use(self, message_id: int, use: ToolUse) -> Message:
        def insert(db: sqlite3.Connection) -> Message:
            conversations.message_of(db, message_id)
            tool_uses.add(db, message_id, use)
            return conversations.message_of(db, message_id)

        return await self._write(insert)

    async def set_sources(self, message_id: int, found: Sequence[Source]) -> Message:
        def put(db: sqlite3.Connection) -> Message:
            conversations.message_of(db, message_id)
            sources.put(db, message_id, found)
            return conversations.message_of(db, message_id)

        return await self._write(put)

    async def delete_message(self, message_id: int) -> None:
        await self._write(lambda db: conversations.delete_message(db, message_id))

    async def search_texts(self, query: str, limit: int = 5) -> tuple[Message, ...]:
        return await self._searched(lambda db: conversations.found(db, query, limit))

    # --- notes --------------------------------------------------------------------------------------------

    async def add_note(self, text: str) -> int:
        def insert(db: sqlite3.Connection) -> int:
            values = [conversations.storable(text), self._now()]
            number = db.execute("INSERT INTO notes (text, created_at) VALUES (?, ?)", values).lastrowid
            assert number is not None
            return number

        return await self._write(insert)

    async def notes(self) -> tuple[str, ...]:
        return await self._run(
            lambda db: tuple(row["text"] for row in db.execute("SELECT text FROM notes ORDER BY id"))
        )

    # --- the thread ---------------------------------------------------------------------------------------

    async def run(self, work: Work[Result]) -> Result:
        """Run *work* on the store's thread: for what keeps tables of its own (images, verdicts)."""
        return await self._run(work)

    async def write(self, work: Work[Result]) -> Result:
        """Run *work* there as one transaction."""
        return await self._write(work)

    async def close(self) -> None:
        if self._is_closed:
            return
        closing = self._thread.submit(self._close)
        self._is_closed = True
        await asyncio.shield(asyncio.wrap_future(closing))
        self._thread.shutdown(wait=False)

    def _close(self) -> None:
        if self._db is not None:
            close_database(self._db)
            self._db = None
        self._owner.retire()

    async def _run(self, work: Work[Result]) -> Result:
        return await asyncio.wrap_future(_unstoppable(self._submit(work)))

    async def _write(self, work: Work[Result]) -> Result:
        return await asyncio.wrap_future(_unstoppable(self._submit_write(work)))

    async def _searched(self, work: Work[Result]) -> Result:
        """Run a search; where the index is at fault, build it anew and search again."""

        def mended(db: sqlite3.Connection) -> Result:
            try:
                return work(db)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
                    raise
            with transaction(db):
                search.begin_anew(db)
            return work(db)

        return await self._run(mended)

    def _submit_write(self, work: Work[Result]) -> Future[Result]:
        def whole(db: sqlite3.Connection) -> Result:
            with transaction(db):
                return work(db)

        return self._submit(whole)

    def _submit(self, work: Work[Result]) -> Future[Result]:
        """Queue *work* for the store's thread. Any thread."""

        def run() -> Result:
            with told(self.database):
                return work(self._opened())

        if self._is_closed:
            raise StoreError(_("The store is closed."), detail="closed")
        return self._thread.submit(run)

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            with told_as_store_error(self.takes_folder):
                self.takes_folder.mkdir(mode=0o700, exist_ok=True)
            self._db, self._notices = open_database(self.database, self._now)
        return self._db


def _unstoppable(future: Future[Result]) -> Future[Result]:
    """Return a future whose cancelling does not cancel *future*: what was asked for happens whole."""
    outer: Future[Result] = Future()

    def pass_on(done: Future[Result]) -> None:
        if not outer.set_running_or_notify_cancel():
            return
        error = done.exception()
        if error is not None:
            outer.set_exception(error)
        else:
            outer.set_result(done.result())

    future.add_done_callback(pass_on)
    return outer
