"""Writing beside the voice loop: what changes after every answer must not wait for the disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable


class WrittenBeside:
    """Writes the newest value in a worker thread; what came in between is never written.

    Args:
        write: blocking.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._newest: bytes | None = None
        self._lock = threading.Lock()

    def keep(self, data: bytes) -> None:
        """Let *data* be written soon. Voice loop."""
        self._newest = data
        asyncio.get_running_loop().run_in_executor(None, self.flush)

    def flush(self) -> None:
        """Write what is not written yet. Any thread."""
        with self._lock:
            data, self._newest = self._newest, None
            if data is not None:
                self._write(data)
