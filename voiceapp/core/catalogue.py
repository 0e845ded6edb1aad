"""What a provider's own list of models adds to the table, and which chosen models end soon. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from gettext import gettext as _
from typing import Any

from voiceapp.core.models import Model, ModelTable
from voiceapp.core.providers import ModelEnding
from voiceapp.core.settings import Choice, Job, ProviderKind, Settings


@dataclass(frozen=True)
class Listed:
    """A model as ``GET /models`` tells it; *ends* where the service announces an end."""

    id: str
    ends: date | None = None


def listed_from(row: Mapping[str, Any]) -> Listed | None:
    """Read a row of ``GET /models``; None for one without a name. An end may be Unix seconds or a date."""
    name = row.get("id") or row.get("name")
    if not isinstance(name, str):
        return None
    ends = row.get("shutdown_date")
    try:
        if isinstance(ends, int | float) and not isinstance(ends, bool) and ends > 0:
            return Listed(name, datetime.fromtimestamp(ends, UTC).date())
        if isinstance(ends, str) and ends:
            return Listed(name, date.fromisoformat(ends[:10]))
    except (ValueError, OverflowError, OSError):
        pass  # a date in another form is no date
    return Listed(name)


def refreshed(table: ModelTable, listed: Iterable[Listed]) -> ModelTable:
    """Return *table* with the ends that the service itself announces: they are newer than the shipped ones."""
    news = []
    for one in listed:
        known = table.find(one.id)
        if one.ends is not None and known.ends != one.ends:
            defaults = known.default_for if known.id == one.id else ()
            news.append(replace(known, id=one.id, ends=one.ends, default_for=defaults))
    replaced = {row.id for row in news}
    return ModelTable((*news, *(row for row in table.rows if row.id not in replaced)))


def jobs_of(table: ModelTable, model: str) -> tuple[str, ...]:
    """Return which jobs *model* does, by the table or else by its name; ``ft:`` models do their base's."""
    return table.find(model).jobs or table.jobs_by_name(model)


def suited(table: ModelTable, models: Iterable[str], job: str) -> tuple[str, ...]:
    """Return those of *models* that may do *job*; one whose name says nothing may do anything."""
    return tuple(model for model in models if not (jobs := jobs_of(table, model)) or job in jobs)


def endings(table: ModelTable, settings: Settings, today: date) -> tuple[ModelEnding, ...]:
    """Return whose models, as chosen, end within the notice period or have ended; those put off are left out."""
    found = []
    for job in Job:
        if job.value not in settings.jobs:
            continue
        choice = settings.choice(job)
        provider = settings.provider(choice.provider)
        if provider.kind is not ProviderKind.OPENAI:
            continue  # elsewhere the same name is another installation's model
        model = choice.model or table.default(job.value)
        row = table.find(model)
        if row.ends is None or not table.is_ending(model, today) or model in settings.endings_seen:
            continue
        found.append(ModelEnding(provider.name, job.value, model, row.ends, table.replacement(model, today)))
    return tuple(found)


def with_replacement(settings: Settings, ending: ModelEnding) -> Settings:
    """Return *settings* in which the successor does the job."""
    jobs = {**settings.jobs, ending.job: Choice(ending.provider, ending.replacement)}
    return replace(settings, jobs=jobs)


def price_of(model: Model) -> str:
    """Return the prices in one line, in US dollars, "" where they are unknown."""
    tokens = {
        "text_in": _("text in"),
        "text_cached": _("text known from before"),
        "text_cache_write": _("text kept for later"),
        "text_out": _("text out"),
        "audio_in": _("sound in"),
        "audio_cached": _("sound known from before"),
        "audio_out": _("sound out"),
        "image_in": _("pictures in"),
        "image_out": _("pictures out"),
    }
    others = {
        "seconds": _("{price} a minute of sound"),
        "characters": _("{price} for a million characters"),
        "images": _("{price} a picture"),
        "checks": _("{price} a check"),
    }
    prices = {kind: price * (60 if kind == "seconds" else 1) for kind, price in model.prices.items()}
    if prices and not any(prices.values()):
        return _("free")
    shares = ", ".join(f"{tokens[kind]} ${price:.4g}" for kind, price in prices.items() if kind in tokens)
    told = [_("{prices} for a million tokens").format(prices=shares)] if shares else []
    for kind, price in prices.items():
        if kind not in tokens:
            told.append(others.get(kind, f"{{price}} ({kind})").format(price=f"${price:.4g}"))
    return "; ".join(told)
