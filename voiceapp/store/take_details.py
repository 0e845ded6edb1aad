"""What a transcript holds beside its text, as the text of a column. Rows from before, and damaged ones, are empty."""

from __future__ import annotations

import json
from dataclasses import asdict

from voiceapp.core.transcript import Details, Gap, Segment, Word
from voiceapp.store.storable import storable

EMPTY = Details()


def to_text(details: Details) -> str:
    """Return *details* as JSON, "" where there is nothing to keep."""
    return "" if details == EMPTY else storable(json.dumps(asdict(details), ensure_ascii=False))


def from_text(text: str) -> Details:
    """Return what :func:`to_text` wrote."""
    if not text:
        return EMPTY
    try:
        table = json.loads(text)
        return Details(
            str(table["language"]),
            tuple(Segment(**row) for row in table["segments"]),
            tuple(Word(**row) for row in table["words"]),
            tuple(Gap(**row) for row in table["gaps"]),
            bool(table["is_translation"]),
        )
    except (ValueError, KeyError, TypeError):
        return EMPTY
