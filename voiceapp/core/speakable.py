"""What of a piece of Markdown is said aloud: words without their markup.

Inline structure is read by markdown-it; what remains of markup after a cut in its middle is swept away, because no
voice should ever say "asterisk".
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from voiceapp.core.language import Phrases

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

CODE_LIMIT_CHARS = 60
"""Inline code up to this length is read, longer code is only named."""

_URL = re.compile(r"(?:https?|ftp)://[^\s<>\"]+|\bwww\.[^\s<>\"]+", re.IGNORECASE)
_EMOJI = re.compile(
    r"[0-9#*]\ufe0f?\u20e3"
    r"|[\U0001f000-\U0001faff\u2600-\u27bf\u2300-\u23ff\u2b00-\u2bff\u25a0-\u25ff\u2190-\u21ff\u3030\u303d\u3297\u3299]"
    r"|[\ufe00-\ufe0f\u200d\u20e3\U000e0000-\U000e007f]"
)
_FORMULA = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$|\$(?=\S)([^$\n]+?)(?<=\S)\$(?!\d)")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:?|【[^】]*】")
_CITATION = re.compile(r"\[\\?\[\d{1,2}\\?\]\]\(voiceapp:[^)]*\)|(?<![\w\[\\])\[\d{1,2}\](?![(\]])")
_SOURCES = re.compile(r"\s*\(\s*(?:\[[^\]\n]*\]\(https?://[^)\s]*\)[\s,;]*)+\)")
"""A parenthesis that holds nothing but links to the web: where a sentence comes from, not what it says."""
_DEFINITION = re.compile(r"^\s*\[[^\]^]+\]:\s*\S+(?:\s+\"[^\"]*\")?", re.MULTILINE)
_LABEL = re.compile(r"(?<=\])\[[^\]\[]*\]|(?<=\])\([^)\s]*$")
_TASK = re.compile(r"^\s*\[[ xX]\]\s+")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_UNSPEAKABLE = re.compile(
    r"[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffc\ufffd]"
)
_TIMES = re.compile(r"(?<=\d)\s*[*×]\s*(?=\d)")
_COMPARED = re.compile(r"(?<=\w)\s+([<>])\s+(?=\w)")
_NUMBER = re.compile(r"(?<![\w&])#(?=\d)")
_SHARP = re.compile(r"\b([A-GF])#(?!\w)")
_MARKUP = re.compile(r"[*`~|#<>\\^\[\]{}]+|(?<!\w)_+|_+(?!\w)|={2,}|-{3,}|_")


@lru_cache(maxsize=1)
def _inline() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 40 ms that the start does without

    return MarkdownIt("commonmark").enable("strikethrough")


def speakable(markdown: str, phrases: Phrases, *, is_closed: bool = False) -> str:
    """Return *markdown* (inline, any part of a block) as it is said; may be empty.

    *is_closed*: a heading or list item: a full stop is added where no mark ends it, so that the voice falls.
    """
    if not any(char.isalnum() for char in markdown):
        return ""
    text = _SOURCES.sub("", _CITATION.sub("", _UNSPEAKABLE.sub("", markdown)))
    text = _DEFINITION.sub("", _TASK.sub("", _COMMENT.sub(" ", _FOOTNOTE.sub("", _LABEL.sub("", text)))))
    text = _FORMULA.sub(lambda found: _formula(found, phrases), text)
    tokens = _inline().parseInline(text)
    said = "".join(_said(token, phrases) for token in (tokens[0].children or ()))
    said = _spoken_signs(html.unescape(said), phrases)
    said = _MARKUP.sub(lambda found: " " if found[0] == "_" else "", _EMOJI.sub("", _UNSPEAKABLE.sub("", said)))
    said = re.sub(r"\s+([,.;:!?])(?=\s|$)", r"\1", " ".join(said.split()))
    if not any(char.isalnum() for char in said):
        return ""
    said = said.lstrip(" ,;:.!?)-–—").rstrip(" -–—(")
    return said + "." if is_closed and said[-1].isalnum() else said


def _said(token: Token, phrases: Phrases) -> str:
    match token.type:
        case "text":
            return _URL.sub(_host, token.content)
        case "code_inline":
            is_short = len(token.content) <= CODE_LIMIT_CHARS
            return _URL.sub(_host, token.content) if is_short else phrases.inline_code
        case "softbreak" | "hardbreak":
            return " "
        case "image":
            return token.content
        case "html_inline":
            return " " if token.content[:3].lower() == "<br" else ""
        case _:
            return ""


def _host(found: re.Match[str]) -> str:
    """Return the name of the computer that an address points to, and the punctuation that followed it."""
    address = found[0].rstrip(".,;:!?)'\"*_")
    try:
        host = urlsplit(address if "://" in address else f"https://{address}").hostname or ""
    except ValueError:
        host = ""
    return host.removeprefix("www.") + found[0][len(address) :]


def _formula(found: re.Match[str], phrases: Phrases) -> str:
    """Read a formula without commands as it stands ("x = 5"), name any other."""
    body = next(group for group in found.groups() if group is not None)
    if re.fullmatch(r"[\w\s.,+=]{1,24}", body):
        return body
    if found[0][0] == "$" and re.match(r"\d", body) and not re.search(r"[\\^_={}]", body):
        return found[0]  # two prices, not a formula
    return phrases.inline_formula


def _spoken_signs(text: str, phrases: Phrases) -> str:
    text = _TIMES.sub(f" {phrases.times} ", text)
    text = _COMPARED.sub(lambda found: f" {phrases.less if found[1] == '<' else phrases.greater} ", text)
    text = _NUMBER.sub(f"{phrases.number} ", text)
    return _TAG.sub("", _SHARP.sub(rf"\1 {phrases.sharp}", text))
