"""Pictures over a real HTTP server: previews, edits, odd servers, and what a person is told when it fails."""

from __future__ import annotations

import base64
import json
from contextlib import aclosing

import pytest

from tests.openai_api.conftest import KEY, MakeWire
from tests.pictures import png
from tests.server import faults, variations
from tests.server.audio_answers import json_answer, plain
from tests.server.loopback import LoopbackServer
from tests.server.media_answers import image
from tests.server.script import ImageScript
from tests.server.spec_check import openai_spec
from tests.server.sse import SSE_HEADERS, event
from tests.server.variations import Variation
from tests.server.wire import Answer, Ending, Piece, Request
from voiceapp.core import errors as e
from voiceapp.core.images import FinishedImage, ImageOptions, ImagePart, ImageRequest, ImagesEnd, PartialImage, Picture
from voiceapp.core.settings import ProviderKind
from voiceapp.openai_api.images import HttpImageMaker
from voiceapp.resources import model_table

SMALL, LARGE = png(4, 3), png(32, 16, (200, 10, 10, 255))
INPUT = Picture(LARGE, "png", 32, 16)
MASK = Picture(png(32, 16, (0, 0, 0, 0)), "png", 32, 16)


async def made(maker: HttpImageMaker, request: ImageRequest) -> list[ImagePart]:
    async with aclosing(maker.make(request)) as parts:
        return [part async for part in parts]


def script(server: LoopbackServer, **facts: object) -> None:
    server.script.image = ImageScript(png=LARGE, partial_png=SMALL, **facts)  # type: ignore[arg-type]


async def test_previews_come_before_the_picture_and_the_bill_after(server: LoopbackServer, make_wire: MakeWire) -> None:
    script(server)
    request = ImageRequest("A lighthouse", ImageOptions(size="1536x1024", quality="high", partials=2))
    first, second, whole, end = await made(HttpImageMaker(make_wire()), request)
    assert (first, second) == (
        PartialImage(0, Picture(SMALL, "png", 4, 3)),
        PartialImage(1, Picture(SMALL, "png", 4, 3)),
    )
    assert whole == FinishedImage(Picture(LARGE, "png", 32, 16))
    assert isinstance(end, ImagesEnd)
    assert end.usage is not None
    assert end.usage.amounts == {"images": 1.0, "text_in": 10.0, "image_in": 0.0, "image_out": 1056.0}
    assert model_table().cost(end.usage) == pytest.approx((10 * 5 + 1056 * 30) / 1e6)
    (sent,) = server.requests_for("/images/generations")
    assert sent.json == {
        "model": "gpt-image-2.6-flare",
        "prompt": "A lighthouse",
        "size": "1536x1024",
        "quality": "high",
        "stream": True,
        "partial_images": 2,
    }


def test_what_the_server_streams_is_what_the_specification_says() -> None:
    asked = Request("POST", "/v1/images/generations", "", {}, 0.0, json={"stream": True, "partial_images": 1})
    bodies = [piece.data.partition(b"data: ")[2] for piece in image(ImageScript(png=LARGE), asked).pieces]
    kinds = ("ImageGenPartialImageEvent", "ImageGenCompletedEvent")
    assert [openai_spec().schema_errors(kind, json.loads(body)) for kind, body in zip(kinds, bodies, strict=True)] == [
        [],
        [],
    ]


async def test_an_edit_uploads_the_pictures_and_the_mask_as_they_are(
    server: LoopbackServer, make_wire: MakeWire
) -> None:
    script(server)
    request = ImageRequest("only the sky", ImageOptions(count=2, partials=1), (INPUT,), MASK)
    parts = await made(HttpImageMaker(make_wire()), request)
    assert [type(part) for part in parts] == [PartialImage, FinishedImage, FinishedImage, ImagesEnd]
    (sent,) = server.requests_for("/images/edits")
    assert {part.name: part.data for part in sent.parts if part.filename} == {"image": LARGE, "mask": MASK.data}
    assert (sent.field("stream"), sent.field("n"), sent.field("partial_images")) == ("true", "2", "1")


async def test_several_inputs_travel_together(server: LoopbackServer, make_wire: MakeWire) -> None:
    script(server)
    await made(HttpImageMaker(make_wire()), ImageRequest("both in one", inputs=(INPUT, Picture(SMALL, "png", 4, 3))))
    (sent,) = server.requests_for("/images/edits")
    assert [(part.name, part.data) for part in sent.parts if part.filename] == [("image[]", LARGE), ("image[]", SMALL)]


async def test_leaving_early_frees_the_connection(server: LoopbackServer, make_wire: MakeWire) -> None:
    partial = {
        "type": "image_generation.partial_image",
        "b64_json": base64.b64encode(SMALL).decode(),
        "partial_image_index": 0,
    }
    stalling = Answer((Piece(event(partial)),), headers=SSE_HEADERS, ending=Ending.STALL)
    server.answer_next("/images/generations", stalling)
    async with aclosing(HttpImageMaker(make_wire()).make(ImageRequest("A lighthouse"))) as parts:
        async for _part in parts:
            break
    await server.until(lambda: server.requests[-1].disconnected_at is not None)


async def test_the_path_of_a_proxy_is_used(server: LoopbackServer, make_wire: MakeWire) -> None:
    body = {"data": [{"b64_json": base64.b64encode(LARGE).decode()}]}
    server.answer_always("/images/generate", json_answer(body))
    wire = make_wire(paths={"images": "/images/generate"}, kind=ProviderKind.COMPATIBLE)
    whole, _end = await made(HttpImageMaker(wire, "house-model"), ImageRequest("A lighthouse"))
    assert isinstance(whole, FinishedImage)
    assert server.requests[-1].path == "/images/generate"


