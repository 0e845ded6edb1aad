"""Pictures, PDFs and texts in both chat protocols; the server checks each request by the specification."""

from __future__ import annotations

from typing import Any

import pytest

from tests.openai_api.conftest import MakeWire
from tests.openai_api.test_chat import ENGINES, Engine, parts_of
from tests.server import faults
from tests.server.loopback import LoopbackServer
from voiceapp.core.attachments import (
    Attachment,
    Kind,
    NotShown,
    Shown,
    ShownFile,
    ShownPicture,
    ShownText,
)
from voiceapp.core.conversation import Line, Role
from voiceapp.core.errors import CannotSee
from voiceapp.core.speech import ChatRequest
from voiceapp.openai_api.wire import Wire

PICTURE = ShownPicture("tower.png", "data:image/png;base64,aGk=", "high")
PDF = ShownFile("contract", "data:application/pdf;base64,aGk=", "its words")


def question(*shown: Shown, text: str = "What is it?") -> ChatRequest:
    return ChatRequest("Be brief.", (Line(Role.USER, text, shown=shown),))


def content(server: LoopbackServer, path: str) -> Any:
    body = server.requests_for(path)[-1].json
    return (body.get("input") or body["messages"])[-1]["content"]


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_each_kind_in_its_shape(engine: Engine, path: str, server: LoopbackServer, wire: Wire) -> None:
    await parts_of(engine(wire), question(PICTURE, PDF, ShownText("notes.txt", "alpha"), NotShown("old.png")))
    words, picture, file, text, note = content(server, path)
    if path == "/responses":
        assert words == {"type": "input_text", "text": "What is it?"}
        assert picture == {"type": "input_image", "image_url": PICTURE.address, "detail": "high"}
        assert file == {"type": "input_file", "filename": "contract.pdf", "file_data": PDF.address}
    else:
        assert words == {"type": "text", "text": "What is it?"}
        assert picture == {"type": "image_url", "image_url": {"url": PICTURE.address, "detail": "high"}}
        assert file == {"type": "file", "file": {"filename": "contract.pdf", "file_data": PDF.address}}
    assert "alpha" in text["text"]
    assert "notes.txt" in text["text"]
    assert "old.png" in note["text"]


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_words_alone_stay_one_text_that_every_server_takes(
    engine: Engine, path: str, server: LoopbackServer, wire: Wire
) -> None:
    await parts_of(engine(wire), question(ShownText("notes.txt", "alpha")))
    assert isinstance(content(server, path), str)
    assert "alpha" in content(server, path)


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_a_picture_without_words_and_a_file_that_was_not_read(
    engine: Engine, path: str, server: LoopbackServer, wire: Wire
) -> None:
    await parts_of(engine(wire), question(PICTURE, text=""))
    assert len(content(server, path)) == 1
    unread = Line(Role.USER, "", attachments=(Attachment(1, Kind.TEXT, "notes.txt", "/x"),))
    await parts_of(engine(wire), ChatRequest("", (unread,)))
    assert "notes.txt" in content(server, path)


@pytest.mark.parametrize(("engine", "path"), ENGINES)
@pytest.mark.parametrize(
    ("status", "prose"),
    [
        (400, "llama-3 is not a multimodal model"),
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
        (400, "Invalid content type. image_url is only supported by certain models."),
        (404, "No endpoints found that support image input"),
    ],
)
async def test_servers_without_eyes_are_understood(
    engine: Engine, path: str, status: int, prose: str, server: LoopbackServer, make_wire: MakeWire
) -> None:
    server.answer_always(path, faults.odd_error(status, {"error": {"message": prose}}))
    with pytest.raises(CannotSee) as caught:
        await parts_of(engine(make_wire(), "some-model"), question(PICTURE))
    assert "did not take the picture" in caught.value.message
    assert "Nothing is lost" in caught.value.hint
