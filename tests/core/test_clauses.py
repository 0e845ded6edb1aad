from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.markdown_texts import markdown_texts
from voiceapp.core.clauses import Clause, ClauseSplitter, heard_chars
from voiceapp.resources import language_rules

RULES = language_rules("en")


def split(source: str, *, step: int = 5, language: str = "en") -> list[Clause]:
    splitter = ClauseSplitter(language_rules(language))
    clauses: list[Clause] = []
    for at in range(0, len(source), step):
        clauses += splitter.push(source[at : at + step])
    return clauses + splitter.finish()


def said(source: str, language: str = "en") -> list[str]:
    return [clause.text for clause in split(source, language=language)]


SENTENCES = [
    # (source, the clauses that it is spoken in)
    ("Dr. Müller kam um 3.30 Uhr. Dann ging er.", ["Dr. Müller kam um 3.30 Uhr.", "Dann ging er."]),
    ("Es gibt z. B. Äpfel. Und Birnen.", ["Es gibt z. B. Äpfel.", "Und Birnen."]),
    ("Es gibt z.B. Äpfel. Und Birnen.", ["Es gibt z.B. Äpfel.", "Und Birnen."]),
    ("Sie war am 3. Mai hier. Er nicht.", ["Sie war am 3. Mai hier.", "Er nicht."]),
    ("Im 19. Jahrhundert war das so. Heute nicht.", ["Im 19. Jahrhundert war das so.", "Heute nicht."]),
    ("Äpfel, u. a. Boskop. Das reicht.", ["Äpfel, u. a. Boskop.", "Das reicht."]),
    ("He paid 1,000.5 euros. Then he left.", ["He paid 1,000.5 euros.", "Then he left."]),
    ("It needs v2.1.3 or newer. Update it.", ["It needs v2.1.3 or newer.", "Update it."]),
    ("Mr. J. Smith met Mrs. Jones. They talked.", ["Mr. J. Smith met Mrs. Jones.", "They talked."]),
    ("He lives in the U.S. now. She does not.", ["He lives in the U.S. now.", "She does not."]),
    ("He lives in the U.S. The weather is good.", ["He lives in the U.S.", "The weather is good."]),
    ("Take No. 5 first. No. That is wrong.", ["Take No. 5 first.", "No.", "That is wrong."]),
    ("Open file.txt, please. Now.", ["Open file.txt, please.", "Now."]),
    ("See www.example.com for it. Good.", ["See example.com for it.", "Good."]),
    ("It began in 2024. Then it ended.", ["It began in 2024.", "Then it ended."]),
    ("Well... maybe it is so. Or not.", ["Well... maybe it is so.", "Or not."]),
    ("Use fruit, e.g. apples. Eat them.", ["Use fruit, e.g. apples.", "Eat them."]),
    ("We meet at 5 p.m. It is late.", ["We meet at 5 p.m.", "It is late."]),
    ("“Really?” she asked me. Yes.", ["“Really?” she asked me.", "Yes."]),
    ("Is it so? Yes! Good.", ["Is it so?", "Yes!", "Good."]),
    ("He wrote “Come home.” Then he slept.", ["He wrote “Come home.”", "Then he slept."]),
    ("안녕하세요? 오늘은 날씨가 좋습니다.", ["안녕하세요?", "오늘은 날씨가 좋습니다."]),
    ("今日はいい天気ですね。散歩に行きましょう。", ["今日はいい天気ですね。", "散歩に行きましょう。"]),
    ("你好！今天我们去公园吧。", ["你好！", "今天我们去公园吧。"]),
    ("「はい。」と彼は言いました。", ["「はい。」", "と彼は言いました。"]),
    ("هل أنت هنا؟ نعم أنا هنا.", ["هل أنت هنا؟", "نعم أنا هنا."]),
    ("यह अच्छा है। मैं खुश हूँ।", ["यह अच्छा है।", "मैं खुश हूँ।"]),
]


@pytest.mark.parametrize(("source", "expected"), SENTENCES)
def test_sentences_end_at_their_own_marks(source: str, expected: list[str]) -> None:
    assert said(source) == expected


