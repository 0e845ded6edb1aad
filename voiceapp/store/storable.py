"""Texts as a file can hold them."""

from __future__ import annotations


def storable(text: str) -> str:
    """Return *text* without half characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
