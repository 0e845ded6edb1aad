"""Rules and decisions of moderation, and cutting texts into passages."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.checks import Checked, Part, Subject, SubjectKind, as_report, as_table, excerpt, logged
from voiceapp.core.errors import ConfigError
from voiceapp.core.moderation import (
    CATEGORIES,
    Action,
    Checkpoint,
    Decision,
    OnFailure,
    Policy,
    Rule,
    Score,
    Verdict,
    advice_for,
    decide,
    decide_failure,
    exceeded,
    figure,
    joined,
    name_of,
)
from voiceapp.core.passages import Passage, passages
from voiceapp.core.settings import OPENAI, Choice, Job, Provider, ProviderKind, Settings, validated
from voiceapp.core.transcript_reading import words_of

VIOLENT = Verdict((Score("hate", 0.1), Score("violence", 0.71, is_flagged=True)), is_flagged=True)
BLOCK = Rule(Action.BLOCK)


def test_every_category_has_a_name_and_advice_of_its_own() -> None:
    assert len(CATEGORIES) == 13
    assert len({name_of(category) for category in CATEGORIES}) == 13
    assert len({advice_for(category) for category in CATEGORIES}) == 13
    assert name_of("S1") == "S1"


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({}, ["violence"]),  # the service's flag decides
        ({"violence": 0.9}, []),  # the person allows more than the service
        ({"hate": 0.1}, ["violence", "hate"]),  # and less
        ({"violence": 0.71}, ["violence"]),  # from the limit on
    ],
)
def test_the_persons_limit_decides_where_there_is_one(limits: dict[str, float], found: list[str]) -> None:
    assert [score.category for score in exceeded(VIOLENT, limits)] == found


def test_without_a_score_the_flag_decides() -> None:
    verdict = Verdict((Score("hate", None, is_flagged=True), Score("sexual", None)), is_flagged=True)
    assert [s.category for s in exceeded(verdict, {"hate": 0.99, "sexual": 0.01})] == ["hate"]


def test_a_flag_without_categories_counts() -> None:
    assert decide(Verdict((), is_flagged=True), Policy(input=BLOCK), Checkpoint.INPUT) is Decision.BLOCKED


@pytest.mark.parametrize("checkpoint", [c for c in Checkpoint if c is not Checkpoint.BY_HAND])
def test_each_checkpoint_has_its_own_rule(checkpoint: Checkpoint) -> None:
    policy = Policy(**{checkpoint.value: Rule(Action.BLOCK, OnFailure.CLOSED)})  # type: ignore[arg-type]
    others = [c for c in Checkpoint if c is not checkpoint]
    assert decide(VIOLENT, policy, checkpoint) is Decision.BLOCKED
    assert decide_failure(policy, checkpoint) is Decision.HELD
    assert {decide(VIOLENT, policy, other) for other in others} == {Decision.SHOWN}
    assert {decide_failure(policy, other) for other in others} == {Decision.UNCHECKED}
    assert decide(Verdict((Score("hate", 0.1),)), policy, checkpoint) is Decision.PASSED


def test_defaults_check_nothing_and_fail_open() -> None:
    policy = Policy()
    rules = [policy.rule(c) for c in Checkpoint if c is not Checkpoint.BY_HAND]
    assert set(rules) == {Rule(Action.OFF, OnFailure.OPEN)}


def test_the_whole_is_the_worst_of_its_parts() -> None:
    whole = joined([VIOLENT, Verdict((Score("hate", 0.4), Score("violence", 0.2), Score("sexual", None)), model="m")])
    assert {score.category: (score.value, score.is_flagged) for score in whole.scores} == {
        "hate": (0.4, False),
        "violence": (0.71, True),
        "sexual": (None, False),
    }
    assert whole.is_flagged
    assert whole.model == "m"
    assert [score.category for score in whole.ranked()] == ["violence", "hate", "sexual"]


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.7123, "0.71"), (0.0, "0.00"), (0.0004, "0.0004"), (1e-6, "< 0.0001"), (None, ""), (1, "1.00")],
)
def test_figures(value: float | None, words: str) -> None:
    assert figure(value) == words


@given(st.text(alphabet=st.sampled_from("ab .,\n!。 "), max_size=400), st.integers(2, 60))
def test_passages_are_the_text(text: str, size: int) -> None:
    found = passages(text, size)
    assert all(0 < piece.end - piece.start <= size for piece in found)
    assert "".join(piece.of(text) for piece in found).split() == text.split() or "".join(
        "".join(piece.of(text) for piece in found).split()
    ) == "".join(text.split())
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    covered = {n for piece in found for n in range(piece.start, piece.end)}
    assert all(text[n].isspace() for n in set(range(len(text))) - covered)


def test_passages_end_where_the_text_does() -> None:
    text = "First paragraph, short.\n\nSecond one. It has two sentences.\n\nThird."
    assert [piece.of(text).strip() for piece in passages(text, 40)] == [
        "First paragraph, short.",
        "Second one. It has two sentences.",
        "Third.",
    ]
    assert [
        p.of("One sentence. Another sentence here.").strip()
        for p in passages("One sentence. Another sentence here.", 25)
    ] == [
        "One sentence.",
        "Another sentence here.",
    ]


def test_the_part_that_was_meant_is_found() -> None:
    text = "Good morning. He raises the axe."
    parts = (Part(Passage(0, 13), Verdict((Score("violence", 0.1),))), Part(Passage(14, 32), VIOLENT))
    checked = Checked(Subject(SubjectKind.TEXT), Checkpoint.INPUT, Decision.BLOCKED, text, parts)
    part = checked.part_for("violence")
    assert part is not None
    assert part.passage.of(text) == "He raises the axe."
    assert checked.part_for("sexual") is None
    report = as_report(checked)
    assert json.loads(json.dumps(report)) == report
    assert report["exceeded"] == ["violence"]
    assert [passage["text"] for passage in report["passages"]] == ["Good morning.", "He raises the axe."]  # type: ignore[attr-defined]


def test_a_line_of_the_log_keeps_little_and_a_draft_whole() -> None:
    long = "word " * 400
    passed = Checked(Subject(SubjectKind.MESSAGE, 3), Checkpoint.REPLY, Decision.PASSED, long)
    line = logged(passed, 12.0)
    assert len(line.excerpt) <= 120
    assert (line.draft, line.checked_at, len(line.digest)) == ("", 12.0, 16)
    held = logged(Checked(Subject(SubjectKind.TEXT), Checkpoint.INPUT, Decision.HELD, long), 12.0)
    assert held.draft == long
    assert held.digest == line.digest
    assert "draft" not in as_table(held)
    assert excerpt("  a\n b ") == "a b"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        (
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,000\nHello\nthere.\n\n2\n00:00:02,000 --> 00:00:03,000\n42\n",
            "Hello there.\n42",
        ),
        ("a.vtt", "WEBVTT\n\nNOTE private\n\n00:01.000 --> 00:02.000 align:left\n<v Ann>Hello</v>\n", "Hello"),
        (
            "a.json",
            '{"event": "transcript", "text": "Hello."}\n{"event": "transcript", "text": "Bye."}\n',
            "Hello.\nBye.",
        ),
        ("a.json", "not json", "not json"),
        ("a.md", "\ufeff# Title", "# Title"),
    ],
)
def test_transcripts_are_read_as_words(name: str, data: str, words: str) -> None:
    assert words_of(data, name) == words


def test_limits_out_of_range_are_refused() -> None:
    for limit in (0.0, -1.0, 1.01):
        with pytest.raises(ConfigError):
            validated(Settings(moderation=Policy(limits={"hate": limit})))


def test_who_checks_follows_the_work_unless_chosen() -> None:
    shed = Provider("shed", ProviderKind.COMPATIBLE, "http://localhost:1")
    settings = Settings(providers=(*Settings().providers, shed))
    assert settings.checker().provider == "local"
    assert settings.with_provider("openai").checker().provider == OPENAI.name
    assert settings.with_provider("shed").checker().provider == "local"
    chosen = Settings(settings.providers, jobs={Job.MODERATION.value: Choice("shed", "guard")})
    assert chosen.with_provider("openai").checker() == Choice("shed", "guard")
