"""What an image model accepts: drives what the panel offers and what is sent. The facts are in the model table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # models.py names ImageOffer in its rows
    from voiceapp.core.images import ImageOptions, StoredImage

FREE_STEP_PX = 16
FREE_RATIO = 3.0
FREE_MAX_PX = (3840, 2160)
TRANSPARENT = "transparent"
NOT_TRANSPARENT_FORMATS = frozenset({"jpeg"})
PAST_COUNT = 5
"""How many earlier images an estimate looks back at."""


@dataclass(frozen=True)
class ImageOffer:
    """What a model takes. Of each choice the first entry is the model's own default, "" for "not said".

    Attributes:
        sizes: "1024x1024", "auto".
        is_size_free: any other size by the rules of :func:`is_free_size`, too.
        qualities, backgrounds, formats: as the service names them; empty = the parameter is not sent.
        count_max: pictures in one request.
        partials_max: previews while it draws; 0 = it cannot stream.
        inputs_max: pictures to work from; 0 = it cannot edit.
        has_mask: it can be told where to draw.
        is_format_asked: the answer's form (address or data) has to be asked for.
        prompt_chars: longest prompt.
        output_tokens: by "quality size" what a picture costs, where it is known.
    """

    sizes: tuple[str, ...] = ("", "256x256", "512x512", "1024x1024")
    is_size_free: bool = False
    qualities: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    count_max: int = 4
    partials_max: int = 0
    inputs_max: int = 1
    has_mask: bool = True
    is_format_asked: bool = True
    prompt_chars: int = 32_000
    output_tokens: Mapping[str, int] = field(default_factory=dict)


ANY_MODEL = ImageOffer()
"""What is assumed of a model that the table does not know: what servers of the older kind understand."""


def parse_offer(values: Mapping[str, Any]) -> ImageOffer:
    """Read a row's ``images``. Raises TypeError or ValueError for what cannot be read."""
    given: dict[str, Any] = {}
    for name, value in values.items():
        default = getattr(ANY_MODEL, name)  # AttributeError for an unknown name is the table's fault as well
        if isinstance(default, tuple):
            given[name] = tuple(str(item) for item in value)
        elif isinstance(default, Mapping):
            given[name] = {str(key): int(amount) for key, amount in value.items()}
        else:
            given[name] = type(default)(value)
    return replace(ANY_MODEL, **given)


def is_free_size(size: str) -> bool:
    """Whether *size* keeps the rules for free sizes: multiples of 16, at most 1:3, at most 3840x2160."""
    try:
        width, height = (int(part) for part in size.split("x"))
    except ValueError:
        return False
    if min(width, height) < FREE_STEP_PX or width % FREE_STEP_PX or height % FREE_STEP_PX:
        return False
    longer, shorter = max(width, height), min(width, height)
    return longer <= FREE_RATIO * shorter and longer <= FREE_MAX_PX[0] and shorter <= FREE_MAX_PX[1]


def fitted(options: ImageOptions, offer: ImageOffer) -> ImageOptions:
    """Return *options* with what *offer* does not take put back to the model's default."""
    size = options.size
    if size not in offer.sizes and not (offer.is_size_free and is_free_size(size)):
        size = offer.sizes[0] if offer.sizes else ""
    format_ = _taken(options.format, offer.formats)
    background = _taken(options.background, offer.backgrounds)
    if background == TRANSPARENT and format_ in NOT_TRANSPARENT_FORMATS:
        format_ = "png"
    return replace(
        options,
        size=size,
        quality=_taken(options.quality, offer.qualities),
        background=background,
        format=format_,
        count=min(max(1, options.count), offer.count_max),
        partials=min(max(0, options.partials), offer.partials_max),
    )


def refused_option(options: ImageOptions, offer: ImageOffer) -> str:
    """Return the name of the first option in *options* that *offer* does not take, "" when it takes all."""
    adjusted = fitted(options, offer)
    for name in ("size", "quality", "background", "format", "count"):
        wanted = getattr(options, name)
        if wanted and wanted != getattr(adjusted, name):
            return name
    return ""


@dataclass(frozen=True)
class Estimate:
    """Of one request: US dollars and seconds, None where nothing is known. *is_from_past*: as it was last time."""

    cost_usd: float | None = None
    seconds: float | None = None
    is_from_past: bool = False


def estimate(
    options: ImageOptions, offer: ImageOffer, prices: Mapping[str, float], past: Iterable[StoredImage]
) -> Estimate:
    """Return what *options* will cost and take: by the table where it knows, else as *past* pictures did."""
    alike = [image for image in past if _is_alike(image.options, options)][:PAST_COUNT]
    seconds = _mean([image.duration_s for image in alike if image.duration_s])
    tokens = offer.output_tokens.get(f"{options.quality} {options.size}")
    if tokens is not None and "image_out" in prices:
        return Estimate(options.count * tokens * prices["image_out"] / 1_000_000, seconds)
    cost = _mean([image.cost_usd for image in alike if image.cost_usd is not None])
    return Estimate(None if cost is None else cost * options.count, seconds, is_from_past=cost is not None)


def _is_alike(one: ImageOptions, other: ImageOptions) -> bool:
    return (one.model, one.size, one.quality) == (other.model, other.size, other.quality)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _taken(value: str, accepted: tuple[str, ...]) -> str:
    if value in accepted:
        return value
    return accepted[0] if accepted else ""
