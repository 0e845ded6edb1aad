from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.markdown_texts import markdown_texts
from voiceapp.core.clauses import ClauseSplitter
from voiceapp.core.speakable import speakable
from voiceapp.resources import language_rules

ENGLISH = language_rules().phrases_in("en")

INLINE = [
    # (Markdown, what is said)
    ("plain words", "plain words"),
    ("**bold** and *soft* and __strong__ and _thin_", "bold and soft and strong and thin"),
    ("***both***", "both"),
    ("~~gone~~ stays", "gone stays"),
    ("run `pip install x` now", "run pip install x now"),
    ("``a`b``", "ab"),
    ("`" + "x" * 80 + "` it is", "code it is"),
    ("[the page](https://example.com/a_(b)?c=d) here", "the page here"),
    ('[the page](https://example.com "Title")', "the page"),
    ("[the page][ref] here", "the page here"),
    ("at six ([tides.example](https://tides.example/b?utm=1)).", "at six."),
    ("at six ([one](https://a.example/), [two](https://b.example/x_y)) or so", "at six or so"),
    ("at six (see [the table](https://a.example/))", "at six (see the table)"),
    ("see https://www.example.com/a/b?c=d.", "see example.com."),
    ("(http://example.com/x)", "(example.com)"),
    ("<https://example.com/path>", "example.com"),
    ("![a red boat](boat.png) floats", "a red boat floats"),
    ("fine 👍 and 👩‍👩‍👧‍👦 and 🇩🇪 and 1️⃣ done ❤️", "fine and and and done"),
    ("fish &amp; chips &eacute; &#39;x&#39;", "fish & chips é 'x'"),
    ("<b>bold</b><br>next <span class='a'>x</span>", "bold next x"),
    ("<!-- hidden -->seen", "seen"),
    ("a fact[^1] and more[^note].", "a fact and more."),
    (r"5 \* 3 and \# and \_x\_", "5 times 3 and and x"),
    ("5 * 3 and 4×2", "5 times 3 and 4 times 2"),
    ("a < b", "a less than b"),
    ("C# and issue #5", "C sharp and issue number 5"),
    ("snake_case_name", "snake case name"),
    ("$x + 1$ or $\\frac{1}{2}$", "x + 1 or a formula"),
    ("it costs $5 and $6 now", "it costs $5 and $6 now"),
    ("\\(a^2\\) is", "a formula is"),
    ("**unclosed bold", "unclosed bold"),
    ("closed before** it", "closed before it"),
    ("`unclosed code", "unclosed code"),
    ("[unclosed link](http://exam", "unclosed link"),
    ("line one\nline two  \nline three", "line one line two line three"),
    ("bad \ud83d half \x07bell\u200b", "bad half bell"),
    ("[x] done", "done"),
    ("[ref]: http://example.com", ""),
    ("😀 🎉", ""),
    ("***", ""),
]


@pytest.mark.parametrize(("markdown", "expected"), INLINE)
def test_markup_is_not_spoken(markdown: str, expected: str) -> None:
    assert speakable(markdown, ENGLISH) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [("A title", "A title."), ("A question?", "A question?"), ("Ends (so)", "Ends (so)"), ("😀", "")],
)
def test_the_voice_falls_after_a_heading(markdown: str, expected: str) -> None:
    assert speakable(markdown, ENGLISH, is_closed=True) == expected


@given(markdown_texts())
def test_no_markup_is_ever_spoken(source: str) -> None:
    splitter = ClauseSplitter(language_rules())
    for clause in splitter.push(source) + splitter.finish():
        assert not re.search(r"[*`~|#<>\\\[\]{}\ud800-\udfff\x00-\x1f]|(?<!\w)_|_(?!\w)|https?://", clause.text)


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cc", "Cn", "Cs", "P", "S", "Z", "Cf", "M"]), min_size=1, max_size=30
    )
)
def test_plain_words_are_spoken_as_they_are(text: str) -> None:
    assert speakable(text, ENGLISH) in (text, "")
