"""Words for people, quickly: which catalogue of their language there is, is looked up once.

The standard library searches the file system for it at every single call where it finds none: 0.04 ms each, and a page
of costs asks a thousand times.
"""

from __future__ import annotations

import gettext
from functools import cache


def look_once() -> None:
    """From now on ``gettext`` remembers what it found, or that it found nothing."""
    if not hasattr(gettext.find, "cache_info"):
        gettext.find = cache(gettext.find)  # type: ignore[assignment]
