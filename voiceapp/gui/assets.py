"""Where icons, fonts and the look's tokens lie: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def assets_dir() -> Path:
    """Return the folder with the assets."""
    inside = PACKAGE / "assets"
    return inside if inside.is_dir() else PACKAGE.parent / "assets"


@cache
def icon_svg(name: str) -> str:
    """Return the SVG text of Lucide icon *name* in the look's stroke; KeyError names an icon that is not there."""
    path = assets_dir() / "icons" / f"{name}.svg"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyError(name) from None
    return text.replace('stroke-width="2"', 'stroke-width="1.75"')
