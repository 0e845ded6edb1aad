"""What calls consumed and cost, row by row and summed up.

A cost is known, nothing (work of this computer) or unknown; an unknown one is never counted as 0 without saying so.
Times are Unix seconds; days and months are those of a time zone, None being this computer's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from gettext import gettext as _
from urllib.parse import urlsplit

from voiceapp.core.errors import ConfigError
from voiceapp.core.models import Model, ModelTable, cost_by
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.core.speech import Basis, Usage

KINDS = (
    "text_in", "text_cached", "text_cache_write", "text_out", "reasoning_out", "audio_in", "audio_cached", "audio_out",
    "image_in", "image_out", "seconds", "characters", "images", "web_searches", "file_searches", "code_runs",
    "checks",
)  # fmt: skip
"""Kinds of ``Usage.amounts`` in the order in which they are listed."""

CHARACTERS_PER_TOKEN = 4.0
AUDIO_OUT_TOKENS_PER_S = 20.0
CHARACTERS_PER_S = 15.0
"""Rules of thumb for estimates: English text, and speech that a model makes."""


@dataclass(frozen=True)
class Cost:
    """What some calls cost together.

    Attributes:
        usd: of the calls whose price is known.
        calls: how many there were.
        unpriced: of these, how many have no known price.
        is_rough: an estimate is among them.
    """

    usd: float = 0.0
    calls: int = 0
    unpriced: int = 0
    is_rough: bool = False

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.usd + other.usd,
            self.calls + other.calls,
            self.unpriced + other.unpriced,
            self.is_rough or other.is_rough,
        )


@dataclass(frozen=True)
class UsageRow:
    """One call, or the clauses of one reply spoken by the same voice.

    Attributes:
        at_s: when it ended, Unix time in seconds.
        job: a value of ``core.settings.Job``.
        cost_usd: by the prices of that day; None when unknown, 0 for work of this computer.
        turn, message_id, conversation_id, take_id: what it was for, where it was for such a thing; ids are the store's.
    """

    at_s: float
    job: str
    provider: str
    model: str = ""
    amounts: Mapping[str, float] = field(default_factory=dict)
    cost_usd: float | None = None
    basis: Basis = Basis.REPORTED
    turn: int | None = None
    message_id: int | None = None
    conversation_id: int | None = None
    take_id: int | None = None
    id: int = 0

    @property
    def cost(self) -> Cost:
        """The row's cost, to be added up."""
        is_rough = self.basis is Basis.ESTIMATED and self.cost_usd != 0.0
        return Cost(self.cost_usd or 0.0, 1, int(self.cost_usd is None), is_rough)


# --- prices -----------------------------------------------------------------------------------------------


def is_free(provider: Provider) -> bool:
    """Tell whether *provider* is this computer: its own engines, or a compatible server that runs on it."""
    if provider.kind is ProviderKind.COMPATIBLE:
        host = urlsplit(provider.base_url if "//" in provider.base_url else f"//{provider.base_url}").hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")
    return provider.kind is ProviderKind.LOCAL


def price_row(table: ModelTable, provider: Provider, model: str) -> Model:
    """Return the row with *provider*'s price for *model*.

    The table has OpenAI's prices. Those of a compatible server are in rows called "SERVER/MODEL", which the person's
    own table may have: a model's famous name does not make it cost the same elsewhere.
    """
    if provider.kind is not ProviderKind.COMPATIBLE:
        return table.find(model)
    row = table.find(f"{provider.name}/{model}")
    return row if row.id.startswith(f"{provider.name}/") else Model(model)


def cost_usd(usage: Usage, provider: Provider, table: ModelTable, share: float = 1.0) -> float | None:
    """Return what *usage* cost; *share* of the price is asked for (0.5 in a batch)."""
    row = price_row(table, provider, usage.model)
    if usage.basis is Basis.KEPT or (not row.prices and is_free(provider)):
        return 0.0
    cost = cost_by(row, usage.amounts)
    return None if cost is None else share * cost


