"""A reply on the page: written block by block, and nothing but text whatever it contains."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication, QPalette, QTextDocument
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from voiceapp.core.conversation import Message, Role, Timings
from voiceapp.gui.code_block import CodeBlock
from voiceapp.gui.code_colors import colored
from voiceapp.gui.conversation_entries import Reply
from voiceapp.gui.prose_text import ProseText
from voiceapp.gui.quiet_line import CutLine, Icon
from voiceapp.gui.reply_view import SHOWN_CHARS, ReplyView, timing_words
from voiceapp.gui.theme import Theme

EVERYTHING = """# Title

Some **bold**, *italic* and `code` with a [link](https://example.org/a?b=1&c=2).

1. one
2. two
   - nested

> quoted **words**

| a | b |
|---|--:|
| 1 | 2 |

```python
def f():
    return "x"
```

---

日本語 と 한국어 and עברית, emoji 👩‍🚀 too.
"""


def reply(text: str, *, is_complete: bool = True, heard: int | None = None, at_s: float | None = None) -> Reply:
    message = Message(7, 1, Role.ASSISTANT, text, 1.0, heard_chars=heard, is_complete=is_complete)
    return Reply("message-7", message, 1, at_s)


def finish(view: ReplyView) -> ReplyView:
    while view.has_work:
        view.step()
    return view


def shown(qtbot: QtBot, theme: Theme, text: str, **how: object) -> ReplyView:
    view = ReplyView(theme, reply(text, **how))  # type: ignore[arg-type]
    qtbot.addWidget(view)
    view.resize(600, 400)
    return finish(view)


def words(view: ReplyView) -> list[str]:
    return [(part.text if isinstance(part, CodeBlock) else part).toPlainText() for part in view.parts]


def test_portions_give_the_same_page_as_the_whole(qtbot: QtBot, theme: Theme) -> None:
    dice = random.Random(7)
    grown = ReplyView(theme, reply("", is_complete=False))
    qtbot.addWidget(grown)
    at = 0
    while at < len(EVERYTHING):
        size = dice.randint(1, 12)
        grown.grow(EVERYTHING[at : at + size])
        at += size
        finish(grown)
    grown.set_reply(reply(EVERYTHING))
    whole = shown(qtbot, theme, EVERYTHING)
    assert words(finish(grown)) == words(whole)
    assert grown.blocks == whole.blocks
    assert [type(part) for part in grown.parts] == [type(part) for part in whole.parts]


def test_a_delta_writes_only_the_last_block_again(qtbot: QtBot, theme: Theme) -> None:
    view = shown(qtbot, theme, "First.\n\nSecond.\n\n" * 30 + "Last", is_complete=False)
    writes = view.block_writes
    for word in ["and", "so", "on"]:
        view.grow(" " + word)
        finish(view)
    assert view.block_writes - writes == 3
    assert view.text.endswith("Last and so on")


def test_growing_code_is_appended_to_not_written_again(qtbot: QtBot, theme: Theme) -> None:
    view = shown(qtbot, theme, "```text\n", is_complete=False)
    for number in range(200):
        view.grow(f"line {number}\n")
        finish(view)
    (code,) = view.parts
    assert isinstance(code, CodeBlock)
    assert code.text.document().blockCount() == 200
    assert code.appended_chars <= len(view.text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="http://127.0.0.1:9/x.png" onerror="alert(1)">',
        "<b>not bold</b> &lt;i&gt;",
        '<style>* { color: red }</style>\n\n<table><tr><td background="file:///etc/passwd">',
        "`<b>` and\n\n```html\n<img src=x>\n```",
        "| <b>a</b> |\n|---|\n| <img src=file:///etc/passwd> |",
    ],
)
def test_html_is_shown_as_the_text_it_is(qtbot: QtBot, theme: Theme, text: str) -> None:
    view = shown(qtbot, theme, text)
    together = "\n".join(words(view))
    for piece in ("<script>", "<img", "<b>", "<style>"):
        if piece in text:
            assert piece in together


def test_pictures_are_never_loaded(qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(QTextDocument, "loadResource", lambda *args: asked.append(args))
    view = shown(qtbot, theme, "![a cat](http://127.0.0.1:9/cat.png)\n\n![p](file:///etc/passwd) ![q](cat.png)")
    view.show()
    view.grab()
    assert "a cat" in words(view)[0]
    assert asked == []
    assert "￼" not in "".join(words(view))
    (part,) = view.parts
    assert isinstance(part, ProseText)
    assert part.document().loadResource(2, QUrl("file:///etc/passwd")) is None


@pytest.mark.parametrize(
    "text",
    ["**never closed", "```\nnever closed", "| a | b\n|--", "[half](http://", "> ", "- ", "1.", "***",
     "\x00\ufffd\u202e", "#" * 500, "[" * 2000, "*" * 3000, "`" * 2000, "> " * 300, "\n" * 5000],
)  # fmt: skip
def test_broken_markdown_is_shown_and_nothing_breaks(qtbot: QtBot, theme: Theme, text: str) -> None:
    view = shown(qtbot, theme, text)
    view.grab()
    assert view.text == text


def test_a_megabyte_is_shown_in_portions(qtbot: QtBot, theme: Theme) -> None:
    text = "A sentence with **bold** words and `code` in it, again and again. " * 16_000
    view = shown(qtbot, theme, text)
    assert view.text == text
    assert sum(len(block.text) for block in view.blocks) <= SHOWN_CHARS
    more = next(item for item in view.items if item.objectName() == "show-more")
    assert not more.isHidden()
    before = len(view.blocks)
    more.click()  # type: ignore[attr-defined]
    finish(view)
    assert len(view.blocks) > before


def test_copy_takes_the_markdown_of_all_of_it(qtbot: QtBot, theme: Theme) -> None:
    view = shown(qtbot, theme, EVERYTHING)
    view.footer.copy.click()
    assert QGuiApplication.clipboard().text() == EVERYTHING


def test_a_selection_spans_prose_and_code(qtbot: QtBot, theme: Theme) -> None:
    view = shown(qtbot, theme, "Before `it`.\n\n1. one\n2. two\n\n```sh\nls\n```\n\nAfter.")
    view.selection.select_all()
    assert view.selection.selected_text() == "Before it.\n1. one\n2. two\n\nls\n\nAfter."


def test_the_spoken_words_are_marked_where_they_stand(qtbot: QtBot, theme: Theme) -> None:
    text = "# Head\n\nSome **bold 👩‍🚀 words** and [a link](http://x.example) then `code` here.\n"
    view = shown(qtbot, theme, text)
    (part,) = view.parts
    assert isinstance(part, ProseText)
    for word in ("Head", "Some", "bold", "words", "link", "then", "code", "here."):
        start = text.index(word)
        view.set_spoken(start, start + len(word))
        low, high = part.spoken_positions() or (0, 0)
        assert part.text_between(low, high) == word
        assert not part.spoken_rect().isEmpty() or not view.isVisible()
    view.set_spoken(0, 0)
    assert part.spoken_positions() is None


def test_what_was_not_heard_is_struck_out_to_the_end(qtbot: QtBot, theme: Theme) -> None:
    text = "I was heard until **here** and not a word more.\n\nNor this.\n"
    view = shown(qtbot, theme, text, heard=text.index(" and"), at_s=6.2)
    (part,) = view.parts
    assert isinstance(part, ProseText)
    assert part.struck_text() == " and not a word more.\nNor this."
    assert view.cut_words == "You interrupted at 6.2 s. 7 words were not heard."


def test_nothing_is_said_to_be_unheard_when_all_was_heard(qtbot: QtBot, theme: Theme) -> None:
    text = "All of it."
    view = shown(qtbot, theme, text, heard=len(text))
    assert view.cut_words == ""


def test_every_row_of_a_table_has_an_unbroken_line_below_it(qtbot: QtBot, theme: Theme) -> None:
    view = shown(qtbot, theme, "| a | b | c |\n|---|---|--:|\n| one | two | 3 |\n| four | five | 6 |\n")
    (table,) = view.parts
    assert isinstance(table, ProseText)
    picture = table.grab().toImage()
    line = theme.color("line").rgb()
    rows = [[picture.pixelColor(x, y).rgb() == line for x in range(picture.width())] for y in range(picture.height())]
    lengths = [sum(row) for row in rows if any(row)]
    assert len(lengths) == 3 * round(picture.devicePixelRatio())  # no other line, broken or upright
    assert min(lengths) == max(lengths) > 60


def test_the_sign_of_an_interruption_stands_level_with_its_words(qtbot: QtBot, theme: Theme) -> None:
    line = CutLine(theme)
    qtbot.addWidget(line)
    line.set_text("You interrupted at 5.0 s.")
    line.offer_rest(True)
    line.resize(500, line.sizeHint().height())
    line.grab()
    (icon,), (words, *_) = line.findChildren(Icon), line.findChildren(QLabel)
    assert abs(icon.geometry().center().y() - words.geometry().center().y()) <= 1


def test_the_footer_tells_only_what_was_measured() -> None:
    assert timing_words(Timings(310, 520, 740)) == "heard in 0.31 s · first word 0.52 s · first sound 0.74 s"
    assert timing_words(Timings(None, 520, None)) == "first word 0.52 s"
    assert timing_words(None) == ""


@pytest.mark.parametrize("language", ["python", "shell", "no-such-language", "", "c++"])
def test_colours_lie_within_their_lines(language: str) -> None:
    code = "def f(x):  # 👩‍🚀 comment\n    return 'a' + \"b\"\n"
    lines = code.split("\n")
    for line, ranges in zip(lines, colored(code, language), strict=False):
        units = len(line.encode("utf-16-le")) // 2
        assert all(start >= 0 and start + length <= units for start, length, _ in ranges)


def test_another_look_writes_everything_in_its_colours(qtbot: QtBot, theme: Theme) -> None:
    view = shown(qtbot, theme, EVERYTHING)
    before = words(view)
    theme.set_choice("dark")
    try:
        view.set_look()
        finish(view)
        assert words(view) == before
        (first, *_) = view.parts
        assert isinstance(first, ProseText)
        first.grab()  # a text is dyed when it is painted
        assert first.palette().color(QPalette.ColorRole.Text) == theme.color("ink")
    finally:
        theme.set_choice("light")
