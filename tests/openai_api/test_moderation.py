"""Moderation on the wire: valid requests, every form of answer, and plain words where a server has no such endpoint."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.openai_api.conftest import MakeWire
from tests.server import faults
from tests.server.audio_answers import json_answer
from tests.server.loopback import LoopbackServer
from tests.server.media_answers import CATEGORIES, ONE_PIXEL_PNG
from tests.server.script import ModerationScript, Script
from voiceapp.core.errors import BadAnswer, BadRequest, NoKey, ProviderError, RateLimited, TooLong
from voiceapp.core.moderation import Verdict
from voiceapp.core.settings import ProviderKind
from voiceapp.openai_api.moderation import HttpModerator
from voiceapp.openai_api.wire import Wire

PATH = "/moderations"


def flagged(verdict: Verdict) -> list[str]:
    return [score.category for score in verdict.scores if score.is_flagged]


async def test_texts_go_in_batches_and_come_back_in_order(wire: Wire, server: LoopbackServer) -> None:
    server.script = Script(moderation=ModerationScript(words={"axe": ("violence",), "fool": ("harassment",)}))
    texts = [f"Line {n}." for n in range(70)]
    texts[5], texts[40], texts[41] = "the axe", "you fool", "  \n"
    verdicts = await HttpModerator(wire).check_texts(texts)
    assert len(verdicts) == 70
    assert {n: flagged(v) for n, v in enumerate(verdicts) if v.is_flagged} == {5: ["violence"], 40: ["harassment"]}
    assert verdicts[41] == Verdict(())  # blank: not sent, not judged
    requests = server.requests_for(PATH)
    assert [len(request.json["input"]) for request in requests] == [32, 32, 5]
    assert {request.json["model"] for request in requests} == {"omni-moderation-latest"}
    assert len(verdicts[0].scores) == len(CATEGORIES)
    assert verdicts[5].score("violence").value == 0.9  # type: ignore[union-attr]


async def test_one_text_is_a_plain_string(wire: Wire, server: LoopbackServer) -> None:
    (verdict,) = await HttpModerator(wire).check_texts(["Good morning."])
    assert server.requests_for(PATH)[0].json["input"] == "Good morning."
    assert not verdict.is_flagged
    assert verdict.model == "omni-moderation-latest"


async def test_a_picture_goes_as_a_data_url(wire: Wire, server: LoopbackServer) -> None:
    server.script = Script(moderation=ModerationScript(image=("sexual",)))
    verdict = await HttpModerator(wire).check_image(ONE_PIXEL_PNG, "image/png")
    (part,) = server.requests_for(PATH)[0].json["input"]
    kind, _comma, data = part["image_url"]["url"].partition(",")
    assert (kind, base64.b64decode(data)) == ("data:image/png;base64", ONE_PIXEL_PNG)
    assert flagged(verdict) == ["sexual"]
    assert verdict.score("sexual").inputs == ("image",)  # type: ignore[union-attr]


async def test_half_a_character_does_not_break_the_request(wire: Wire, server: LoopbackServer) -> None:
    await HttpModerator(wire).check_texts(["cut \ud83d emoji"])
    assert server.requests_for(PATH)[0].json["input"] == "cut \ufffd emoji"


def answered(result: dict[str, Any] | None, **more: object) -> dict[str, Any]:
    return {"id": "m", "model": "guard-1", "results": [] if result is None else [result], **more}


@pytest.mark.parametrize(
    ("result", "scores", "is_flagged"),
    [
        ({"flagged": True, "categories": {"hate": True}}, {"hate": None}, True),
        ({"categories": {"hate": True}, "category_scores": {"hate": 0.7}}, {"hate": 0.7}, True),
        ({"flagged": False, "category_scores": {"violence": 0.2}}, {"violence": 0.2}, False),
        ({"flagged": True, "categories": {"illicit": None, "hate": False}}, {"hate": None}, True),
        ({"flagged": False, "categories": {"self_harm_intent": False}}, {"self-harm/intent": None}, False),
        ({"flagged": True, "categories": {"S1": True}, "category_scores": {"S1": "high"}}, {"S1": None}, True),
        ({"flagged": True}, {}, True),
        ({"flagged": False, "category_scores": {"hate": 7, "sexual": True}}, {}, False),
    ],
    ids=["no-scores", "no-flag", "no-categories", "null", "underscores", "own-names", "flag-alone", "impossible"],
)
async def test_what_is_missing_stays_missing(
    result: dict[str, Any],
    scores: dict[str, float | None],
    is_flagged: bool,
    make_wire: MakeWire,
    server: LoopbackServer,
) -> None:
    server.answer_next(PATH, json_answer(answered(result)))
    wire = make_wire(name="shed", kind=ProviderKind.COMPATIBLE)
    (verdict,) = await HttpModerator(wire, "guard-1").check_texts(["Hello."])
    assert {score.category: score.value for score in verdict.scores} == scores
    assert verdict.is_flagged is is_flagged


@pytest.mark.parametrize(
    "body",
    [answered(None), {"results": {}}, answered({}), {"choices": []}, [], answered({"flagged": "yes"})],
    ids=["none", "no-list", "empty", "another-protocol", "nothing", "a-word"],
)
async def test_an_answer_that_says_nothing_is_no_verdict(body: object, wire: Wire, server: LoopbackServer) -> None:
    server.answer_next(PATH, json_answer(body))
    with pytest.raises(BadAnswer):
        await HttpModerator(wire).check_texts(["Hello."])


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_the_endpoint_is_named(status: int, make_wire: MakeWire, server: LoopbackServer) -> None:
    server.answer_next(PATH, faults.error(status, "Not Found"))
    wire = make_wire(name="shed", kind=ProviderKind.COMPATIBLE)
    with pytest.raises(BadRequest, match="shed offers no moderation") as caught:
        await HttpModerator(wire, "guard-1").check_texts(["Hello."])
    assert "another provider" in caught.value.hint


async def test_a_server_that_lists_no_model_for_it_is_not_asked(make_wire: MakeWire, server: LoopbackServer) -> None:
    wire = make_wire(name="shed", kind=ProviderKind.COMPATIBLE)
    with pytest.raises(ProviderError):
        await HttpModerator(wire).check_texts(["Hello."])
    assert server.requests_for(PATH) == []


async def test_failures_keep_their_class_and_what_was_written_to_themselves(
    wire: Wire, server: LoopbackServer, make_wire: MakeWire
) -> None:
    moderator = HttpModerator(wire)
    server.answer_next(PATH, faults.html())
    with pytest.raises(BadAnswer):
        await moderator.check_texts(["secret words"])
    server.answer_next(PATH, json_answer({"error": {"message": "secret words", "code": "rate_limit_exceeded"}}))
    with pytest.raises(RateLimited) as caught:
        await moderator.check_texts(["secret words"])
    assert "secret" not in f"{caught.value.message} {caught.value.hint} {caught.value.detail}"
    with pytest.raises(TooLong):
        await moderator.check_image(bytes(21 * 1024 * 1024), "image/png")
    with pytest.raises(NoKey):
        await HttpModerator(make_wire(key="")).check_texts(["Hello."])
