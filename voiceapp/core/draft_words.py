"""Attachments in words for people: how large they are, and about what they will cost."""

from __future__ import annotations

from collections.abc import Sequence
from gettext import gettext as _
from gettext import ngettext

from voiceapp.core.attachments import Attachment, Draft, Kind
from voiceapp.core.money import SMALLEST_USD, usd


def size_words(size_bytes: int) -> str:
    """Return a file's size: "812 B", "94 kB", "1.2 MB"."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    return f"{size_bytes / 1000:.0f} kB" if size_bytes < 1_000_000 else f"{size_bytes / 1_000_000:.1f} MB"


def facts(one: Attachment) -> str:
    """Say what *one* is: "1824 × 1368 · 240 kB", "3 pages · 94 kB"."""
    parts = [size_words(one.size_bytes)]
    if one.kind is Kind.PICTURE:
        parts.insert(0, f"{one.width} × {one.height}")
    elif one.pages:
        parts.insert(0, ngettext("{n} page", "{n} pages", one.pages).format(n=one.pages))
    return " · ".join(parts)


def cost_facts(tokens: int | None, cost_usd: float | None, *, is_least: bool = False) -> str:
    """Say what it takes: "about $0.0002 · 2,451 tokens"; unknown prices and counts are said, never 0."""
    if cost_usd == 0.0:
        return _("free")
    if tokens is None:
        return _("tokens not known")
    count = f"{tokens:,}"
    if cost_usd is None:
        return (_("at least {n} tokens") if is_least else _("about {n} tokens")).format(n=count) + _(", price unknown")
    if cost_usd < SMALLEST_USD and not is_least:
        price = usd(cost_usd)  # "under …" is rough enough
    else:
        price = (_("at least {amount}") if is_least else _("about {amount}")).format(amount=usd(cost_usd))
    return _("{price} · {n} tokens").format(price=price, n=count)


def draft_words(draft: Draft) -> str:
    """Say all about a draft in a line."""
    told = draft.trouble or cost_facts(draft.tokens, draft.cost_usd, is_least=draft.is_least)
    return f"{facts(draft.attachment)} · {told}"


def sum_words(drafts: Sequence[Draft]) -> str:
    """Say what several drafts take together; "" where that adds nothing or is not known."""
    if len(drafts) < 2 or any(one.tokens is None or one.trouble for one in drafts):
        return ""
    known = [one.cost_usd for one in drafts]
    cost = None if None in known else sum(amount or 0.0 for amount in known)
    tokens = sum(one.tokens or 0 for one in drafts)
    words = cost_facts(tokens, cost, is_least=any(one.is_least for one in drafts))
    return _("Together {words}").format(words=words)
