"""How a model looks at pictures: how large they may be, and how many tokens they take. Pure arithmetic.

The rules are data (``voiceapp/data/vision.json``); services count in one of two ways: squares of a few pixels
("patches", shrunk until a budget of them covers the picture), or large tiles on top of a base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from gettext import gettext as _
from math import ceil, floor, sqrt
from typing import Any

from voiceapp.core.errors import ConfigError


@dataclass(frozen=True)
class Vision:
    """What a model does with a picture.

    Attributes:
        is_blind: it takes no pictures at all.
        side_max: no side is longer, in pixels; larger pictures are made smaller before they are sent.
        short_side_max: nor is the shorter one, 0 = no such rule.
        patch_px, patches_max, tokens_per_patch: where it counts patches; 0 = it does not.
        tile_px, base_tokens, tokens_per_tile: where it counts tiles; 0 = it does not.
        detail: asked for with each picture: "auto", "low", "high".
        pdf_pages: it takes PDF files of up to so many pages as they are; 0 = it takes none.
    """

    is_blind: bool = False
    side_max: int = 2048
    short_side_max: int = 0
    patch_px: int = 0
    patches_max: int = 0
    tokens_per_patch: float = 1.0
    tile_px: int = 0
    base_tokens: int = 0
    tokens_per_tile: int = 0
    detail: str = "auto"
    pdf_pages: int = 0

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """Return the size, in pixels, at which a picture is sent: never larger than it is, never under 1."""
        scale = min(1.0, self.side_max / max(width, height, 1))
        if self.short_side_max:
            scale = min(scale, self.short_side_max / max(1, min(width, height)))
        if self.patch_px and self.patches_max:
            scale = min(scale, self._patch_scale(width * scale, height * scale) * scale)
        return max(1, floor(width * scale + 1e-6)), max(1, floor(height * scale + 1e-6))

    def tokens(self, width: int, height: int) -> int | None:
        """Return about how many tokens a picture of this size takes; None where the rule is not known."""
        if self.patch_px:
            patches = ceil(width / self.patch_px) * ceil(height / self.patch_px)
            return ceil(min(patches, self.patches_max or patches) * self.tokens_per_patch)
        if self.tile_px:
            return self.base_tokens + self.tokens_per_tile * ceil(width / self.tile_px) * ceil(height / self.tile_px)
        return None

    def _patch_scale(self, width: float, height: float) -> float:
        """Return by how much a picture shrinks until the budget of patches covers it, in whole patches."""
        across, down = width / self.patch_px, height / self.patch_px
        if ceil(across - 1e-9) * ceil(down - 1e-9) <= self.patches_max:
            return 1.0
        scale = sqrt(self.patches_max / (across * down))
        wide, high = across * scale, down * scale
        if wide < 1 or high < 1:  # a ribbon: one row of patches, as long as the budget
            return self.patches_max / max(across, down)
        return scale * min(floor(wide) / wide, floor(high) / high)


ANY_MODEL = Vision()
"""A model of which nothing is known: it may see, and how it counts is not known."""
BLIND = Vision(is_blind=True)


@dataclass(frozen=True)
class VisionTable:
    """Rules by name, in order of precedence."""

    rules: tuple[tuple[tuple[str, ...], Vision], ...] = ()

    def find(self, model: str) -> Vision:
        """Return what *model* does with pictures; a tuned one ("ft:BASE:…") does as its base."""
        name = model.removeprefix("ft:").partition(":")[0] if model.startswith("ft:") else model
        for patterns, vision in self.rules:
            if any(fnmatchcase(name.lower(), pattern) for pattern in patterns):
                return vision
        return ANY_MODEL


def parse_vision(data: Mapping[str, Any]) -> VisionTable:
    """Read the table from decoded JSON. Raises ConfigError naming the rule that is wrong."""
    found = []
    for number, row in enumerate(data.get("rules", ()), start=1):
        try:
            rule = row["vision"]
            found.append((tuple(row["models"]), BLIND if rule is False else Vision(**_known(rule))))
        except (KeyError, TypeError):
            raise ConfigError(_("Rule {number} about pictures cannot be read.").format(number=number)) from None
    return VisionTable(tuple(found))


def _known(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    if not rule.keys() <= {field.name for field in fields(Vision)}:
        raise TypeError(rule)
    return rule
