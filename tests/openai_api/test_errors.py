"""Every way in which a provider fails becomes one error with a sentence, and the key stays where it is."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest

from tests.openai_api.conftest import KEY, QUICK, MakeWire
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.wire import Answer
from voiceapp.core import errors
from voiceapp.core.conversation import Line, Role
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import ChatRequest, TextDelta
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.errors import error_for_event, error_for_status, error_from
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.sentences import Where
from voiceapp.openai_api.wire import Wire

SECRET_WORDS = "Nobody may read this"
ASKED = ChatRequest("Be brief.", (Line(Role.USER, SECRET_WORDS),))
NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
WHERE = Where("OpenAI", "api.openai.com", "gpt-4o", "gpt-6-luna", key_tail="4f2c")


async def reply_to(wire: Wire) -> str:
    return "".join([part.text async for part in CompletionsChat(wire).reply(ASKED) if isinstance(part, TextDelta)])


def error(status: int, code: str | None = None, message: str = "No.", **rest: object) -> Answer:
    return faults.error(status, message, code=code, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (error(401, "invalid_api_key"), errors.AuthFailed, "OpenAI did not accept the key ending in 4f2c"),
        (error(403), errors.AuthFailed, "OpenAI does not allow this"),
        (error(429, "insufficient_quota"), errors.NoCredit, "no credit left"),
        (error(429, "credit_balance_exhausted"), errors.NoCredit, "no credit left"),
        (error(402), errors.NoCredit, "no credit left"),
        (error(429, "rate_limit_exceeded", headers={"retry-after": "30"}), errors.RateLimited, "wait 30 s"),
        (error(400, "context_length_exceeded"), errors.TooLong, "longer than OpenAI takes"),
        (error(413), errors.TooLong, "longer than OpenAI takes"),
        (error(400, "content_filter"), errors.Refused, "declined"),
        (error(400, "moderation_blocked"), errors.Refused, "declined"),
        (error(400, "invalid_value", param="messages"), errors.BadRequest, "refused the parameter “messages”"),
        (error(404), errors.BadRequest, "does not offer this at its address"),
        (faults.html(404), errors.BadAnswer, "web page"),
        (faults.html(), errors.BadAnswer, "web page"),
        (faults.rubbish(), errors.BadAnswer, "cannot be understood"),
        (faults.empty_stream(), errors.BadAnswer, "answered with nothing"),
        (faults.redirect("http://127.0.0.1:1/v1/chat/completions"), errors.NoNetwork, "Nothing answers at"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_failure_has_its_sentence(
    answer: Answer, kind: type[errors.ProviderError], sentence: str, server: LoopbackServer, wire: Wire
) -> None:
    server.answer_always("/chat/completions", answer)
    with pytest.raises(kind) as caught:
        await reply_to(wire)
    assert sentence in caught.value.message
    assert caught.value.provider == "OpenAI"
    assert caught.value.hint
    assert len(server.requests) == 1  # none of these is better the second time


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(500), errors.ProviderDown),
        (error(503, "server_is_overloaded"), errors.ProviderDown),
        (faults.html(502), errors.ProviderDown),
        (error(429, "rate_limit_exceeded", headers={"retry-after-ms": "20"}), errors.RateLimited),
        (faults.reset_before_headers(), errors.ProviderDown),
        (faults.close_before_headers(), errors.ProviderDown),
    ],
)
async def test_what_may_pass_is_tried_again_and_then_told(
    answer: Answer, kind: type[errors.ProviderError], server: LoopbackServer, wire: Wire, waits_s: list[float]
) -> None:
    server.answer_next("/chat/completions", answer)
    assert await reply_to(wire) == server.script.chat.text
    assert len(server.requests) == 2
    assert len(waits_s) == 1
    assert waits_s[0] == pytest.approx(0.02, abs=0.02) if kind is errors.RateLimited else waits_s[0] <= 0.4
    server.answer_always("/chat/completions", answer)
    with pytest.raises(kind):
        await reply_to(wire)
    assert 2 <= len(server.requests) - 2 <= 3


async def test_a_server_that_never_answers_is_given_up(server: LoopbackServer, make_wire: MakeWire) -> None:
    server.answer_always("/chat/completions", faults.never())
    with pytest.raises(errors.TimedOut, match=r"did not answer for 0\.2 s"):
        await reply_to(make_wire(timeouts=replace(QUICK, first_s=0.2)))


@pytest.mark.parametrize(
    ("headers", "prose", "wait_s"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, "", 1.5),
        ({"retry-after": "7"}, "", 7.0),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=42), usegmt=True)}, "", 42.0),
        ({"retry-after": "soon"}, "Please try again in 350ms.", 0.35),
        ({}, "Rate limit reached. Please try again in 1m6.2s.", 66.2),
        ({}, "Slow down.", 2.0),
    ],
)
def test_the_wait_is_read_in_every_form(headers: dict[str, str], prose: str, wait_s: float) -> None:
    found = error_for_status(429, {"error": {"message": prose}}, headers, WHERE, NOW)
    assert isinstance(found, errors.RateLimited)
    assert found.retry_after_s == pytest.approx(wait_s)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "x", "code": "model_not_found"}},
        {
            "error": {
                "message": "The model `gpt-4o` has been deprecated",
                "type": "invalid_request_error",
                "param": None,
            }
        },
        {"error": "model 'gpt-4o' not found"},
        {"detail": "Model gpt-4o does not exist"},
        {"object": "error", "message": "The model `gpt-4o` does not exist.", "code": 404},
        {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}},
    ],
)
def test_a_model_that_is_gone_is_known_in_every_shape(body: dict[str, object]) -> None:
    found = error_for_status(404, body, {}, WHERE, NOW)
    assert isinstance(found, errors.ModelGone)
    assert (found.model, found.replacement) == ("gpt-4o", "gpt-6-luna")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"message": "x", "type": "throttling_error", "code": "429"}}, errors.RateLimited),
        ({"error": {"message": "x", "type": "server_error", "code": 500}}, errors.ProviderDown),
        ({"error": "something broke"}, errors.ProviderDown),
        ({"error": {"type": "exceed_context_size_error", "message": "x"}}, errors.TooLong),
        ({"type": "error", "code": "insufficient_quota", "message": "x"}, errors.NoCredit),
        ({"code": "rate_limit_exceeded", "message": "x"}, errors.RateLimited),
        ({"statusCode": 401, "message": "Access denied due to invalid subscription key"}, errors.AuthFailed),
        (
            {"detail": [{"loc": ["body", "speed"], "msg": "too big", "type": "value_error"}], "status": 422},
            errors.BadRequest,
        ),
        (None, errors.ProviderDown),
    ],
)
def test_errors_inside_a_stream(body: object, kind: type[errors.ProviderError]) -> None:
    assert type(error_for_event(body, WHERE, NOW)) is kind


def chained(problem: Exception, *causes: Exception) -> Exception:
    inner = problem
    for cause in causes:
        inner.__cause__ = cause
        inner = cause
    return problem


@pytest.mark.parametrize(
    ("causes", "detail"),
    [
        ([socket.gaierror(-2, "Name or service not known")], "dns"),
        (
            [OSError("All connection attempts failed"), ExceptionGroup("", [ConnectionRefusedError(111, "no")])],
            "refused",
        ),
        ([ssl.SSLCertVerificationError(1, "certificate verify failed")], "tls"),
        ([OSError(101, "Network is unreachable")], "unreachable"),
    ],
)
def test_ways_to_have_no_network_are_told_apart(causes: list[Exception], detail: str) -> None:
    found = error_from(chained(httpx2.ConnectError("failed"), *causes), WHERE)
    assert isinstance(found, errors.NoNetwork)
    assert found.detail == detail
    assert found.is_retryable


async def test_nobody_listens(make_wire: MakeWire) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(errors.NoNetwork, match=f"Nothing answers at 127.0.0.1:{port}"):
        await reply_to(make_wire(base_url=f"http://127.0.0.1:{port}/v1"))


async def test_an_encrypted_address_on_a_plain_server(make_wire: MakeWire) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        with pytest.raises(errors.NoNetwork) as caught:
            await reply_to(make_wire(base_url=f"https://127.0.0.1:{port}/v1"))
    assert caught.value.detail == "tls"


@pytest.mark.parametrize("url", ["ftp://example.org/v1", "http://"])
async def test_an_address_that_is_none(url: str, make_wire: MakeWire) -> None:
    with pytest.raises(errors.ProviderError) as caught:
        await reply_to(make_wire(base_url=url))
    assert "base URL" in caught.value.hint


async def test_no_key_is_told_before_anything_is_sent(server: LoopbackServer, make_wire: MakeWire) -> None:
    with pytest.raises(errors.NoKey, match="There is no key for OpenAI"):
        await reply_to(make_wire(key=""))
    assert server.requests == []


async def test_a_compatible_server_without_a_key_gets_none(server: LoopbackServer, make_wire: MakeWire) -> None:
    wire = make_wire(key="", name="shed", kind=ProviderKind.COMPATIBLE)
    assert await reply_to(wire) == server.script.chat.text
    assert all("authorization" not in request.headers for request in server.requests)
    server.answer_next("/chat/completions", error(401))
    with pytest.raises(errors.NoKey, match="no key for shed"):
        await reply_to(wire)


async def test_a_short_key_is_not_shown_at_all(server: LoopbackServer, make_wire: MakeWire) -> None:
    server.answer_next("/chat/completions", error(401, "invalid_api_key"))
    with pytest.raises(errors.AuthFailed) as caught:
        await reply_to(make_wire(key="abc123"))
    assert caught.value.message == "OpenAI did not accept the key."


@pytest.mark.parametrize("chat", [CompletionsChat, ResponsesChat])
async def test_neither_key_nor_words_leave_in_errors_logs_or_reprs(
    chat: type[CompletionsChat], server: LoopbackServer, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    echo = error(400, "odd", f"{KEY} said {SECRET_WORDS} to {KEY}", param="messages")
    path = "/chat/completions" if chat is CompletionsChat else "/responses"
    texts: list[str] = [repr(wire), repr(wire.where("m")), repr(chat(wire))]
    with caplog.at_level(logging.DEBUG):
        for answer in (echo, error(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"), faults.rubbish()):
            server.answer_next(path, answer)
            with pytest.raises(errors.ProviderError) as caught:
                [part async for part in chat(wire).reply(ASKED)]
            problem = caught.value
            texts += [problem.message, problem.hint, problem.detail, repr(problem)]
            texts += traceback.format_exception(problem)
            assert problem.__cause__ is None
            assert problem.__context__ is None  # the SDK's exception holds the request, and so the key
    texts += [record.getMessage() for record in caplog.records]
    assert not any(KEY in text or SECRET_WORDS in text for text in texts)


@pytest.mark.parametrize("key", ["sk-first\nsecond-line-of-a-paste", "sk-gr\u00fcn-0123456789"])
async def test_a_paste_that_is_no_key_is_not_sent(key: str, server: LoopbackServer, make_wire: MakeWire) -> None:
    with pytest.raises(errors.AuthFailed, match="cannot be one") as caught:
        await reply_to(make_wire(key=key))
    assert key[-4:] not in caught.value.message
    assert server.requests == []


async def test_space_around_a_key_does_no_harm(server: LoopbackServer, make_wire: MakeWire) -> None:
    assert await reply_to(make_wire(key=f" {KEY}\n"))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