BLOCKS = [
    ("# Plan\n\nWe start now.", ["Plan.", "We start now."]),
    ("Plan\n====\nWe start now.", ["Plan.", "We start now."]),
    ("You need:\n- milk\n- eggs\n", ["You need:", "milk.", "eggs."]),
    ("1. Mix it\n2. Bake it\n\nDone.", ["1. Mix it.", "2. Bake it.", "Done."]),
    ("- [x] milk\n- [ ] eggs", ["milk.", "eggs."]),
    ("One\n\n---\n\nTwo", ["One", "Two"]),
    ("> quoted words\n> and more of them", ["quoted words and more of them"]),
    ("```python\nx = 1\ny = 2\n```", ["Code in Python, 2 lines, is in the window."]),
    ("Look:\n\n```\nx = 1\n```\nSo it is.", ["Look:", "Code, one line, is in the window.", "So it is."]),
    ("~~~js\nlet x\n\n\n~~~", ["Code in JavaScript, 3 lines, is in the window."]),
    ("````\n```\nx\n```\n````\nEnd.", ["Code, 3 lines, is in the window.", "End."]),
    ("```<x>_y\nx", ["Code in Xy, one line, is in the window."]),
    ("```rust\nfn main() {}", ["Code in Rust, one line, is in the window."]),
    ("- run\n  ```sh\n  ls\n  ```\n- stop", ["run.", "Code in shell, one line, is in the window.", "stop."]),
    ("| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n\nSo.", ["A table with 2 rows is in the window.", "So."]),
    ("| a | b |\n|---|---|\n| 1 | 2 |", ["A table with one row is in the window."]),
    ("|x| is never negative.", ["x is never negative."]),
    ("It is:\n$$\n\\frac{a}{b}\n$$\nGood.", ["It is:", "A formula is in the window.", "Good."]),
    ("\\[ x^2 \\]", ["A formula is in the window."]),
    ("Das ist nicht gut, aber hier ist die Tabelle:\n\n|a|b|\n|-|-|\n|1|2|\n|3|4|", None),
]


@pytest.mark.parametrize(("source", "expected"), BLOCKS)
def test_blocks_are_separate_and_code_and_tables_announced(source: str, expected: list[str] | None) -> None:
    if expected is None:
        assert said(source)[-1] == "Eine Tabelle mit 2 Zeilen steht im Fenster."
    else:
        assert said(source) == expected


A_WHOLE_REPLY = """Sure! Here's how you can **sort a list** in Python:

1. **Use `sorted()`**: It returns a new list. It does not change the original.
2. **Use `list.sort()`**: It sorts in place,
   and returns `None`.

   ```python
   xs = [3, 1, 2]
   xs.sort()
   ```

| Method | Returns |
|--------|---------|
| `sorted()` | list |

> **Note:** Both are stable, i.e. equal items keep their order (see [the docs](https://docs.python.org/3/)).

Let me know if you need more! 😊"""


def test_a_reply_as_models_write_it() -> None:
    assert said(A_WHOLE_REPLY) == [
        "Sure!",
        "Here's how you can sort a list",
        "in Python:",
        "1. Use sorted(): It returns a new list. It does not change the original.",
        "2. Use list.sort(): It sorts in place, and returns None.",
        "Code in Python, 2 lines, is in the window.",
        "A table with one row is in the window.",
        "Note: Both are stable, i.e. equal items keep their order (see the docs).",
        "Let me know if you need more!",
    ]


def test_announcements_follow_the_chosen_language_when_the_reply_is_only_code() -> None:
    assert said("```py\nx\n```", "de") == ["Programmtext in Python, eine Zeile, steht im Fenster."]


@pytest.mark.parametrize(
    "source", ["", "   \n\n", "---", "***\n\n---\n", "😀", "**", "<br>", "- \n- \n", "\x00\ud83d", "...", "[^1]"]
)
def test_a_reply_without_words_has_no_clauses(source: str) -> None:
    assert split(source) == []


def first_clause(words: list[str], form: str) -> tuple[str, int]:
    """Return the first clause and after how many tokens it was there."""
    splitter = ClauseSplitter(RULES)
    for count, word in enumerate(words, start=1):
        if clauses := splitter.push(form.format(word)):
            return clauses[0].text, count
    raise AssertionError("no clause")


TEXT = (
    "kindly listen while these plain tokens travel along slowly toward another quiet ending without marks "
    "under blue skies today friends."
)
TWENTY = TEXT.split()


@pytest.mark.parametrize("form", [" {}", "{} "])
def test_the_first_clause_is_there_after_eight_tokens_without_any_comma(form: str) -> None:
    text, tokens = first_clause(TWENTY, form)
    assert (len(text.split()), tokens) == (7, 8)


