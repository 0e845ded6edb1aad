"""Work in batches as decisions: lines, limits, results in any order, what is tried again, what it costs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.batch import BatchLine, LineState, Task
from voiceapp.core.batch_requests import (
    ATTEMPTS,
    LineResult,
    estimate,
    file_name,
    merged,
    next_file,
    poll_after_s,
    results_from,
    title_of,
)

LINES = [BatchLine(number, f"{number}.txt", f"text {number}") for number in range(1, 6)]
PRICES = {"text_in": 1.0, "text_out": 10.0}


def sent(number: int, attempts: int = 1) -> BatchLine:
    return BatchLine(number, "x.txt", "text", LineState.SENT, attempts)


def line_of(number: int, **fields: object) -> bytes:
    return json.dumps({"custom_id": f"line-{number}", **fields}).encode()


def good(number: int, text: str = "done") -> bytes:
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    body = {"choices": [{"message": {"content": text}}], "usage": usage}
    return line_of(number, response={"status_code": 200, "body": body}, error=None)


@pytest.mark.parametrize("task", Task)
def test_every_line_asks_for_its_own_text(task: Task) -> None:
    data, numbers = next_file(LINES, task, "gpt-6-luna")
    rows = [json.loads(line) for line in data.splitlines()]
    assert numbers == (1, 2, 3, 4, 5)
    assert [row["custom_id"] for row in rows] == [f"line-{number}" for number in numbers]
    assert [row["body"]["messages"][1]["content"] for row in rows] == [line.text for line in LINES]
    assert {(row["method"], row["url"], row["body"]["model"]) for row in rows} == {
        ("POST", "/v1/chat/completions", "gpt-6-luna")
    }


def test_a_file_keeps_both_limits() -> None:
    assert next_file(LINES, Task.TITLE, "m", max_requests=2)[1] == (1, 2)
    size = len(next_file(LINES[:1], Task.TITLE, "m")[0])
    data, numbers = next_file(LINES, Task.TITLE, "m", max_bytes=3 * size)
    assert numbers == (1, 2, 3)
    assert len(data) <= 3 * size
    assert next_file(LINES, Task.TITLE, "m", max_bytes=1)[1] == (1,)


def test_only_lines_that_wait_are_sent() -> None:
    assert next_file([sent(1), BatchLine(2, "b.txt", "b")], Task.TITLE, "m")[1] == (2,)
    assert next_file([sent(1)], Task.TITLE, "m") == (b"", ())


def test_results_come_in_any_order_and_wrong_lines_are_passed_over() -> None:
    data = b"\n".join([good(2), b"rubbish", b"{}", b"[]", b"\xff", line_of(3), good(1, " title \n"), b""])
    found = {result.number: result for result in results_from(data)}
    assert found[1] == LineResult(1, "title", "", False, 7, 3)
    assert set(found) == {1, 2, 3}
    assert found[3].is_worth_retrying


@pytest.mark.parametrize(
    ("response", "error", "is_worth_retrying"),
    [
        ({"status_code": 500, "body": {}}, None, True),
        ({"status_code": 429, "body": {"error": {"code": "rate_limit_exceeded"}}}, None, True),
        ({"status_code": 400, "body": {"error": {"code": "context_length_exceeded"}}}, None, False),
        ({"status_code": 200, "body": {"choices": []}}, None, True),
        (None, {"code": "batch_expired", "message": "x"}, True),
        (None, {"code": "invalid_request", "message": "x"}, False),
    ],
)
def test_only_passing_errors_are_worth_another_attempt(
    response: object, error: object, is_worth_retrying: bool
) -> None:
    (result,) = results_from(line_of(1, response=response, error=error))
    assert (result.text, result.is_worth_retrying) == ("", is_worth_retrying)
    assert result.error


def test_a_failed_line_waits_again_until_its_attempts_are_spent() -> None:
    failure = LineResult(1, error="500", is_worth_retrying=True)
    assert merged([sent(1)], [failure])[0].state is LineState.WAITING
    assert merged([sent(1, ATTEMPTS)], [failure])[0].state is LineState.FAILED
    assert merged([sent(1)], [LineResult(1, error="400")])[0].state is LineState.FAILED


def test_a_line_without_an_answer_is_sent_again() -> None:
    assert merged([sent(1)], [])[0].state is LineState.WAITING


def test_results_for_lines_that_are_done_change_nothing() -> None:
    assert merged([BatchLine(1, "a.txt", "a", LineState.DONE)], [LineResult(1, "other"), LineResult(9, "x")]) == []


@given(st.binary(max_size=300))
def test_any_bytes_are_results_or_passed_over(data: bytes) -> None:
    list(results_from(data))


def test_an_unknown_price_stays_unknown() -> None:
    assert estimate(["word " * 100], Task.SUMMARY, {}).usd is None
    assert estimate(["word " * 100], Task.SUMMARY, {"text_in": 1.0}).usd is None


def test_a_batch_costs_half() -> None:
    found = estimate(["x" * 4_000_000] * 10, Task.CLEAN, PRICES)
    full = (found.tokens_in * 1.0 + found.tokens_out * 10.0) / 1_000_000
    assert found.usd == pytest.approx(full / 2)
    assert found.lines == 10


def test_it_is_asked_rarer_and_rarer() -> None:
    waits = [poll_after_s(polls) for polls in range(20)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5.0, 300.0)


def test_a_result_has_a_name_that_nothing_has() -> None:
    assert file_name("talk", Task.SUMMARY) == "talk.summary.md"
    assert file_name("talk", Task.CLEAN, ["talk.clean.txt", "talk.clean-2.txt"]) == "talk.clean-3.txt"


def test_a_title_is_one_plain_line() -> None:
    assert title_of('\n "The boiler."\nmore') == "The boiler"
    assert title_of("**Heizung**") == "Heizung"
    assert title_of("") == ""
