"""What a command prints: words for a person, or one JSON object a line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

from voiceapp.core.errors import VoiceAppError
from voiceapp.core.events import Problem
from voiceapp.core.problems import problem_of

_CONTROLS = {number: None for number in (*range(0x20), *range(0x7F, 0xA0)) if chr(number) not in "\n\t"}
_CONTROLS_IN_JSON = {number: f"\\u{number:04x}" for number in range(0x7F, 0xA0)}


def harmless(text: str) -> str:
    """Return *text* without what a terminal obeys: no reply sets the clipboard or wipes out what stands there."""
    return text.translate(_CONTROLS)


class Output:
    """Standard output and error of one command. Everything is flushed at once: the reader may be a program."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self.is_reader_gone = False
        self.on_reader_gone: Callable[[], object] = lambda: None
        self._is_line_open = False

    def event(self, name: str, /, **facts: object) -> None:
        """Write one JSON object; nothing for a person. Facts that are None are left out."""
        if self.is_json:
            known = {key: value for key, value in facts.items() if value is not None}
            line = json.dumps({"event": name, **known}, ensure_ascii=False)
            self._write(line.translate(_CONTROLS_IN_JSON) + "\n")

    def text(self, text: str, *, end: str = "\n") -> None:
        """Write for a person; nothing in JSON."""
        if not self.is_json and (text or end):
            self._write(harmless(text) + end)
            self._is_line_open = not (text + end).endswith("\n")

    def raw(self, text: str) -> None:
        """Write *text* as it is for a file or a program, harmless on a terminal."""
        self._write(harmless(text) if sys.stdout.isatty() else text)

    def end_line(self) -> None:
        """Begin a new line where one is open."""
        if self._is_line_open:
            self.text("")

    def notice(self, sentence: str) -> None:
        """Tell something beside the result."""
        if self.is_json:
            self.event("notice", message=sentence)
        else:
            self.end_line()
            _to_stderr(sentence)

    def failed(self, problem: Problem | VoiceAppError) -> None:
        """Say in one line on stderr why the job failed, and in JSON with all facts."""
        if isinstance(problem, VoiceAppError):
            problem = problem_of(problem)
        self.end_line()
        self.event(
            "error",
            code=problem.code,
            message=problem.message,
            hint=problem.hint or None,
            detail=problem.detail or None,
            is_retryable=problem.is_retryable,
            retry_after_s=problem.retry_after_s,
            provider=problem.provider or None,
        )
        _to_stderr(" ".join(part for part in (problem.message, problem.hint) if part))

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:  # not raised here: this is called from inside turns
            forget_stdout()
            self.is_reader_gone = True
            self.on_reader_gone()


def forget_stdout() -> None:
    """Whoever read standard output has gone: let the rest go nowhere, also what is flushed at the very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"voiceapp: {harmless(' '.join(sentence.split()))}\n")
    sys.stderr.flush()
