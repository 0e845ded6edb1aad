"""Attached files on the real disk and in the real database."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.store.plain_takes import PlainTakes
from voiceapp.core.attachments import Kind, Prepared
from voiceapp.core.conversation import Role
from voiceapp.core.errors import StoreError
from voiceapp.store.attachments import SWEPT_AFTER_S, FileAttachments
from voiceapp.store.sqlite import SqliteStore

NOW_S = 1_800_000_000.0
PICTURE = Prepared(Kind.PICTURE, "a.png", "png", b"pixels", 30, 20)
PDF = Prepared(Kind.PDF, "a.pdf", "pdf", b"%PDF-", pages=2, text="its words")


@pytest.fixture
def files(tmp_path: Path, store: SqliteStore) -> FileAttachments:
    return FileAttachments(tmp_path, store, lambda: NOW_S)


async def test_a_draft_is_a_private_file_and_can_be_taken_back(files: FileAttachments) -> None:
    kept = await files.add(PICTURE)
    path = Path(kept.path)
    assert path.read_bytes() == b"pixels"  # noqa: ASYNC240
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # noqa: ASYNC240
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (await files.drafts()) == (kept,)
    await files.remove(kept.id)
    assert not path.exists()  # noqa: ASYNC240
    assert (await files.drafts()) == ()
    with pytest.raises(StoreError):
        await files.read(kept)


async def test_drafts_go_with_a_message_and_are_there_when_it_is_read_again(
    tmp_path: Path, store: SqliteStore, files: FileAttachments
) -> None:
    picture, pdf = await files.add(PICTURE), await files.add(PDF)
    head = await store.new_conversation("t")
    message = await store.add_message(head.id, Role.USER, "look", attachment_ids=[picture.id, pdf.id])
    assert message.attachments == (picture, pdf)
    assert await files.drafts() == ()
    await files.remove(picture.id)  # it was sent: nobody takes it back
    await store.close()
    again = SqliteStore(tmp_path, PlainTakes())
    read = await again.conversation(head.id)
    assert read.messages[0].attachments == (picture, pdf)
    assert await FileAttachments(tmp_path, again, lambda: NOW_S).read(pdf) == (b"%PDF-", "its words")
    await again.close()


async def test_a_draft_goes_once(store: SqliteStore, files: FileAttachments) -> None:
    kept = await files.add(PICTURE)
    head = await store.new_conversation("t")
    await store.add_message(head.id, Role.USER, "one", attachment_ids=[kept.id])
    second = await store.add_message(head.id, Role.USER, "two", attachment_ids=[kept.id])
    assert second.attachments == ()


async def test_files_of_deleted_conversations_are_swept_but_no_young_ones(
    store: SqliteStore, files: FileAttachments
) -> None:
    kept, gone = await files.add(PICTURE), await files.add(PDF)
    head = await store.new_conversation("t")
    await store.add_message(head.id, Role.USER, "look", attachment_ids=[gone.id])
    await store.delete_conversation(head.id)
    young = files.folder / "young.png"
    young.write_bytes(b"being written by another process")
    for path in (kept.path, gone.path):
        os.utime(path, (NOW_S - 2 * SWEPT_AFTER_S,) * 2)
    os.utime(young, (NOW_S - 1,) * 2)
    assert await files.sweep() == 1
    assert Path(kept.path).exists()  # noqa: ASYNC240
    assert not Path(gone.path).exists()  # noqa: ASYNC240
    assert young.exists()
