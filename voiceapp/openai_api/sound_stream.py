"""Sound as servers stream it, to blocks: raw PCM, WAV although PCM was asked for, samples cut in two. No socket."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from voiceapp.core.audio import Float32Block, clean, from_pcm16, to_mono
from voiceapp.openai_api.sse import EventDecoder, NotTheProtocol, is_html

MAX_HEADER_BYTES = 65_536
SNIFFED_BYTES = 16
_FLOAT_FORMAT, _EXTENSIBLE = 3, 0xFFFE
_FILES = {b"ID3": "mp3", b"\xff\xfb": "mp3", b"\xff\xf3": "mp3", b"\xff\xf2": "mp3", b"OggS": "ogg", b"fLaC": "flac"}
_TEXT = (b"data:", b"event:", b"{", b"<", b": ")


class WrongSound(Exception):
    """The server sent another format than PCM or WAV; ``format`` names it."""

    def __init__(self, sound_format: str) -> None:
        super().__init__(sound_format)
        self.format = sound_format


class SoundDecoder:
    """Bytes in, blocks out. ``rate_hz`` may change once the first bytes have shown what they are.

    ``error`` is the server's error object where it sent one instead of sound; ``usage`` what it told at the end.
    Raises NotTheProtocol, WrongSound.
    """

    def __init__(self, rate_hz: int = 24_000) -> None:
        self.rate_hz = rate_hz
        self.error: Mapping[str, Any] | None = None
        self.usage: Mapping[str, Any] | None = None
        self._channels = 1
        self._sample_format = (1, 16)
        self._head: bytes | None = b""
        self._events: EventDecoder | None = None
        self._rest = b""

    def push(self, chunk: bytes) -> Float32Block:
        """Return the whole samples available after *chunk*; may be empty."""
        if self._head is not None:
            self._head += chunk
            if len(self._head) < SNIFFED_BYTES:
                return _nothing()
            chunk = self._begin(self._head)
        return self._sound(chunk)

    def finish(self) -> Float32Block:
        """Return what is left of an answer that was shorter than a header; half a sample is dropped."""
        block = self._sound(self._begin(self._head, is_whole=True)) if self._head is not None else _nothing()
        if self._events is not None:
            rest = b"".join(self._audio_of(event) for event in self._events.finish())
            return np.concatenate((block, self._samples(rest)))
        return block

    def _begin(self, head: bytes, *, is_whole: bool = False) -> bytes:
        """Find out what the answer is; return the sound bytes in *head* (none while a header is incomplete)."""
        for magic, name in _FILES.items():
            if head.startswith(magic):
                raise WrongSound(name)
        if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
            start = self._wav_header(head)
            if start is None:
                if is_whole or len(head) > MAX_HEADER_BYTES:
                    raise NotTheProtocol("rubbish")
                self._head = head
                return b""
            self._head = None
            return head[start:]
        self._head = None
        if head.lstrip().startswith(_TEXT) and _is_text(head):
            if is_html(head.decode("latin-1")):
                raise NotTheProtocol("html")
            self._events = EventDecoder()
        return head

    def _wav_header(self, head: bytes) -> int | None:
        """Read the chunks of a WAV; return where its samples start, None while they are not there yet."""
        at = 12
        while at + 8 <= len(head):
            name, size = struct.unpack_from("<4sI", head, at)
            at += 8
            if name == b"data":  # its size is a lie in streams (0xFFFFFFFF, 0); the body's end is the end
                return at
            if name == b"fmt " and at + 16 <= len(head):
                code, channels, rate_hz, _bytes, _align, bits = struct.unpack_from("<HHIIHH", head, at)
                if code == _EXTENSIBLE:
                    code = _FLOAT_FORMAT if bits == 32 else 1
                if (code, bits) not in ((1, 16), (_FLOAT_FORMAT, 32)) or not 4000 <= rate_hz <= 192_000:
                    raise WrongSound(f"wav {code}/{bits}")
                self.rate_hz, self._channels, self._sample_format = rate_hz, max(1, channels), (code, bits)
            at += size + size % 2
        return None

    def _sound(self, chunk: bytes) -> Float32Block:
        if self._head is not None:
            return _nothing()
        if self._events is not None:
            chunk = b"".join(self._audio_of(event) for event in self._events.push(chunk))
        return self._samples(chunk)

    def _samples(self, chunk: bytes) -> Float32Block:
        data = self._rest + chunk
        frame_bytes = self._sample_format[1] // 8 * self._channels
        whole = len(data) - len(data) % frame_bytes
        self._rest = data[whole:]
        if not whole:
            return _nothing()
        if self._sample_format[0] == _FLOAT_FORMAT:
            samples = clean(np.frombuffer(data[:whole], dtype="<f4"))
        else:
            samples = from_pcm16(data[:whole])
        return samples if self._channels == 1 else to_mono(samples.reshape(-1, self._channels))

    def _audio_of(self, event: Mapping[str, Any]) -> bytes:
        """Sound of an event (``speech.audio.delta``); errors and usage are kept."""
        if event.get("error"):
            self.error = event
        if isinstance(event.get("usage"), Mapping):
            self.usage = event["usage"]
        audio = event.get("audio") or event.get("delta")
        if not isinstance(audio, str):
            return b""
        return sound_bytes(audio)


class PcmJoiner:
    """PCM in pieces of any size to blocks: half a sample waits for its other half."""

    def __init__(self) -> None:
        self._rest = b""

    def push(self, data: bytes) -> Float32Block:
        """Return the whole samples available after *data*; may be empty."""
        data = self._rest + data
        whole = len(data) - len(data) % 2
        self._rest = data[whole:]
        return from_pcm16(data[:whole]) if whole else _nothing()


def sound_bytes(encoded: str) -> bytes:
    """Decode base64, also without its padding. Raises NotTheProtocol."""
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise NotTheProtocol("rubbish") from None


def _is_text(head: bytes) -> bool:
    """Whether *head* can only be text: sixteen printable bytes in a row do not happen in speech."""
    return all(byte in b"\t\r\n" or 32 <= byte < 127 or byte >= 0xC2 for byte in head[:SNIFFED_BYTES])


def _nothing() -> Float32Block:
    return np.zeros(0, dtype=np.float32)
