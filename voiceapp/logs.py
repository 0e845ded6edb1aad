"""Logging: one logger a room, to a private file and a ring in memory, with everything secret struck out first.

Loggers are the standard library's: ``logging.getLogger("voiceapp.voice")``. Nothing is logged above this module's
ignorance of rooms: who sets it up is a composition root.
"""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

RING_RECORDS = 5000
FILE_BYTES = 1_000_000
FILES_KEPT = 3
STRUCK_OUT = "…"

_ROOT = "voiceapp"
_SECRETS = re.compile(
    r"""sk-[A-Za-z0-9_-]{6,}            # keys of OpenAI and its look-alikes
    |(?i:(?<=bearer\s)|(?<=basic\s))[A-Za-z0-9._~+/=-]{6,}
    |(?i:(?<=api-key[:=])|(?<=api_key[:=])|(?<=api-key:\s)|(?<="api_key":\s"))[^\s"',;}]{6,}
    |(?<=://)[^/\s:@]+:[^/\s@]+(?=@)     # user and password in an address
    |\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9._-]+  # signed tokens
    """,
    re.VERBOSE,
)


class Redactor(logging.Filter):
    """Strikes keys out of everything that is logged: message, arguments, exception and stack text."""

    def __init__(self) -> None:
        super().__init__()
        self._known: frozenset[str] = frozenset()
        self._formatter = logging.Formatter()

    def register(self, secret: str) -> None:
        """Strike out *secret* from now on, whatever it looks like. Any thread."""
        if len(secret) >= 6:  # a shorter one would strike out words
            self._known |= {secret}

    def clean(self, text: str) -> str:
        """Return *text* without keys."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, STRUCK_OUT)
        return _SECRETS.sub(STRUCK_OUT, text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean *record* in place; always lets it pass."""
        try:
            message = record.getMessage()
        except Exception:  # a wrong number of arguments must not cost the program anything
            message = f"{record.msg} (unformatted)"
        record.msg, record.args = self.clean(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.clean(record.exc_text)
            record.exc_info = None  # the exception itself still holds the text
        if record.stack_info:
            record.stack_info = self.clean(record.stack_info)
        return True


class Ring(logging.Handler):
    """Keeps the last records as lines for a log window and for "copy details". Any thread."""

    def __init__(self, size: int = RING_RECORDS) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=size)
        self._listeners: tuple[Callable[[str], None], ...] = ()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep *record* and pass its line on."""
        line = self.format(record)
        self._lines.append(line)
        for listener in self._listeners:
            listener(line)

    def lines(self) -> tuple[str, ...]:
        """Return what is kept, oldest first."""
        with self.lock or threading.RLock():
            return tuple(self._lines)

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call *listener* with every further line, on whatever thread logs; returns what ends that."""
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return stop


class PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotating log file with mode 0600 that goes quiet, not wild, when the disk is full."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True)

    def _open(self) -> IO[str]:  # type: ignore[override]
        with suppress(OSError):
            os.close(os.open(self.baseFilename, os.O_CREAT | os.O_WRONLY, 0o600))
            os.chmod(self.baseFilename, 0o600)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """Lose the line: a log must never be in the way of what it describes."""


class StandardError(logging.Handler):
    """Writes to whatever stderr is at that moment, and nowhere when it is closed (a window without a console)."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(self.format(record) + "\n")


class Logs:
    """The program's logging; made once by a composition root, closed at its end."""

    def __init__(self, folder: Path, *, is_debug: bool = False, topics: Iterable[str] = ()) -> None:
        """Begin to log.

        Args:
            folder: where ``voiceapp.log`` and ``crash.txt`` go; exists.
            is_debug: keep debug records, and write everything to stderr too.
            topics: rooms ("voice", "audio") to which debug records are limited; empty = all.
        """
        self.redactor = Redactor()
        for name, value in os.environ.items():
            if name.endswith(("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")):
                self.redactor.register(value)
        self.ring = Ring()
        self.file = folder / "voiceapp.log"
        self._logger = logging.getLogger(_ROOT)
        self._handlers: list[logging.Handler] = [self.ring, PrivateFile(self.file)]
        if is_debug:
            self._handlers.append(StandardError())
        form = logging.Formatter("%(asctime)s.%(msecs)03d %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        chosen = tuple(f"{_ROOT}.{topic}" for topic in topics)
        for handler in self._handlers:
            handler.setFormatter(form)
            handler.addFilter(lambda record: _is_wanted(record, chosen))
            handler.addFilter(self.redactor)
            self._logger.addHandler(handler)
        self._logger.setLevel(logging.DEBUG if is_debug else logging.INFO)
        self._logger.propagate = False
        self._crash_file = self._watch_crashes(folder / "crash.txt")

    def _watch_crashes(self, path: Path) -> IO[str] | None:
        """Let a crash of the interpreter leave its stacks in *path*; None where that cannot be written."""
        try:
            file = os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "a", encoding="utf-8")
        except OSError:
            return None
        faulthandler.enable(file=file, all_threads=True)
        return file

    def log_uncaught(self) -> None:
        """Log what no one catches, on any thread; the interpreter's own report on stderr is replaced."""
        logger = self._logger.getChild("uncaught")
        sys.excepthook = lambda kind, error, trace: logger.critical("uncaught", exc_info=(kind, error, trace))
        threading.excepthook = lambda args: logger.critical(
            "uncaught in thread %s", args.thread.name if args.thread else "?", exc_info=args.exc_value
        )

    def close(self) -> None:
        """Write what is left and let go of the files."""
        if self._crash_file is not None:
            faulthandler.disable()
            self._crash_file.close()
            self._crash_file = None
        for handler in self._handlers:
            self._logger.removeHandler(handler)
            handler.close()
        self._handlers = []


def _is_wanted(record: logging.LogRecord, topics: tuple[str, ...]) -> bool:
    return record.levelno > logging.DEBUG or not topics or record.name.startswith(topics)
