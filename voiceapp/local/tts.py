"""Text to speech by espeak-ng in this process: about 140 voices, no download, first sound within milliseconds."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncGenerator, Iterator, Sequence
from gettext import gettext as _

import numpy as np

from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import ProviderDown
from voiceapp.core.speech import SpeechRequest, Voice
from voiceapp.local.espeak import Espeak, Piece, library

RATE_HZ = 22_050
BLOCK_FRAMES = RATE_HZ // 20
WORDS_PER_MINUTE = 175
FIRST_CHARS = 120
"""The first piece is short, so that it sounds early; later ones may be longer."""
PIECE_CHARS = 400
QUIET = 0.001
"""Below this a sample at the very beginning is waiting, not sound."""
RAMP_FRAMES = 44

DEFAULT_VOICE = "gmw/en-US"
PREFERRED = {"en": DEFAULT_VOICE, "fr": "roa/fr", "es": "roa/es", "pt": "roa/pt-BR", "zh": "sit/cmn"}

NOTE = _("The voice is made on this computer. It is quick and clear but sounds like a machine, in some 100 languages.")


class EspeakSpeech:
    """Port ``TextToSpeech``. Any number of instances share the one library of the process; any loop."""

    rate_hz = RATE_HZ
    max_chars = 100_000

    def __init__(self) -> None:
        self.label = _("This computer, espeak-ng")

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        """As TextToSpeech.speak. An unknown voice gives way to the language's; text is never read as markup."""
        pieces = cut(request.text)
        is_first = True
        while (text := await asyncio.to_thread(next, pieces, None)) is not None:
            engine = await asyncio.to_thread(_ready)
            voice = _voice_for(request, engine.voices())
            words_per_minute = round(WORDS_PER_MINUTE * min(2.0, max(0.5, request.speed)))
            piece = Piece(spoken_characters(text), voice, words_per_minute, has_end_pause=not text[-1].isalnum())
            sound = await _make(engine, piece)
            sound = _without_clicks(_without_lead(sound) if is_first else sound)
            for start in range(0, len(sound), BLOCK_FRAMES):
                yield sound[start : start + BLOCK_FRAMES]
            is_first = is_first and not len(sound)

    def voices(self) -> Sequence[Voice]:
        """As TextToSpeech.voices; English first. Empty where the library cannot be loaded."""
        try:
            found = list(library().voices())
        except ProviderDown:
            return ()
        return tuple(sorted(found, key=lambda voice: (voice.id != DEFAULT_VOICE, voice.language != "en")))

    async def warm(self) -> None:
        """As TextToSpeech.warm."""
        try:
            await asyncio.to_thread(_ready)
        except ProviderDown:
            return  # the first sentence will say so

    async def close(self) -> None:
        """As TextToSpeech.close; the library stays, as others in the process may use it."""


def spoken_characters(text: str) -> str:
    """Return *text* without what the library would take as commands or choke on: controls and lone surrogates."""
    return "".join(" " if unicodedata.category(character) in _UNSPEAKABLE else character for character in text)


_UNSPEAKABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_SENTENCE_END = re.compile(r"[.!?…:;][\"')\]»”]*\s+|[。！？；]")
_WEAK_END = re.compile(r"[,،、]\s*|\s+")


def cut(text: str) -> Iterator[str]:
    """Cut *text* into pieces to be spoken one after another; lazily, and pieces without letter or digit not at all."""
    start, limit = 0, FIRST_CHARS
    while start < len(text):
        end = _end_of_piece(text, start, limit)
        piece = text[start:end].strip()
        if any(character.isalnum() for character in piece):
            yield piece
            limit = PIECE_CHARS
        start = end


def _end_of_piece(text: str, start: int, limit: int) -> int:
    """Return where the piece that begins at *start* ends: at the text's end, a sentence's, a word's, or anywhere."""
    if len(text) - start <= limit:
        return len(text)
    for boundary in (_SENTENCE_END, _WEAK_END):
        ends = [match.end() for match in boundary.finditer(text, start, start + limit)]
        if ends:
            return ends[-1]
    return start + limit


def _voice_for(request: SpeechRequest, voices: Sequence[Voice]) -> str:
    """Choose by name, else by language, else the default."""
    if any(voice.id == request.voice for voice in voices):
        return request.voice
    language = request.language.lower().split("-")[0]
    preferred = PREFERRED.get(language)
    if preferred is not None:
        return preferred
    return next((voice.id for voice in voices if voice.language == language and language), DEFAULT_VOICE)


async def _make(engine: Espeak, piece: Piece) -> Float32Block:
    try:
        return await asyncio.to_thread(engine.synthesise, piece)
    finally:
        piece.is_aborted = True  # cancelled: the thread stops within one buffer


def _ready() -> Espeak:
    engine = library()
    engine.voices()  # reads the voice files once, so that the first sentence does not
    return engine


def _without_lead(sound: Float32Block) -> Float32Block:
    """Drop the quiet before the first sound."""
    loud = np.flatnonzero(np.abs(sound) > QUIET)
    return sound[loud[0] :] if len(loud) else sound[:0]


def _without_clicks(sound: Float32Block) -> Float32Block:
    """Let *sound* begin and end at zero, over 2 ms."""
    if len(sound) < 2 * RAMP_FRAMES:
        return sound
    ramp = np.linspace(0.0, 1.0, RAMP_FRAMES, dtype=np.float32)
    sound[:RAMP_FRAMES] *= ramp
    sound[-RAMP_FRAMES:] *= ramp[::-1]
    return sound
