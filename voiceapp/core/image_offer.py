"""What an image model accepts: drives what the panel offers and what is sent. The facts are in the model table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from gettext import gettext as _
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # models.py names ImageOffer in its rows
    from voiceapp.core.images import ImageOptions, StoredImage

TRANSPARENT = "transparent"
NOT_TRANSPARENT_FORMATS = frozenset({"jpeg"})
PAST_COUNT = 5
"""How many earlier images an estimate looks back at."""


@dataclass(frozen=True)
class ImageOffer:
    """What a model takes. Of each choice the first entry is the model's own default, "" for "not said".

    Attributes:
        sizes: "1024x1024", "auto".
        is_size_free: any other size by the rules of :func:`size_problem`, too; the next four are these rules.
        size_step_px: width and height are multiples of it.
        size_ratio_max: longer to shorter side.
        size_max: longer and shorter side at most, "3840x2160", whichever way the picture lies.
        size_pixels_min: width times height at least; 0 = not known.
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
    size_step_px: int = 16
    size_ratio_max: float = 3.0
    size_max: str = "3840x2160"
    size_pixels_min: int = 0
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


def normal_size(text: str) -> str:
    """Return a size as people write it ("1536 × 864", "1536X864") as services do; other texts stay as they are."""
    return "".join(text.split()).replace("×", "x").replace("*", "x").lower()


def size_problem(size: str, offer: ImageOffer) -> str:
    """Return a sentence about what is wrong with *size* ("1536x864") for *offer*, "" where it can be drawn."""
    if size in offer.sizes:
        return ""
    if not offer.is_size_free:
        return _("This model draws in {sizes} only.").format(sizes=", ".join(one for one in offer.sizes if one))
    sides = _sides(size)
    if sides is None:
        return _("A size is width and height in pixels, such as 1536x864.")
    step, ratio = offer.size_step_px, offer.size_ratio_max
    longer, shorter = max(sides), min(sides)
    longest, other = _sides(offer.size_max) or (longer, shorter)
    if longer > longest or shorter > other:
        return _("The largest size is {largest}, lying or standing.").format(largest=offer.size_max)
    if longer % step or shorter % step or not shorter:
        nearest = "x".join(str(max(step, step * round(side / step))) for side in sides)
        return _("Width and height must be multiples of {step}: {nearest} would be.").format(step=step, nearest=nearest)
    if longer > ratio * shorter:
        return _("The longer side may be {ratio:g} times the shorter at most.").format(ratio=ratio)
    if longer * shorter < offer.size_pixels_min:
        return _("This is too small: width times height must be {pixels} at least.").format(
            pixels=offer.size_pixels_min
        )
    return ""


def _sides(size: str) -> tuple[int, int] | None:
    width, _by, height = size.partition("x")
    if not (width.isascii() and width.isdecimal() and height.isascii() and height.isdecimal()):
        return None
    if max(len(width), len(height)) > 6:
        return None
    return int(width), int(height)


def fitted(options: ImageOptions, offer: ImageOffer) -> ImageOptions:
    """Return *options* with what *offer* does not take put back to the model's default."""
    size = options.size
    if size_problem(size, offer):
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
