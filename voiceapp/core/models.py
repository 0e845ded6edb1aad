"""The model table: which models do which job, within which limits, at which price, until when.

The table is data (``voiceapp/data/models.json``, overridable by the person's own file); this module only looks
things up in it. Dates come as arguments: core has no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from gettext import gettext as _
from typing import Any

from voiceapp.core.errors import ConfigError
from voiceapp.core.image_offer import ANY_MODEL, ImageOffer, parse_offer
from voiceapp.core.speech import Usage, Voice

NOTICE_DAYS = 60
"""How long before its end a model is announced as ending."""

FINE_TUNED = "ft:"
SPEAKING_WAYS = ("", "realtime", "chat")
TOKENS_PER_PRICE = 1_000_000
_INCLUDED = {"text_cached": "text_in", "text_cache_write": "text_in", "audio_cached": "audio_in"}
"""Kinds of usage that are part of another kind, and are charged instead of it."""
_UNPRICED = frozenset({"reasoning_out"})
"""Kinds that another kind's price already covers."""


@dataclass(frozen=True)
class Model:
    """One row of the table.

    Attributes:
        id: a model's name, or a pattern with ``*`` for a family; the first row that fits counts.
        jobs: values of ``core.settings.Job``.
        default_for: jobs for which it is taken when the person chose none.
        ends: the day from which the service no longer answers; None when none is announced.
        replacement: the model that takes over; "" when there is none for the same endpoint.
        prices: US dollars per million tokens by kind of ``Usage.amounts``, ``seconds`` per second and
            ``images`` per picture, ``characters`` per million. Empty: unknown.
        surcharge: for long requests: above ``above_tokens`` of input, all that goes in costs ``in`` times as much and
            all that comes out ``out`` times.
        limits: ``input_chars``, ``upload_bytes``, ``context_tokens``.
        accepts: optional request parameters that it takes beyond its endpoint's common ones; for hearing also
            ``translate`` and ``diarize``, what it can do.
        formats: for hearing: the values of ``response_format`` that it takes; empty: unknown.
        refuses: request parameters that must not be sent.
        voices: for speech.
        speaks: for speech, by what it is reached: "" = ``/audio/speech``, "realtime" = the realtime websocket, "chat" =
            Chat Completions with sound.
        speeds: for speech, the slowest and the fastest that it can be told; nothing where it cannot be told any.
        by_ear: for chat: it takes sound and answers with sound, and one of the two must always be there.
        tools_effort: the reasoning effort that Chat Completions demands once tools are sent; "" for none.
        reasons: it thinks before it answers, so its encrypted thoughts can be asked for and handed back.
        images: for images: what it takes; a model that is not in the table gets the default.
        efforts: of reasoning, from least to most, where it takes any.
        hosted: the service's own tools that it can use (``core.hosted.HostedTool``).
        cache_ttl: how long the service is asked to keep a prompt's beginning in its cache; "" leaves it to it.
    """

    id: str
    jobs: tuple[str, ...] = ()
    default_for: tuple[str, ...] = ()
    ends: date | None = None
    replacement: str = ""
    prices: Mapping[str, float] = field(default_factory=dict)
    surcharge: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    accepts: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    formats: tuple[str, ...] = ()
    voices: tuple[Voice, ...] = ()
    speaks: str = ""
    speeds: tuple[float, ...] = (0.25, 4.0)
    by_ear: bool = False
    tools_effort: str = ""
    reasons: bool = False
    images: ImageOffer = ANY_MODEL
    efforts: tuple[str, ...] = ()
    hosted: frozenset[str] = frozenset()
    cache_ttl: str = ""


