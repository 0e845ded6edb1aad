"""Money and amounts in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import gettext as _

from voiceapp.core.usage import KINDS, Cost

SMALLEST_USD = 0.0001


def usd(amount: float) -> str:
    """Return *amount* of US dollars: cents, and hundredths of a cent below one."""
    if amount >= 0.01:
        return f"${amount:,.2f}"
    if 0.0 < amount < SMALLEST_USD:
        return _("under {amount}").format(amount=f"${SMALLEST_USD}")
    return f"${amount:.4f}" if amount else "$0"


def cost_words(cost: Cost) -> str:
    """Say what *cost* is: "$0.0004", "about $0.0004", "at least $0.0004", "price unknown", "free"; "" for no call."""
    if not cost.calls:
        return ""
    if not cost.usd:
        return _("price unknown") if cost.unpriced else _("free")
    if cost.unpriced:
        return _("at least {amount}").format(amount=usd(cost.usd))
    return _("about {amount}").format(amount=usd(cost.usd)) if cost.is_rough else usd(cost.usd)


def job_words(job: str) -> str:
    """Return what is done in *job*, for people."""
    return {
        "chat": _("Answering"),
        "transcription": _("Hearing"),
        "live_transcription": _("Hearing live"),
        "speech": _("Speaking"),
        "realtime": _("Realtime"),
        "images": _("Images"),
        "moderation": _("Checking"),
        "embeddings": _("Search index"),
    }.get(job, job)


def amount_words(amounts: Mapping[str, float]) -> str:
    """Say *amounts* in a line: "1,200 in (900 cached) · 80 out · 12.4 s"; parts of another kind stand in brackets."""
    told = {kind: amounts[kind] for kind in KINDS if amounts.get(kind)}
    into = _tokens(told, "text_in", "audio_in", "image_in")
    out = _tokens(told, "text_out", "audio_out", "image_out")
    cached = _tokens(told, "text_cached", "audio_cached")
    words: list[str] = []
    if into:
        known = _("{n} tokens in").format(n=f"{into:,.0f}")
        words.append(known + (_(" ({n} cached)").format(n=f"{cached:,.0f}") if cached else ""))
    if out:
        words.append(_("{n} tokens out").format(n=f"{out:,.0f}"))
    if "seconds" in told:
        words.append(duration_words(told["seconds"]))
    for kind, one, many in (
        ("characters", _("1 character"), _("{n} characters")),
        ("images", _("1 image"), _("{n} images")),
        ("checks", _("1 check"), _("{n} checks")),
        ("web_searches", _("1 search of the web"), _("{n} searches of the web")),
        ("file_searches", _("1 search of documents"), _("{n} searches of documents")),
        ("code_runs", _("1 run of code"), _("{n} runs of code")),
    ):
        if kind in told:
            words.append(one if told[kind] == 1 else many.format(n=f"{told[kind]:,.0f}"))
    return " · ".join(words)


def duration_words(seconds: float) -> str:
    """Return a length: "12.4 s", "3 min 5 s", "2 h 10 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _tokens(amounts: Mapping[str, float], *kinds: str) -> float:
    return sum(amounts.get(kind, 0.0) for kind in kinds)
