"""Links are opened, files read and the clipboard used only within the rules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voiceapp.core.errors import ToolError
from voiceapp.voice.kits.computer import FILE_LIMIT_BYTES, Computer, allowed_file, openable


class Desktop:
    """An outside that remembers."""

    def __init__(self) -> None:
        self.text = "copied"
        self.opened: list[str] = []

    async def read_clipboard(self) -> str:
        return self.text

    async def write_clipboard(self, text: str) -> None:
        self.text = text

    async def open(self, target: str) -> None:
        self.opened.append(target)


@pytest.mark.parametrize("target", ["https://example.org/a?b=c#d", "http://localhost:80/", "mailto:ada@example.org"])
def test_addresses_are_opened(target: str) -> None:
    assert openable(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "ftp://example.org", "https://", "mailto:", "",
        "notes.txt", "../notes.txt", "/no/such/file", "https://example.org/a b", "https://example.org/\u202egpj.exe",
        "ssh://x", "/dev/null", "http://[", "x-apple.systempreferences:", "\\\\host\\share",
    ],
)  # fmt: skip
def test_everything_else_is_not(target: str) -> None:
    with pytest.raises(ToolError):
        openable(target)


def test_files_are_opened_but_never_run(tmp_path: Path) -> None:
    plain = tmp_path / "plan.txt"
    plain.write_text("x")
    assert openable(str(plain)) == str(plain.resolve())
    for name, mode in (("run.desktop", 0o644), ("x.sh", 0o644), ("x.VBS .", 0o644), (".bat", 0o644), ("tool", 0o755)):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(mode)
        with pytest.raises(ToolError, match="not opened"):
            openable(str(tmp_path / name))
    (tmp_path / "harmless.txt").symlink_to(tmp_path / "x.sh")
    with pytest.raises(ToolError, match="not opened"):
        openable(str(tmp_path / "harmless.txt"))


def test_only_what_was_allowed_is_read_wherever_links_lead(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "inside-not"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.txt").write_text("words")
    (inside / "link.txt").symlink_to(outside / "a.txt")
    (inside / "folder").symlink_to(outside)
    allowed = (str(inside),)
    assert allowed_file(str(inside / "a.txt"), allowed) == (inside / "a.txt").resolve()
    for path in ("inside/link.txt", "inside/folder/a.txt", "inside/../inside-not/a.txt", "inside-not/a.txt", "gone"):
        with pytest.raises(ToolError, match="may not be read"):
            allowed_file(str(tmp_path / path), allowed)
    assert allowed_file(str(outside / "a.txt"), (str(outside / "a.txt"),)).name == "a.txt"  # a single file
    with pytest.raises(ToolError, match="no file"):
        allowed_file(str(inside), allowed)
    with pytest.raises(ToolError, match="not allowed any"):
        allowed_file(str(inside / "a.txt"), ())
    with pytest.raises(ToolError, match="may not be read"):
        allowed_file("a\0b", allowed)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    large.touch()
    os.truncate(large, FILE_LIMIT_BYTES + 1)
    with pytest.raises(ToolError, match="larger than 2 MB"):
        allowed_file(str(large), (str(tmp_path),))


async def test_text_is_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    kit = Computer(Desktop(), lambda: (str(tmp_path),))
    (tmp_path / "a.md").write_text("Grüße", encoding="utf-8")
    (tmp_path / "b.bin").write_bytes(b"\0\1\2")
    (tmp_path / "c.pdf").write_bytes(b"%PDF")
    assert (await kit.read_local_file(str(tmp_path / "a.md")))["text"] == "Grüße"
    with pytest.raises(ToolError, match="no text"):
        await kit.read_local_file(str(tmp_path / "b.bin"))
    with pytest.raises(ToolError, match="PDF"):
        await kit.read_local_file(str(tmp_path / "c.pdf"))
    read = Computer(Desktop(), lambda: (str(tmp_path),), lambda path: f"text of {path.name}")
    assert (await read.read_local_file(str(tmp_path / "c.pdf")))["text"] == "text of c.pdf"


async def test_clipboard_and_links_go_to_the_desktop() -> None:
    desktop = Desktop()
    kit = Computer(desktop, tuple)
    assert (await kit.read_clipboard())["text"] == "copied"
    await kit.write_clipboard("new")
    await kit.open_link_or_file(" https://example.org ")
    assert (desktop.text, desktop.opened) == ("new", ["https://example.org"])
