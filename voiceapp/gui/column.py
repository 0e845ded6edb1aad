"""The one column everything in the middle aligns with: conversation, state strip, talk bar."""

from __future__ import annotations

COLUMN_MAX_PX = 720


def column(width_px: int) -> tuple[int, int]:
    """Return left edge and width of the column in an area *width_px* wide."""
    margin = 24 if width_px >= 640 else 20
    wide = max(0, min(COLUMN_MAX_PX, width_px - 2 * margin))
    return (width_px - wide) // 2, wide
