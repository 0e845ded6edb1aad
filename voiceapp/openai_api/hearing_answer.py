"""A transcription's answer while it arrives: words so far, and at the end everything that was told. No socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voiceapp.core.cutting import run_together
from voiceapp.core.transcript import speaker_name
from voiceapp.openai_api.hearing_protocol import objects_in
from voiceapp.openai_api.sse import EventDecoder
from voiceapp.openai_api.text_joiner import whole

_HEAD_BYTES = 6
_EVENTS = (b"data:", b"event:", b": ", b":\n", b"id:", b"retry:")


class AnswerReader:
    """Bytes in, the answer's objects out; *on_partial* gets the words so far as they grow. Raises NotTheProtocol."""

    def __init__(self, on_partial: Callable[[str], None] | None = None) -> None:
        self._on_partial = on_partial
        self._data = b""
        self._events: EventDecoder | None = None
        self._deltas = ""
        self._segments: list[str] = []
        self.objects: list[dict[str, Any]] = []

    def push(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self._events is None:
            self._data += chunk
            head = self._data.removeprefix(b"\xef\xbb\xbf").lstrip()
            if len(head) < _HEAD_BYTES or not head.startswith(_EVENTS):
                return
            self._events, chunk = EventDecoder(), self._data
        for found in self._events.push(chunk):
            self._take(found)

    def finish(self) -> list[dict[str, Any]]:
        """Return all objects of the whole answer."""
        if self._events is None:
            self.objects = objects_in(self._data)
        else:
            for found in self._events.finish():
                self._take(found)
        return self.objects

    @property
    def is_cut_off(self) -> bool:
        """Words came in a stream, but not its end."""
        if self._events is None or self._events.is_done or not (self._deltas or self._segments):
            return False
        return not any(found.get("type") == "transcript.text.done" for found in self.objects)

    def _take(self, found: dict[str, Any]) -> None:
        self.objects.append(found)
        if self._on_partial is None:
            return
        match found.get("type"):
            case "transcript.text.delta":
                self._deltas += str(found.get("delta") or "")
                self._tell(self._deltas)
            case "transcript.text.segment" if not self._deltas:
                said = f"{speaker_name(str(found.get('speaker') or '?'))}: {found.get('text') or ''}"
                self._segments.append(whole(said).strip())
                self._tell(run_together(self._segments))

    def _tell(self, text: str) -> None:
        if self._on_partial is not None and (words := whole(text).strip()):
            self._on_partial(words)