FIRST = [
    ("Sure, I can help you with that today.", "Sure, I can help you with that today."),
    ("In the old days, people walked much more than now.", "In the old days,"),
    ("The people in this small town and their neighbours agree on it.", "The people in this small town"),
    (
        "The capital city of the country is the beautiful old town Bern.",
        "The capital city of the country is the beautiful",
    ),
    ("We will all happily go with John F. Kennedy to the moon.", "We will all happily go with John F. Kennedy"),
    (
        "Please type the long command `git log --oneline --graph` in there now.",
        "Please type the long command git log --oneline --graph",
    ),
    ("I would say it costs about 5 million euros in this case.", "I would say it costs about 5 million"),
]


@pytest.mark.parametrize(("source", "first"), FIRST)
def test_the_first_clause_is_early_but_not_silly(source: str, first: str) -> None:
    assert said(source)[0] == first


def test_later_clauses_are_whole_sentences() -> None:
    sentence = " ".join(TWENTY)
    clauses = said(" ".join([sentence] * 6))
    assert clauses[0] == " ".join(TWENTY[:7])
    assert clauses[1] == " ".join(TWENTY[7:])
    assert clauses[2:] == [sentence] * 5


def test_a_long_sentence_is_cut_at_its_pauses_and_none_grows_without_limit() -> None:
    source = "It began. " + ", ".join(["some words about nothing in particular"] * 40) + "."
    clauses = said(source)
    assert all(len(text) <= 300 for text in clauses)
    assert all(text[-1] in ",." for text in clauses)


def test_text_without_spaces_is_cut_anywhere() -> None:
    clauses = said("ค" * 2000)
    assert "".join(clauses) == "ค" * 2000
    assert all(len(text) <= 402 for text in clauses)


@given(markdown_texts(), st.lists(st.integers(1, 40), min_size=1))
def test_the_chunking_does_not_matter(source: str, sizes: list[int]) -> None:
    splitter, clauses, at, turn = ClauseSplitter(RULES), [], 0, 0
    while at < len(source):
        size = sizes[turn % len(sizes)]
        clauses += splitter.push(source[at : at + size])
        at, turn = at + size, turn + 1
    assert clauses + splitter.finish() == split(source, step=1)


@given(markdown_texts())
def test_clauses_tile_the_source_and_are_never_empty(source: str) -> None:
    position = 0
    for clause in split(source):
        assert clause.text.strip() == clause.text != ""
        assert clause.start == position <= clause.end <= len(source)
        position = clause.end


@given(markdown_texts(), st.floats(0, 1), st.floats(0, 1))
def test_what_was_heard_lies_in_the_clause_and_never_falls(source: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    for clause in split(source):
        assert clause.start <= heard_chars(clause, low, source) <= heard_chars(clause, high, source) <= clause.end
        assert heard_chars(clause, 0, source) == clause.start
        assert heard_chars(clause, 1, source) == clause.end


HEARD = [
    ("one two three four.", 0.4, "one two"),
    ("one **two three** four.", 0.45, "one **two"),
    ("See [the page](http://example.com/the/page) now please.", 0.6, "See [the page"),
    ("今日はいい天気です。", 0.5, "今日はいい"),
    ("```py\nx = 1\n```", 0.9, ""),
]


@pytest.mark.parametrize(("source", "fraction", "heard"), HEARD)
def test_the_position_follows_the_last_whole_word(source: str, fraction: float, heard: str) -> None:
    (clause,) = split(source)
    assert source[: heard_chars(clause, fraction, source)] == heard


@pytest.mark.parametrize(
    "piece",
    [
        "word ",
        "😀. ",
        "(",
        "```\n",
        "| a\n",
        "- ",
        "*",
        "a",
        "1. ",
        "[x](",
        "> ",
        "\\",
        "<a ",
        "$",
        "=",
        "- - - -\n",
        "_a",
        "`",
        "#",
        "[",
        "\n",
    ],
)
def test_the_work_grows_with_the_text_and_not_with_its_square(piece: str) -> None:
    def steps(repeats: int) -> int:
        count = 0

        def tick(*_: object) -> None:
            nonlocal count
            count += 1

        splitter = ClauseSplitter(RULES)
        sys.setprofile(tick)
        try:
            splitter.push(piece * repeats)
            splitter.finish()
        finally:
            sys.setprofile(None)
        return count

    assert steps(1600) < 2.6 * steps(800) + 2000
