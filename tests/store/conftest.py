from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.store.plain_takes import PlainTakes
from voiceapp.store.images import FileImages
from voiceapp.store.sqlite import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path, PlainTakes())
    yield opened
    await opened.close()


@pytest.fixture
def images(tmp_path: Path, store: SqliteStore) -> FileImages:
    """The gallery of *store*."""
    return FileImages(tmp_path, store, time.time)
