"""Passages, citations and what a model is told about them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.conversation import Role
from voiceapp.core.own_search import (
    PASSAGE_CHARS,
    Found,
    IndexEstimate,
    best_passage,
    cited,
    cut,
    instructions_for,
    place_of,
    quoted,
)
from voiceapp.core.usage import Cost

ONE = Found("The plumber comes on Friday.", 3, "Boiler", 12, None, Role.USER, 0.0)
TAKE = Found("Call the plumber.", None, "", None, 7, Role.USER, 0.0)


def test_a_long_text_is_cut_at_sentences_and_nothing_is_lost() -> None:
    text = " ".join(f"This is sentence number {number} of a long talk." for number in range(100))
    parts = cut(text)
    assert len(parts) > 3
    assert "".join(part.of(text) for part in parts) == text
    assert all(len(part.of(text)) <= PASSAGE_CHARS and part.of(text).rstrip().endswith(".") for part in parts)


def test_scripts_of_few_characters_a_word_are_cut_shorter() -> None:
    assert max(len(part.of("文" * 2000)) for part in cut("文" * 2000)) < 300


def test_the_passage_with_most_words_of_the_query_is_shown() -> None:
    text = "x " * 600 + ". The red boiler leaks. " + "y " * 600
    assert "red boiler" in best_passage(text, "boiler RED").of(text)


def test_citations_become_links_and_others_stay() -> None:
    reply = "On Friday [1], as you said[2]. See [9] and [here](http://x.example)."
    assert cited(reply, [ONE, TAKE]) == (
        "On Friday [\\[1\\]](voiceapp:message/3/12), as you said[\\[2\\]](voiceapp:take/7). "
        "See [9] and [here](http://x.example)."
    )


def test_a_citation_that_is_a_link_already_is_left_alone() -> None:
    assert cited("[1](http://x.example)", [ONE]) == "[1](http://x.example)"


def test_an_address_leads_back_to_its_message() -> None:
    assert place_of(ONE.address) == (3, 12)
    for other in (TAKE.address, "voiceapp:message/3", "http://x.example", "voiceapp:message/3/12/", ""):
        assert place_of(other) is None


@given(st.text())
def test_any_text_can_be_cited_into(text: str) -> None:
    assert cited(text, []) == text


def test_the_model_is_told_who_said_what_and_when() -> None:
    told = instructions_for([ONE], ["2026-05-12"])
    assert '[1] the person, 2026-05-12, "Boiler":\nThe plumber comes on Friday.' in told
    assert "No passage was found" in instructions_for([], [])


def test_without_a_model_the_passages_are_quoted() -> None:
    assert "2026-05-12: “The plumber comes on Friday.” [1]" in quoted([ONE], ["2026-05-12"])
    assert "nothing" in quoted([], [])


def test_one_text_is_told_as_one() -> None:
    assert IndexEstimate(1, 20, Cost()).words.startswith("1 text, about 20 tokens")
    assert IndexEstimate(2000, 20, Cost()).words.startswith("2,000 texts, about")
