from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voiceapp.core.conversation import Role, TakeState
from voiceapp.core.search_text import match_expression, snippet
from voiceapp.store import search
from voiceapp.store.schema import SEARCH_TABLE
from voiceapp.store.sqlite import SqliteStore

TEXTS = {
    "de": "Dr. Müller kam um halb vier über die Große Straße.",
    "fr": "Le café était fermé.",
    "ko": "안녕하세요, 오늘 날씨가 어때요?",
    "ja": "今日は東京で雨が降ります。カメラを持って",
    "zh": "我明天去北京开会",
    "en": "The parser can't read foo_bar.py, C++ or 3.14159.",
    "hi": "नमस्ते दुनिया",
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("müller", {"de"}),
        ("Muller", {"de"}),
        ("MÜL", {"de"}),  # while typing
        ("strasse", {"de"}),
        ("große str", {"de"}),
        ("str müll", {"de"}),  # in any order
        ("traße", set()),  # the middle of a word is not its beginning
        ("CAFE", {"fr"}),
        ("안녕", {"ko"}),
        ("하세", {"ko"}),  # inside a word: Korean endings
        ("날씨 어때", {"ko"}),
        ("씨날", set()),
        ("東京", {"ja"}),
        ("京", {"ja", "zh"}),
        ("ガメラ", set()),  # the mark makes another letter
        ("カメ", {"ja"}),
        ("北京开", {"zh"}),
        ("c++", {"ko", "zh", "fr", "de", "en"} & {"fr", "en"}),  # c… : "café", "can't", "C++"
        ("foo_bar", {"en"}),
        ("3.14", {"en"}),
        ("नमस्", {"hi"}),
        ("NOT parser OR", set()),  # words, not syntax
        ("text:parser", set()),
        ('"parser', {"en"}),
        ("parser*", {"en"}),
        ("pars NEAR(", set()),
        ("!!!", set()),
    ],
)
async def test_queries_find_what_a_person_means(store: SqliteStore, query: str, found: set[str]) -> None:
    ids = {}
    for name, text in TEXTS.items():
        head = await store.new_conversation("")
        await store.add_message(head.id, Role.USER, text)
        ids[head.id] = name

    heads = await store.conversations(query)
    assert {ids[head.id] for head in heads} == found
    assert {ids[m.conversation_id] for m in await store.search_texts(query, 10)} == found


async def test_titles_are_found_and_show_themselves(store: SqliteStore) -> None:
    head = await store.new_conversation("Holiday in Norway")
    assert [(h.id, h.snippet) for h in await store.conversations("norw")] == [(head.id, "Holiday in Norway")]
    await store.rename_conversation(head.id, "Taxes")
    assert await store.conversations("norw") == ()
    assert len(await store.conversations("tax")) == 1


async def test_an_empty_query_lists_all_without_snippets(store: SqliteStore) -> None:
    await store.new_conversation("a")
    assert [h.snippet for h in await store.conversations("  ")] == [""]


async def test_a_changed_or_deleted_message_is_found_by_its_new_words_only(store: SqliteStore) -> None:
    head = await store.new_conversation("")
    message = await store.add_message(head.id, Role.ASSISTANT, "apples")
    await store.update_message(message.id, text="pears")
    assert await store.conversations("apples") == ()
    assert [h.snippet for h in await store.conversations("pears")] == ["pears"]
    await store.delete_message(message.id)
    assert await store.conversations("pears") == ()


async def test_a_take_without_a_message_is_found_by_tools_and_one_with_only_once(store: SqliteStore) -> None:
    head = await store.new_conversation("")
    alone, used = [await store.begin_take(16000, head.id) for _ in range(2)]
    for writer in (alone, used):
        writer.finish(TakeState.RECORDED)
        await store.update_take(writer.take.id, state=TakeState.TRANSCRIBED, text="the lost umbrella")
    said = await store.add_message(head.id, Role.USER, "the lost umbrella", take_id=used.take.id)

    found = await store.search_texts("umbrella", 10)

    assert {(m.id, m.take_id) for m in found} == {(said.id, used.take.id), (0, alone.take.id)}


async def test_the_limit_holds_and_the_best_comes_first(store: SqliteStore) -> None:
    head = await store.new_conversation("")
    await store.add_message(head.id, Role.USER, "tea " + "and many other words " * 20)
    best = await store.add_message(head.id, Role.USER, "tea tea")
    assert [m.id for m in await store.search_texts("tea", 1)] == [best.id]


async def test_a_damaged_index_is_built_anew(store: SqliteStore, tmp_path: Path) -> None:
    head = await store.new_conversation("")
    await store.add_message(head.id, Role.USER, "still here")
    with sqlite3.connect(store.database, isolation_level=None) as db:
        db.execute("UPDATE search_data SET block = x'ff00ff00ff' WHERE id > 1")
    db.close()
    assert [h.snippet for h in await store.conversations("still")] == ["still here"]


def test_a_snippet_surrounds_the_word() -> None:
    text = "word " * 40 + "the Straße at night " + "word " * 40
    shown = snippet(text, "strasse", 60)
    assert "Straße" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= 62


@given(text=st.text(max_size=300), query=st.text(max_size=20), width=st.integers(10, 120))
def test_a_snippet_is_always_a_part_of_the_text(text: str, query: str, width: int) -> None:
    shown = snippet(text, query, width).removeprefix("…").removesuffix("…")
    assert len(shown) <= width
    assert shown in " ".join(text.split()) + "…"


SYNTAX = st.sampled_from(
    ['"', "*", "^", "-", "+", ":", "(", ")", "{", "}", "AND", "OR", "NOT", "NEAR", "words", " ", "\x00"]
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(query=st.one_of(st.text(max_size=200), st.lists(st.one_of(SYNTAX, st.text(max_size=3))).map("".join)))
def test_no_query_is_an_error_for_the_database(query: str) -> None:
    db = sqlite3.connect(":memory:")
    db.execute(SEARCH_TABLE)
    search.put(db, search.Kind.MESSAGE, 1, query)
    expression = match_expression(query)
    if expression:
        found = db.execute("SELECT rowid FROM search WHERE search MATCH ?", [expression]).fetchall()
        if len(expression) < 60:  # long queries are cut
            assert found == [(5,)], "a text is found by itself"
    db.close()


TABLE = """Prices:

| Fruit | Price |
|:------|------:|
| pears | 2 |

Ask - or not | as you like."""


def test_of_a_table_only_the_cells_are_shown() -> None:
    assert snippet(TABLE, "pears") == "Prices: Fruit · Price pears · 2 Ask - or not | as you like."
    assert snippet("|---|---|", "pears") == ""