@dataclass(frozen=True)
class ModelTable:
    """Everything known about models. Rows are in order of precedence.

    Attributes:
        name_parts: per job what stands in the names of models that do it; of those that no row names nothing else is
            known. "other" = jobs that nobody here asks for.
    """

    rows: tuple[Model, ...] = ()
    name_parts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def find(self, model: str) -> Model:
        """Return the row for *model*; an unknown one gets an empty row of its own name.

        A fine-tuned model ("ft:BASE:organisation:name:id") is like its base, but has prices of its own: they are
        known only where a row "ft:…" gives them.
        """
        for row in self.rows:
            if fnmatchcase(model, row.id):
                return row
        if model.startswith(FINE_TUNED):
            base = self.find(model.removeprefix(FINE_TUNED).partition(":")[0])
            return replace(base, id=model, prices={}, default_for=())
        return Model(model)

    def default(self, job: str) -> str:
        """Return the model taken for *job* on OpenAI when none is chosen; "" when the table names none."""
        return next((row.id for row in self.rows if job in row.default_for), "")

    def replacement(self, model: str, today: date | None = None) -> str:
        """Return who takes over from *model*, following the chain past models that have ended by *today*."""
        seen = {model}
        successor = self.find(model).replacement
        while successor and today is not None and self._has_ended(successor, today):
            if successor in seen:
                return ""
            seen.add(successor)
            successor = self.find(successor).replacement
        return successor

    def is_ending(self, model: str, today: date) -> bool:
        """Tell whether *model* ends within the notice period, or has ended."""
        ends = self.find(model).ends
        return ends is not None and ends - today <= timedelta(days=NOTICE_DAYS)

    def cost(self, usage: Usage) -> float | None:
        """Return what *usage* cost in US dollars; None when a price is not known, never a false 0."""
        return cost_by(self.find(usage.model), usage.amounts)

    def pick(self, ids: Iterable[str], job: str) -> str:
        """Choose from the *ids* that a compatible server lists the one that most likely does *job*; "" for none."""
        known = sorted(ids)
        wanted = self.name_parts.get("transcription" if job == "live_transcription" else job)
        if wanted is not None:
            return next((i for i in known if any(part in i.lower() for part in wanted)), "")
        others = [part for parts in self.name_parts.values() for part in parts]
        return next((i for i in known if not any(part in i.lower() for part in others)), "")

    def jobs_by_name(self, model: str) -> tuple[str, ...]:
        """Guess what an unknown *model* does from its name; empty where the name tells nothing."""
        name = model.removeprefix(FINE_TUNED).lower()
        found = tuple(job for job, parts in self.name_parts.items() if any(part in name for part in parts))
        return found or (
            ("chat",) if model.startswith(FINE_TUNED) else ()
        )  # what is tuned is nearly always a chat model

    def _has_ended(self, model: str, today: date) -> bool:
        ends = self.find(model).ends
        return ends is not None and ends <= today


def cost_by(row: Model, amounts: Mapping[str, float]) -> float | None:
    """Return what *amounts* cost by *row*'s prices, in US dollars; None when a price is not known."""
    prices = row.prices
    for unit in ("images", "seconds"):
        if unit in prices:
            return prices[unit] * amounts[unit] if unit in amounts else None
    counted = {kind: amount for kind, amount in amounts.items() if kind not in _UNPRICED and amount}
    if "image_in" in counted and "image_in" not in prices and "chat" in row.jobs:  # pictures cost as text does
        counted["text_in"] = counted.get("text_in", 0.0) + counted.pop("image_in")
    into = sum(amounts.get(kind, 0.0) for kind in ("text_in", "audio_in", "image_in"))
    for kind, whole in _INCLUDED.items():
        if kind in counted and whole in counted:
            counted[whole] = max(0.0, counted[whole] - counted[kind])
    for unit in ("seconds", "characters", "images"):
        if unit not in prices:
            counted.pop(unit, None)
    if not counted or any(kind not in prices for kind in counted):
        return None
    is_long = bool(row.surcharge) and into > row.surcharge["above_tokens"]
    times = {True: row.surcharge["out"], False: row.surcharge["in"]} if is_long else {True: 1.0, False: 1.0}
    return sum(prices[k] * n * times[k.endswith("_out")] for k, n in counted.items()) / TOKENS_PER_PRICE


