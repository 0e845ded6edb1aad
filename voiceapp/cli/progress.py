"""A progress bar on standard error, for people; nothing where a program reads it."""

from __future__ import annotations

import sys
import time
from types import TracebackType

BAR_CHARS = 30
EVERY_S = 0.1


class Progress:
    """Shows how many of *total* are done, with the time that remains.

    *word* says what was done with them. Only on a terminal, unless *is_forced*.
    """

    def __init__(self, total: int, word: str, *, is_shown: bool = True, is_forced: bool = False) -> None:
        self._total, self._word, self._done = total, word, 0
        self._is_shown = is_shown and (is_forced or sys.stderr.isatty())
        self._began_s = time.monotonic()
        self._drawn_s = 0.0
        self._drawn_chars = 0

    def __enter__(self) -> Progress:
        self._draw()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.clear()

    def advance(self, count: int) -> None:
        """*count* more are done."""
        self._done += count
        if self._done >= self._total or time.monotonic() - self._drawn_s > EVERY_S:
            self._draw()

    def clear(self) -> None:
        """Take the bar away, so that a line can be written."""
        if self._drawn_chars:
            sys.stderr.write("\r" + " " * self._drawn_chars + "\r")
            sys.stderr.flush()
            self._drawn_chars = 0

    def line(self) -> str:
        """Return the bar as it would be drawn now."""
        share = self._done / self._total if self._total else 1.0
        bar = "█" * round(share * BAR_CHARS)
        took_s = time.monotonic() - self._began_s
        rest = f"  {took_s / self._done * (self._total - self._done):.0f} s" if 0 < self._done < self._total else ""
        return f"{bar:·<{BAR_CHARS}} {self._done}/{self._total} {self._word}{rest}"

    def _draw(self) -> None:
        if not self._is_shown:
            return
        self._drawn_s = time.monotonic()
        line = self.line()
        sys.stderr.write("\r" + line.ljust(self._drawn_chars))
        sys.stderr.flush()
        self._drawn_chars = len(line)
