"""What the window names is there, can be read, is licensed and small."""

from __future__ import annotations

import re
from pathlib import Path

from voiceapp.gui.assets import PACKAGE, assets_dir
from voiceapp.gui.theme import tokens

ICONS = {path.stem for path in (assets_dir() / "icons").glob("*.svg")}
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in Path(PACKAGE / "gui").glob("*.py"))


def test_every_icon_that_is_asked_for_is_there() -> None:
    asked = re.findall(r"(?:IconButton|RowButton|\.icon|\.set_icon)\(\s*(?:[a-z_.]+,\s*)?\"([a-z0-9-]+)\"", SOURCES)
    assert len(asked) > 10
    assert set(asked) - ICONS == set()


def test_both_looks_have_the_same_colours() -> None:
    light, dark = tokens("light"), tokens("dark")
    assert light.keys() == dark.keys()
    assert all(re.fullmatch(r"#[0-9A-F]{6}", value) for value in (*light.values(), *dark.values()))


def luminance(color: str) -> float:
    channels = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_can_be_read_on_every_ground() -> None:
    grounds = ("canvas", "rail", "raised", "sunken", "hover")
    for scheme in ("light", "dark"):
        look = tokens(scheme)
        for ink in ("ink", "ink2", "ink3", "you", "it", "problem"):
            for ground in grounds:
                pair = sorted((luminance(look[ink]), luminance(look[ground])))
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, f"{ink} on {ground}, {scheme}"


def test_licences_lie_beside_what_they_cover() -> None:
    folder = assets_dir()
    assert "ISC License" in (folder / "icons" / "LICENSE.txt").read_text(encoding="utf-8")
    for name in ("Inter", "JetBrainsMono"):
        assert "SIL OPEN FONT LICENSE" in (folder / "fonts" / f"{name}-OFL.txt").read_text(encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < 1_500_000
