"""What is typed is understood: in any order, and as the README writes it."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from voiceapp.cli.arguments import parse

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")


def commands() -> Iterator[str]:
    """Every command of the README, in its own block or within a sentence."""
    for block in re.findall(r"```\n(.*?)```", README, re.DOTALL):
        yield from (part.strip() for part in re.split(r"\s{3,}|\n", block) if part.startswith("voiceapp "))
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    yield from (" ".join(found.split()) for found in re.findall(r"`(voiceapp [^`]*)`", prose))


def forms(command: str) -> Iterator[list[str]]:
    """Return *command* without its options, with each of them, and with each of its words to choose from."""
    words_to_choose = re.findall(r"\[([a-z]+(?:\|[a-z]+)+)\]", command)
    options = re.findall(r"\[(--[^\]]*)\]", command)
    bare = re.sub(r"\s*\[[^\]]*\]", "", command)
    for addition in ("", *options, *(word for group in words_to_choose for word in group.split("|"))):
        words = shlex.split(f"{bare} {addition}".replace("TEXT|FILE|-", "TEXT"))
        choices = [word.split("|") if re.fullmatch(r"[a-z]+(\|[a-z]+)+", word) else [word] for word in words]
        for chosen in itertools.product(*choices):
            yield ["1" if word == "N" else word for word in chosen[1:]]


WRITTEN = [form for command in commands() for form in forms(command)]


def test_the_readme_was_read() -> None:
    assert len(WRITTEN) > 40
    assert {"ask", "talk", "say", "transcribe", "devices", "doctor", "takes"} <= {form[0] for form in WRITTEN}


@pytest.mark.parametrize("words", WRITTEN, ids=" ".join)
def test_the_program_understands_what_the_readme_says(words: list[str]) -> None:
    assert parse(words).command == words[0]


def test_names_may_follow_options() -> None:
    for words in (
        ["batch", "start", "--job", "title", "one", "two"],
        ["batch", "--job", "title", "start", "one", "two"],
        ["batch", "start", "one", "--job", "title", "two"],
        ["batch", "start", "one", "two", "--job", "title"],
    ):
        arguments = parse(words)
        assert (arguments.action, arguments.job) == ("start", "title")
        assert arguments.what == ["one", "two"]
    stored = parse(["stores", "make", "--provider", "home", "home", "home"])
    assert (stored.provider, stored.name, stored.paths) == ("home", "home", ["home"])


@pytest.mark.parametrize(
    "words",
    [
        ["devices", "--json", "extra"],
        ["batch", "start", "x", "--nonsense", "y"],
        ["batch", "--job", "poem", "start"],
        ["ask"],
        ["sing"],
        ["say", "hi", "--speed", "9"],
        [],
    ],
    ids=" ".join,
)
def test_what_means_nothing_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse(words)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("voiceapp")
    assert said.count("\n") == 1
