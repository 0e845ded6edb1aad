"""File names for pictures, from what they show."""

from __future__ import annotations

import re
import unicodedata

from voiceapp.core.images import StoredImage
from voiceapp.core.picture import ENDINGS

NAME_CHARS = 48
_NOT_IN_NAMES = re.compile(r"[^\w]+")


def file_name(image: StoredImage) -> str:
    """Return "a-lighthouse-at-dawn.png": the beginning of the prompt, safe on every system."""
    text = unicodedata.normalize("NFC", image.prompt).casefold()
    words = _NOT_IN_NAMES.sub("-", text).strip("-_")[:NAME_CHARS].strip("-_")
    return f"{words or f'image-{image.id}'}{ENDINGS[image.format]}"
