"""Where inline Markdown must not be cut: code spans, brackets, links, emphasis, tags, formulas.

Fed with one character at a time, so its state depends on the text alone and never on how the text arrived.
"""

from __future__ import annotations

from voiceapp.core.scripts import CLOSING_OF

PATIENCE_CHARS = 200
"""An opener that is not closed within this many characters was no opener: a lone "(" must not hold the voice back."""


class Guard:
    """Follows what is open. :attr:`is_open` is true inside anything that must be spoken in one piece."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: a new block begins."""
        self._closers: list[str] = []
        self._opened_ago = 0
        self._run = ""  # a run of the same marker, not yet judged: * _ ~ `
        self._before_run = " "
        self._previous = " "
        self._is_escaped = False
        self._code = 0  # length of the backtick run that opened a code span
        self._is_destination = False
        self._is_tag = False

    @property
    def is_open(self) -> bool:
        """True while a cut here would tear something apart."""
        return bool(self._closers or self._code or self._is_destination or self._is_tag)

    @property
    def is_destination(self) -> bool:
        """True inside the address of a link, which is not spoken, however long it is."""
        return self._is_destination

    def letters(self, run: str) -> None:
        """Take the rest of a word; its first letter went through :meth:`feed`."""
        self._age(len(run))
        self._previous = run[-1]

    def feed(self, char: str) -> None:
        """Take the next character."""
        self._age(1)
        if self._run and char != self._run[0]:
            self._judge_run(char)
        if self._is_escaped:
            self._is_escaped = False
        elif char == "`" or (char in "*_~" and not self._code):
            if not self._run:
                self._before_run = self._previous
            if len(self._run) < PATIENCE_CHARS:
                self._run += char
        elif not self._code:
            self._structure(char)
        self._previous = char

    def _age(self, chars: int) -> None:
        if not self.is_open:
            self._opened_ago = 0
            return
        self._opened_ago += chars
        if self._opened_ago > PATIENCE_CHARS and not self._is_destination:
            self.reset()

    def _structure(self, char: str) -> None:
        """Follow brackets, link addresses, tags and escapes."""
        if self._is_destination:
            if char.isspace() or char == ")":
                self._is_destination = False
                self._pop(")")
        elif self._is_tag:
            self._is_tag = char != ">"
        elif char == "\\":
            self._is_escaped = True
        elif char in "([{":
            self._is_destination = char == "(" and self._previous == "]"
            self._closers.append(CLOSING_OF[char])
        elif char in ")]}":
            self._pop(char)
        elif self._previous == "<" and (char.isalpha() or char in "/!"):
            self._is_tag = True

    def _pop(self, closer: str) -> None:
        if closer in self._closers:
            while self._closers.pop() != closer:
                pass

    def _judge_run(self, following: str) -> None:
        """A run of markers has ended: it opened something, closed it, or was plain text."""
        run, self._run = self._run, ""
        if run[0] == "`":
            if self._code:
                self._code = 0 if self._code == len(run) else self._code
            else:
                self._code = len(run)
            return
        can_close = not self._before_run.isspace()
        if can_close and run in self._closers:
            self._pop(run)
        elif can_close and any(closer[0] == run[0] for closer in self._closers):
            self._closers = [closer for closer in self._closers if closer[0] != run[0]]
        elif not following.isspace() and not self._before_run.isalnum():
            self._closers.append(run)
