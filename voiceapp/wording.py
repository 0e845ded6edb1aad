"""Words for people, quickly: which catalogue of their language there is, is looked up once.

The standard library searches the file system for it at every single call where it finds none, 0.02 ms each, and a page
of costs asks a thousand times. Words that were looked up are remembered, too: there are some thousand in the program.
"""

from __future__ import annotations

import gettext
from functools import cache, lru_cache

KEPT_WORDS = 4096


def look_once() -> None:
    """From now on ``gettext`` remembers what it found, or that it found nothing."""
    if not hasattr(gettext.find, "cache_info"):
        gettext.find = cache(gettext.find)  # type: ignore[assignment]
        gettext.dgettext = lru_cache(KEPT_WORDS)(gettext.dgettext)
