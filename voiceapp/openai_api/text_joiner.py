"""Text from deltas: never half a character, never something that cannot be stored or sent back. No socket.

Some servers cut JSON strings between the two halves of a character outside the basic plane; each half decodes to a
lone surrogate, which no encoder takes and which other servers refuse when it is sent back to them.
"""

from __future__ import annotations

REPLACEMENT = "\ufffd"


class TextJoiner:
    """Holds back a first half until its second arrives; a half without its partner becomes U+FFFD."""

    def __init__(self) -> None:
        self._high = ""

    def push(self, delta: str) -> str:
        """Return the whole characters available after *delta*; may be empty."""
        text = self._high + delta
        self._high = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._high = text[:-1], text[-1]
        return whole(text)

    def finish(self) -> str:
        """Return what a half without a partner becomes; empty when nothing was held back."""
        rest, self._high = self._high, ""
        return REPLACEMENT if rest else ""


def whole(text: str) -> str:
    """Return *text* with surrogate pairs joined and lone halves replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
