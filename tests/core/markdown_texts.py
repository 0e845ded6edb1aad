"""Generated replies: everything that Markdown can be, whole, torn and nonsensical."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = (
    "the a Dr. z. B. 3. Mai 1,000.5 e.g. U.S. and Haus, Ende. Wirklich? ja! J. Smith 5 * 3 2 < 3 C# #5 "
    "snake_case www.example.com https://example.org/a_b?c=*d* file.txt ... – word—word "
    "今日は。 天気、 안녕 ؟ । 😀 "
    "👩‍👩‍👧 🇩🇪 1️⃣ &amp; &lt; \\* "
    "**bold words** *soft* __strong__ _thin_ ~~gone~~ `code` ``a`b`` [text](http://x.y/z_z) "
    "![alt](data:x) [^1] <br> <b>x</b> $x+1$ $\\frac{a}{b}$ \\(y\\) **open *open `open [open (open "
    "\ud800 \x07 \u200b"
)
_WORDS = st.sampled_from(_PIECES.split(" "))
_LINES = st.sampled_from(
    [
        "",
        "---",
        "***",
        "===",
        "# Title",
        "## Title ##",
        "- item",
        "* item",
        "  - sub item",
        "1. first",
        "2) second",
        "> quote",
        "```",
        "```python",
        "~~~",
        "x = 1",
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "$$",
        "\\[",
        "\\]",
        "- [x] done",
        "[^1]: note",
        "[ref]: http://example.com",
        "<!-- hidden -->",
        "    indented",
        "-",
        "1.",
        "#",
        "|",
        "\\",
        "`",
        "**",
    ]
)
_SENTENCES = st.lists(_WORDS, min_size=1, max_size=12).map(" ".join)


def markdown_texts() -> st.SearchStrategy[str]:
    """Return replies of up to some dozen lines, and any text at all."""
    lines = st.lists(st.one_of(_LINES, _SENTENCES), max_size=10).map("\n".join)
    endless = st.builds(
        lambda piece, times, rest: piece * times + rest,
        st.text("abé*_[(`", min_size=1, max_size=5),
        st.integers(1, 300),
        lines,
    )
    return st.one_of(
        lines, lines, endless, st.text(alphabet=" \n*_`#|-=>[]()<>$\\~.1ab!", max_size=60), st.text(max_size=40)
    )