def completed(usage: Usage, row: Model) -> Usage:
    """Estimate the kinds that *row* has prices for and the service did not tell, from those that are known."""
    is_told = usage.basis is Basis.KEPT or "audio_out" in usage.amounts or cost_by(row, usage.amounts) is not None
    if is_told or "audio_out" not in row.prices:
        return usage
    seconds, characters = usage.amounts.get("seconds", 0.0), usage.amounts.get("characters", 0.0)
    guessed = {"audio_out": seconds * AUDIO_OUT_TOKENS_PER_S, "text_in": characters / CHARACTERS_PER_TOKEN}
    return Usage(usage.provider, usage.model, guessed | dict(usage.amounts), Basis.ESTIMATED)


def spoken_amounts(text: str) -> dict[str, float]:
    """Estimate what speaking *text* will consume."""
    return {"characters": float(len(text)), "seconds": len(text) / CHARACTERS_PER_S}


# --- months and days --------------------------------------------------------------------------------------


def day_of(at_s: float, zone: tzinfo | None) -> date:
    """Return the day of *at_s* in *zone*."""
    return datetime.fromtimestamp(at_s, zone).date()


def month_of(at_s: float, zone: tzinfo | None) -> str:
    """Return the month of *at_s* in *zone*: "2026-11"."""
    return f"{day_of(at_s, zone):%Y-%m}"


def month_bounds(month: str, zone: tzinfo | None) -> tuple[float, float]:
    """Return where *month* ("2026-11") begins and where the next one does. Raises ConfigError."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) or month < "1970-02" or month > "9998-12":
        raise ConfigError(_("“{month}” is no month. Write it as 2026-11.").format(month=month))
    year, number = int(month[:4]), int(month[5:])
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    begin, end = (datetime(y, m, 1, tzinfo=zone).timestamp() for y, m in ((year, number), following))
    return begin, end


def next_month(month: str, step: int = 1) -> str:
    """Return the month *step* months after *month*."""
    count = 12 * int(month[:4]) + int(month[5:]) - 1 + step
    return f"{count // 12:04}-{count % 12 + 1:02}"


def days_of(month: str) -> tuple[date, ...]:
    """Return the days of *month*."""
    first = date.fromisoformat(f"{month}-01")
    last = date.fromisoformat(f"{next_month(month)}-01")
    return tuple(date.fromordinal(n) for n in range(first.toordinal(), last.toordinal()))


# --- sums -------------------------------------------------------------------------------------------------


class By(StrEnum):
    """By what rows are summed up."""

    DAY = "day"
    MONTH = "month"
    JOB = "job"
    PROVIDER = "provider"
    MODEL = "model"
    CONVERSATION = "conversation"
    MESSAGE = "message"


@dataclass(frozen=True)
class Total:
    """Rows summed up."""

    cost: Cost = field(default_factory=Cost)
    amounts: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Total) -> Total:
        kinds = [kind for kind in KINDS if kind in self.amounts or kind in other.amounts]
        sums = {kind: self.amounts.get(kind, 0.0) + other.amounts.get(kind, 0.0) for kind in kinds}
        return Total(self.cost + other.cost, sums)


def total(rows: Iterable[UsageRow]) -> Total:
    """Return the sum of *rows*."""
    return sum((Total(row.cost, row.amounts) for row in rows), Total())


def totals(rows: Iterable[UsageRow], by: By, zone: tzinfo | None = None) -> dict[str, Total]:
    """Return the sums of *rows* by what they have in common: days as "2026-11-20", ids as digits, "" for none."""
    key = _keys(zone)[by]
    found: dict[str, Total] = {}
    for row in rows:
        name = key(row)
        found[name] = found.get(name, Total()) + Total(row.cost, row.amounts)
    return found


def _keys(zone: tzinfo | None) -> Mapping[By, Callable[[UsageRow], str]]:
    return {
        By.DAY: lambda row: day_of(row.at_s, zone).isoformat(),
        By.MONTH: lambda row: month_of(row.at_s, zone),
        By.JOB: lambda row: row.job,
        By.PROVIDER: lambda row: row.provider,
        By.MODEL: lambda row: f"{row.provider} {row.model}".strip(),
        By.CONVERSATION: lambda row: str(row.conversation_id or ""),
        By.MESSAGE: lambda row: str(row.message_id or ""),
    }