def parse_models(data: Mapping[str, Any]) -> ModelTable:
    """Read the table from decoded JSON, ``{"models": [row, ...], "name_parts": {job: [part, ...]}}``.

    Raises ConfigError naming the row that is wrong.
    """
    rows, parts = data.get("models"), data.get("name_parts", {})
    if not isinstance(rows, list):
        raise ConfigError(_("The model table has no list called “models”."))
    if not isinstance(parts, dict) or not all(isinstance(one, list) for one in parts.values()):
        raise ConfigError(_("In the model table, “name_parts” does not name a list for each job."))
    return ModelTable(
        tuple(_row(number, row) for number, row in enumerate(rows, start=1)),
        {job: tuple(str(part).lower() for part in some) for job, some in parts.items()},
    )


def merged(shipped: ModelTable, own: ModelTable) -> ModelTable:
    """Return *shipped* overridden by the person's *own* rows."""
    replaced = {row.id for row in own.rows}
    taken = {job for row in own.rows for job in row.default_for}
    rest = (row for row in _without_defaults(shipped.rows, taken) if row.id not in replaced)
    return ModelTable((*own.rows, *rest), {**shipped.name_parts, **own.name_parts})


def _without_defaults(rows: Iterable[Model], jobs: set[str]) -> Iterable[Model]:
    for row in rows:
        if jobs.isdisjoint(row.default_for):
            yield row
        else:
            values = {f.name: getattr(row, f.name) for f in fields(row)}
            yield Model(**{**values, "default_for": tuple(j for j in row.default_for if j not in jobs)})


def _way(given: str) -> str:
    """Read how a voice is reached; raises ValueError for a way that is none."""
    if given not in SPEAKING_WAYS:
        raise ValueError("speaks")
    return given


def _surcharge(given: Mapping[str, Any]) -> Mapping[str, float]:
    """Read a surcharge; raises ValueError where one of its three figures is missing."""
    if given and given.keys() != {"above_tokens", "in", "out"}:
        raise ValueError("surcharge")
    return {name: float(figure) for name, figure in given.items()}


def _row(number: int, row: object) -> Model:
    known = {f.name for f in fields(Model)}
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row.keys() <= known:
        raise ConfigError(_("Row {number} of the model table cannot be read.").format(number=number))
    try:
        ends = row.get("ends")
        return Model(
            id=row["id"],
            jobs=tuple(row.get("jobs", ())),
            default_for=tuple(row.get("default_for", ())),
            ends=date.fromisoformat(ends) if ends else None,
            replacement=row.get("replacement", ""),
            prices={kind: float(price) for kind, price in row.get("prices", {}).items()},
            surcharge=_surcharge(row.get("surcharge", {})),
            limits={kind: int(limit) for kind, limit in row.get("limits", {}).items()},
            accepts=frozenset(row.get("accepts", ())),
            refuses=frozenset(row.get("refuses", ())),
            formats=tuple(row.get("formats", ())),
            voices=tuple(Voice(v, v.split("_")[-1].capitalize()) for v in row.get("voices", ())),
            speaks=_way(row.get("speaks", "")),
            speeds=tuple(float(speed) for speed in row.get("speeds", (0.25, 4.0))),
            by_ear=bool(row.get("by_ear", False)),
            tools_effort=row.get("tools_effort", ""),
            reasons=bool(row.get("reasons", False)),
            images=parse_offer(row.get("images", {})),
            efforts=tuple(row.get("efforts", ())),
            hosted=frozenset(row.get("hosted", ())),
            cache_ttl=str(row.get("cache_ttl", "")),
        )
    except (TypeError, ValueError, AttributeError):
        sentence = _("The row “{id}” of the model table cannot be read.").format(id=row["id"])
        raise ConfigError(sentence) from None
