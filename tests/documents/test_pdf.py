"""PDF files through the real process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pdfs import pdf
from voiceapp import own_process
from voiceapp.core.errors import AttachmentError, ToolError
from voiceapp.documents import pdf as reading


def test_words_and_pages_are_read() -> None:
    found = reading.read(pdf("The first page.", "The second."), "a.pdf")
    assert found == reading.PdfText(2, "The first page.\n\nThe second.")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pdf("secret", password="x"), "is locked with a password"),
        (b"%PDF-1.7\nnothing", "is damaged"),
        (pdf("whole")[:200], "is damaged"),
        (pdf(*["page"] * 500), "has 500 pages; up to 100 can be attached"),
    ],
    ids=["locked", "rubbish", "torn", "long"],
)
def test_what_cannot_be_read_is_said_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(AttachmentError) as caught:
        reading.read(data, "a.pdf")
    assert said in caught.value.message
    assert caught.value.hint


def test_nothing_of_the_folder_one_stands_in_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    for name in ("pypdf.py", "json.py"):
        (tmp_path / name).write_text(f"open({str(ran)!r}, 'w').close()\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert reading.read(pdf("The first page."), "a.pdf").text == "The first page."
    assert not ran.exists()


def test_a_process_of_ours_gets_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "aws_secret", "DB_PASSWORD"):
        monkeypatch.setenv(name, "private")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = own_process.bare_environment()
    assert "private" not in environment.values()
    assert environment["LANG"] == "C.UTF-8"


def test_a_pdf_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(AttachmentError, match="could not be read within"):
        reading.read(pdf("words"), "a.pdf", within_s=0.0)


def test_pages_without_words_have_none() -> None:
    assert reading.read(pdf(""), "a.pdf") == reading.PdfText(1, "")


def test_a_tool_gets_the_words_or_a_sentence_for_the_model(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("The plumber comes on Friday."))
    (tmp_path / "b.pdf").write_bytes(pdf(""))
    assert reading.text_for_tool(tmp_path / "a.pdf") == "The plumber comes on Friday."
    with pytest.raises(ToolError, match="no text"):
        reading.text_for_tool(tmp_path / "b.pdf")
    with pytest.raises(ToolError, match="cannot be read"):
        reading.text_for_tool(tmp_path / "missing.pdf")
