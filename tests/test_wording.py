"""The catalogue of the person's language is looked up once, whether there is one or not."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from voiceapp.wording import look_once


def test_where_there_is_no_catalogue_it_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def find(domain: str, localedir: object = None, languages: object = None, all: bool = False) -> list[str]:
        looked.append(domain)
        return []

    monkeypatch.setattr(gettext, "find", find)
    monkeypatch.setattr(gettext, "dgettext", gettext.dgettext)  # put back afterwards
    assert [gettext.gettext("Ready"), gettext.gettext("Ready")] == ["Ready", "Ready"]
    assert len(looked) == 2  # what the standard library does
    look_once()
    look_once()
    looked.clear()
    assert [gettext.gettext(words) for words in ("Ready", "Stop", "Ready")] == ["Ready", "Stop", "Ready"]
    assert gettext.ngettext("{n} file", "{n} files", 2) == "{n} files"
    assert len(looked) == 1


def test_a_catalogue_that_is_there_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.mo").write_bytes(catalogue("Ready", "Bereit"))
    for name in ("find", "dgettext"):
        monkeypatch.setattr(gettext, name, getattr(gettext, name))  # put back afterwards
    monkeypatch.setattr(gettext, "_localedirs", {"messages": str(tmp_path)})
    monkeypatch.setenv("LANGUAGE", "de")
    look_once()
    assert [gettext.gettext("Ready"), gettext.gettext("Ready")] == ["Bereit", "Bereit"]


def catalogue(*pair: str) -> bytes:
    """Return a compiled catalogue of one pair of words."""
    words = [("", "Content-Type: text/plain; charset=UTF-8\n"), pair]
    at, tables, data = 28 + 16 * len(words), [b"", b""], b""
    for side in (0, 1):
        for entry in words:
            text = entry[side].encode()
            tables[side] += len(text).to_bytes(4, "little") + (at + len(data)).to_bytes(4, "little")
            data += text + b"\0"
    head = (0x950412DE, 0, len(words), 28, 28 + 8 * len(words), 0, 0)
    return b"".join(n.to_bytes(4, "little") for n in head) + tables[0] + tables[1] + data
