"""One mapping of everything that can go wrong on the way to a provider into ``core.errors``.

The SDK's exceptions, httpx2's, error events inside streams and answers that are no protocol at all end here, and
nothing of them goes further: no body, no header, no request.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import httpx2
import openai

from voiceapp.core import errors as e
from voiceapp.openai_api import sentences
from voiceapp.openai_api.facts import Facts, facts_of, retry_after_s
from voiceapp.openai_api.sentences import Where
from voiceapp.openai_api.sse import UNREADABLE, NotTheProtocol, is_html

FAILURES = (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, UnicodeError)
"""What sending a request may raise; anything else is a fault of our own."""
DEFAULT_WAIT_S = 2.0

_NO_CREDIT = {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active"}
_NO_MODEL = {
    "model_not_found",
    "model_not_available",
    "DeploymentNotFound",
    "model_decommissioned",
    "deployment_not_found",
}
_REFUSED = {
    "content_filter", "content_policy_violation", "moderation_blocked", "invalid_prompt", "bio_policy",
    "misalignment_policy_violation", "ResponsibleAIPolicyViolation", "image_content_policy_violation",
}  # fmt: skip
_TOO_LONG = {"context_length_exceeded", "string_above_max_length", "request_too_large", "exceed_context_size_error"}
_TOO_LONG_WORDS = (
    "maximum context length", "context window", "context size", "maximum content size", "too large", "too long",
    "string_too_long", "maximum length", "is longer than",
)  # fmt: skip
_WRONG_KEY = {"invalid_api_key", "invalid_authentication", "authentication_error", "unauthorized", "Unauthorized"}
_LIMIT = {
    "rate_limit_exceeded",
    "rate_limit_error",
    "slow_down",
    "throttling_error",
    "too_many_requests",
    "RateLimitReached",
}
_DOWN = {
    "server_error",
    "internal_server_error",
    "server_is_overloaded",
    "service_unavailable_error",
    "overloaded_error",
}
_BLIND_WORDS = (
    "image input is not supported", "not a multimodal model", "does not support image", "doesn't support image",
    "not support images", "images are not supported", "vision is not supported", "does not support vision",
    "missing data required for image", "image_url is only supported by certain models", "mmproj",
    "unknown variant `image_url`", "does not support file", "file input is not supported",
    "no endpoints found that support image",
)  # fmt: skip
"""How servers say that a model has no eyes; there is no code for it."""
_GONE_WORDS = (
    "not found",
    "does not exist",
    "deprecated",
    "decommissioned",
    "shut down",
    "no longer",
    "not exist",
    "unknown",
)

_CODE_WORDS = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_CLOSING_STATUS = {1008: 403, 1009: 413, 1013: 503, 3000: 401, 3003: 403, 4000: 404}
"""What close codes of a websocket would be as HTTP statuses; 4000: the service speaks another version."""
_GOODBYES = {1000, 1001, 1005, 1012}
"""The service ends a session, by its limits or to restart: the next one is as good."""


def now_utc() -> datetime:
    """The time that a ``retry-after`` date is measured against."""
    return datetime.now(UTC)


def error_from(problem: BaseException, where: Where, now: Callable[[], datetime] = now_utc) -> e.ProviderError:
    """Translate an exception of the SDK, of httpx2 or of our own decoders."""
    match problem:
        case e.ProviderError():
            return problem
        case openai.APIStatusError():
            response = problem.response
            return error_for_status(response.status_code, _body(response), response.headers, where, now())
        case openai.APITimeoutError() | httpx2.TimeoutException() | TimeoutError():
            return sentences.timed_out(where, is_connecting=_is_connecting(problem))
        case openai.APIConnectionError() | httpx2.TransportError() | OSError():
            return _unreachable(problem, where)
        case openai.APIError():
            return error_for_event(problem.body, where, now())
        case NotTheProtocol():
            return sentences.not_the_protocol(problem.kind, where)
        case httpx2.DecodingError() | httpx2.TooManyRedirects() | httpx2.StreamError():
            return sentences.not_the_protocol("rubbish", where)
        case _:
            return sentences.bad_address(where)


def error_for_status(
    status: int, body: object, headers: Mapping[str, str], where: Where, now: datetime
) -> e.ProviderError:
    """Translate an HTTP answer that is not a success."""
    if isinstance(body, str) and is_html(body) and status < 500 and status not in (401, 403, 407, 429):
        return sentences.not_the_protocol("html", where, f"{status} html")
    return _classified(facts_of(body, status), headers, where, now)


def error_for_event(body: object, where: Where, now: datetime | None = None) -> e.ProviderError:
    """Translate an error that came inside a stream, or inside an answer that called itself a success."""
    return _classified(facts_of(body), {}, where, now or now_utc())


def closing_error(code: int, reason: str, where: Where) -> e.ProviderError:
    """Translate the close code of a websocket, with the words that came along."""
    words = _CODE_WORDS.findall(reason.lower())
    facts = Facts(_CLOSING_STATUS.get(code, 0), words[-1] if words else "", prose=reason[:2000].lower())
    error = _classified(facts, {}, where, now_utc())
    if facts.status or not isinstance(error, e.ProviderDown):
        return error
    return sentences.broke_off(where, detail="connection lost" if code in _GOODBYES else f"closed {code}")


def _classified(facts: Facts, headers: Mapping[str, str], where: Where, now: datetime) -> e.ProviderError:
    """Name the trouble. Codes count before statuses: several kinds share a status."""
    code, status, prose, detail = facts.code, facts.status, facts.prose, facts.detail
    if code in _NO_CREDIT or status == 402 or "exceeded your current quota" in prose:
        return sentences.no_credit(where, detail)
    if _is_model_gone(facts):
        return sentences.model_gone(where, detail)
    if any(words in prose for words in _BLIND_WORDS):
        return sentences.cannot_see(where, detail)
    if code in _REFUSED:
        return sentences.refused(where, detail)
    if code in _TOO_LONG or status == 413 or (status in (0, 400, 422) and any(w in prose for w in _TOO_LONG_WORDS)):
        return sentences.too_long(where, detail)
    if status == 401 or code in _WRONG_KEY:
        return sentences.key_refused(where, detail)
    if status in (403, 407):
        return sentences.forbidden(where, detail)
    if status == 429 or code in _LIMIT or "rate limit" in prose:
        wait_s = retry_after_s(headers, prose, now)
        return sentences.rate_limited(where, DEFAULT_WAIT_S if wait_s is None else wait_s, detail)
    return _by_status(facts, where)


def _by_status(facts: Facts, where: Where) -> e.ProviderError:
    status, detail = facts.status, facts.detail
    if status == 408:
        return sentences.timed_out(where)
    if status >= 500 or facts.code in _DOWN or status == 0:
        return sentences.down(where, detail)
    if status in (404, 405):
        return sentences.not_here(where, detail)
    if status < 400:
        return sentences.not_the_protocol("rubbish", where, detail)
    return sentences.bad_request(where, facts.param, detail)


def _is_model_gone(facts: Facts) -> bool:
    if facts.code in _NO_MODEL:
        return True
    about_model = "model" in facts.prose and any(word in facts.prose for word in _GONE_WORDS)
    return about_model and (facts.status in (404, 410) or (facts.status == 400 and facts.param == "model"))


def _unreachable(problem: BaseException, where: Where) -> e.ProviderError:
    causes = tuple(_causes(problem))

    def is_behind(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if is_behind(ssl.SSLError) or any("certificate" in str(cause).lower() for cause in causes):
        return sentences.no_network("tls", where)
    if is_behind(socket.gaierror):
        return sentences.no_network("dns", where)
    if is_behind(ConnectionRefusedError):
        return sentences.no_network("refused", where)
    if is_behind(httpx2.ProxyError):
        return sentences.no_network("proxy", where)
    if is_behind(httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError):
        return sentences.broke_off(where, detail="connection lost")
    if is_behind(httpx2.UnsupportedProtocol, httpx2.InvalidURL):
        return sentences.bad_address(where)
    return sentences.no_network("unreachable", where)


def _is_connecting(problem: BaseException) -> bool:
    return any(isinstance(cause, httpx2.ConnectTimeout | httpx2.PoolTimeout) for cause in _causes(problem))


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """The exception and everything behind it; connection attempts to several addresses come as a group."""
    waiting, seen = [problem], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
        waiting.extend(c for c in (cause.__cause__, cause.__context__) if c is not None)


def _body(response: httpx2.Response) -> object:
    try:
        text = response.text
    except httpx2.ResponseNotRead:
        return ""
    try:
        return json.loads(text)
    except UNREADABLE:
        return text


def prose_of(problem: BaseException) -> str:
    """Return the server's own words, lower case, for looking for signs only; "" where it said nothing."""
    if isinstance(problem, openai.APIStatusError):
        return facts_of(_body(problem.response), problem.response.status_code).prose
    return ""