async def test_an_address_is_fetched_without_the_key(server: LoopbackServer, make_wire: MakeWire) -> None:
    server.answer_always("/files/picture.png", plain(LARGE, "image/png"))
    body = {"created": 1, "data": [{"url": f"{server.base_url}/files/picture.png", "revised_prompt": "A tower"}]}
    server.answer_next("/images/generations", json_answer(body))
    whole, end = await made(HttpImageMaker(make_wire(), "dall-e-3"), ImageRequest("A lighthouse"))
    assert whole == FinishedImage(Picture(LARGE, "png", 32, 16), "A tower")
    assert isinstance(end, ImagesEnd)
    assert end.usage is not None
    assert end.usage.amounts == {"images": 1.0}
    assert model_table().cost(end.usage) is None
    asked, fetched = server.requests
    assert KEY in str(asked.headers)
    assert KEY not in str(fetched.headers)
    assert asked.json["response_format"] == "b64_json"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/a.png", "javascript:alert(1)"])
async def test_other_addresses_are_not_followed(server: LoopbackServer, make_wire: MakeWire, address: str) -> None:
    server.answer_next("/images/generations", json_answer({"created": 1, "data": [{"url": address}]}))
    with pytest.raises(e.BadAnswer):
        await made(HttpImageMaker(make_wire(), "dall-e-3"), ImageRequest("A lighthouse"))
    assert len(server.requests) == 1


async def test_a_server_that_refuses_the_form_of_the_answer_is_asked_without(
    server: LoopbackServer, make_wire: MakeWire
) -> None:
    script(server)
    refusal = faults.error(400, "Unknown parameter: 'response_format'.", param="response_format")
    server.answer_next("/images/generations", refusal)
    whole, _end = await made(HttpImageMaker(make_wire(), "dall-e-3"), ImageRequest("A lighthouse"))
    assert isinstance(whole, FinishedImage)
    assert [("response_format" in request.json) for request in server.requests] == [True, False]


DRAWN = [v for v in variations.IMAGE_VARIATIONS if v.path == variations.IMAGES]


@pytest.mark.parametrize("variation", DRAWN, ids=str)
async def test_every_known_variation_gives_a_picture(
    server: LoopbackServer, make_wire: MakeWire, variation: Variation
) -> None:
    variation.install(server)
    url = server.base_url + variation.base_url_suffix
    wire = make_wire(name="shed", kind=ProviderKind.COMPATIBLE, base_url=url)
    whole, _end = await made(HttpImageMaker(wire, "sdxl"), ImageRequest("A lighthouse"))
    assert isinstance(whole, FinishedImage)


async def test_a_server_that_does_not_stream_still_draws(server: LoopbackServer, make_wire: MakeWire) -> None:
    body = {"created": 1, "data": [{"b64_json": base64.b64encode(LARGE).decode()}]}
    server.answer_next("/images/generations", json_answer(body))
    parts = await made(HttpImageMaker(make_wire()), ImageRequest("A lighthouse"))
    assert [type(part) for part in parts] == [FinishedImage, ImagesEnd]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (faults.error(400, code="moderation_blocked"), e.Refused),
        (faults.error(429, code="insufficient_quota"), e.NoCredit),
        (faults.error(413, "Request too large."), e.TooLong),
        (faults.error(400, "Invalid size.", param="size"), e.BadRequest),
        (json_answer({"created": 1, "data": []}), e.BadAnswer),
        (json_answer({"created": 1, "data": [{"b64_json": "aGVsbG8="}]}), e.BadAnswer),
        (json_answer({"created": 1, "data": [{"b64_json": "%%"}]}), e.BadAnswer),
        (faults.html(), e.BadAnswer),
        (faults.empty_stream(), e.BadAnswer),
    ],
)
async def test_what_goes_wrong_is_named(
    server: LoopbackServer, make_wire: MakeWire, answer: Answer, error: type[e.ProviderError]
) -> None:
    server.answer_next("/images/generations", answer)
    with pytest.raises(error):
        await made(HttpImageMaker(make_wire()), ImageRequest("A lighthouse", ImageOptions(size="1024x1024")))


async def test_an_error_in_the_middle_of_a_stream_is_named(server: LoopbackServer, make_wire: MakeWire) -> None:
    error = {"type": "error", "error": {"code": "moderation_blocked", "message": "no"}}
    server.answer_next("/images/generations", Answer((Piece(event(error)),), headers=SSE_HEADERS))
    with pytest.raises(e.Refused):
        await made(HttpImageMaker(make_wire()), ImageRequest("A lighthouse"))


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (ImageRequest("x" * 32_001), e.TooLong),
        (ImageRequest("x", inputs=(INPUT,) * 17), e.BadRequest),
        (ImageRequest("x", ImageOptions("dall-e-3"), (INPUT,)), e.BadRequest),
        (ImageRequest("x", inputs=(INPUT,), mask=Picture(bytes(4 * 1024 * 1024 + 1), "png")), e.TooLong),
    ],
)
async def test_what_cannot_be_taken_is_not_sent(
    server: LoopbackServer, make_wire: MakeWire, request_: ImageRequest, error: type[e.ProviderError]
) -> None:
    with pytest.raises(error):
        await made(HttpImageMaker(make_wire()), request_)
    assert server.requests == []
