from __future__ import annotations

import pytest

from voiceapp.core.attachments import (
    TEXT_BYTES,
    TEXT_CHARS,
    Attachment,
    Draft,
    Kind,
    NotShown,
    ShownFile,
    ShownPicture,
    ShownText,
    kind_of,
    text_of,
)
from voiceapp.core.conversation import Line, Message, Role, told
from voiceapp.core.draft_words import draft_words, sum_words
from voiceapp.core.errors import AttachmentError, CannotSee
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.showing import shown_to
from voiceapp.core.speech import Usage
from voiceapp.core.vision import BLIND, Vision

PICTURE, PDF = (
    ShownPicture("a.png", "data:image/png;base64,"),
    ShownFile("a.pdf", "data:application/pdf;base64,", "words"),
)
SEES, READS_PDF = Vision(), Vision(pdf_pages=100)


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "a.txt", Kind.PICTURE),
        (b"\xff\xd8\xff\xe0", "a", Kind.PICTURE),
        (b"\n%PDF-1.4", "a.doc", Kind.PDF),
        (b"words", "a.py", Kind.TEXT),
        ("größe".encode("utf-16"), "a.txt", Kind.TEXT),
        ("größe".encode("latin-1"), "a.txt", Kind.TEXT),
    ],
)
def test_a_file_is_what_it_holds(data: bytes, name: str, kind: Kind) -> None:
    assert kind_of(data, name) is kind


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "a.txt", "empty"),
        (b"words", "a.png", "not a picture"),
        (b"words", "a.HEIC", "not a picture"),
        (b"words", "a.pdf", "no PDF"),
        (b"\0\1\2", "a.bin", "cannot be attached"),
        (b"x" * (TEXT_BYTES + 1), "a.log", "larger than 1 MB"),
    ],
)
def test_what_cannot_be_used(data: bytes, name: str, said: str) -> None:
    with pytest.raises(AttachmentError) as caught:
        kind_of(data, name)
    assert said in caught.value.message


def test_texts_are_read_in_the_encodings_of_the_world() -> None:
    assert text_of("größe\r\n".encode("utf-8-sig"), "a") == "größe\n"
    assert text_of("größe".encode("utf-16"), "a") == "größe"
    assert text_of("größe".encode("cp1252"), "a") == "größe"
    for data, said in ((b" \n ", "no words"), (b"x" * (TEXT_CHARS + 1), "larger than 400,000 characters")):
        with pytest.raises(AttachmentError, match=said):
            text_of(data, "a")


def asked(*shown: object, before: tuple[object, ...] = ()) -> tuple[Line, ...]:
    earlier = Line(Role.USER, "before", shown=before)  # type: ignore[arg-type]
    return earlier, Line(Role.ASSISTANT, "yes"), Line(Role.USER, "now", shown=shown)  # type: ignore[arg-type]


def test_who_sees_gets_everything_and_who_reads_no_pdf_gets_its_words() -> None:
    assert shown_to(asked(PICTURE, PDF), READS_PDF, "X")[-1].shown == (PICTURE, PDF)
    assert shown_to(asked(PICTURE, PDF), SEES, "X")[-1].shown == (PICTURE, ShownText("a.pdf", "words"))


def test_the_blind_are_told_before_anything_is_sent_and_earlier_pictures_are_only_named() -> None:
    with pytest.raises(CannotSee, match="X takes no pictures"):
        shown_to(asked(PICTURE), BLIND, "X")
    assert shown_to(asked(before=(PICTURE,)), BLIND, "X")[0].shown == (NotShown("a.png"),)
    with pytest.raises(CannotSee, match=r"a\.pdf"):
        shown_to(asked(ShownFile("a.pdf", "data:")), SEES, "X")


def test_a_message_without_words_is_told_for_what_is_attached() -> None:
    one = Attachment(1, Kind.PICTURE, "a.png", "/a.png")
    lines = told((Message(1, 1, Role.USER, "", 0.0, attachments=(one,)), Message(2, 1, Role.ASSISTANT, "", 0.0)))
    assert [line.attachments for line in lines] == [(one,)]


def test_costs_in_words_are_never_a_false_nothing() -> None:
    picture = Attachment(1, Kind.PICTURE, "a.png", "", "png", 240_000, 300, 200)
    document = Attachment(2, Kind.PDF, "a.pdf", "", "pdf", 940_000, pages=1)
    assert draft_words(Draft(picture, 1824, cost_usd=0.00018)) == "300 × 200 · 240 kB · about $0.0002 · 1,824 tokens"
    assert draft_words(Draft(picture, 1824)) == "300 × 200 · 240 kB · about 1,824 tokens, price unknown"
    assert draft_words(Draft(document, 900, True, 0.001)) == "1 page · 940 kB · at least $0.0010 · 900 tokens"
    assert draft_words(Draft(document)) == "1 page · 940 kB · tokens not known"
    assert draft_words(Draft(picture, trouble="X takes no pictures.")).endswith("X takes no pictures.")
    assert sum_words((Draft(picture, 1000, cost_usd=0.01), Draft(document, 500, True, 0.02))) == (
        "Together at least $0.03 · 1,500 tokens"
    )
    assert sum_words((Draft(picture, 1000), Draft(document))) == ""


def test_picture_tokens_of_a_chat_cost_what_text_costs() -> None:
    table = ModelTable((Model("m", jobs=("chat",), prices={"text_in": 1.0, "text_out": 2.0}),))
    assert table.cost(Usage("p", "m", {"text_in": 100, "image_in": 900, "text_out": 500})) == pytest.approx(0.002)
