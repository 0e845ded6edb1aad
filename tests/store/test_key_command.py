"""Keys that a real command prints: renewed before their end, and never in what is said about a failure."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from voiceapp.core.errors import NoKey
from voiceapp.store.key_command import CommandKey

NOW_S = 1_790_000_000.0


class Clock:
    """Stands still."""

    def __init__(self) -> None:
        self.now_s = NOW_S


def printing(folder: Path, *outputs: str, code: int = 0) -> str:
    """Return a command that prints one of *outputs* after the other, the last for good, and counts its runs."""
    script = folder / "sign in.py"
    script.write_text(
        "import pathlib, sys\n"
        f"count = pathlib.Path({str(folder / 'count')!r})\n"
        "n = len(count.read_text()) if count.exists() else 0\n"
        "count.write_text('x' * (n + 1))\n"
        f"outputs = {outputs!r}\n"
        "print(outputs[min(n, len(outputs) - 1)])\n"
        "print('complaint with sk-secret', file=sys.stderr)\n"
        f"sys.exit({code})\n"
    )
    return f'"{sys.executable}" "{script}"'


def runs(folder: Path) -> int:
    count = folder / "count"
    return len(count.read_text()) if count.exists() else 0


def test_a_token_is_asked_for_again_before_it_ends_and_not_earlier(tmp_path: Path) -> None:
    outputs = [json.dumps({"token": f"t{n}", "expires_on": NOW_S + 3600 * (n + 1)}) for n in range(3)]
    seen: list[str] = []
    clock = Clock()
    key = CommandKey("Azure OpenAI", printing(tmp_path, *outputs), seen.append, lambda: clock.now_s)
    assert key.last() == ""
    assert [key.get(), key.get()] == ["t0", "t0"]
    due = []
    for more_s in (3200, 101):
        clock.now_s += more_s
        due.append(key.is_due)
    assert due == [False, True]
    assert [key.last(), key.get(), key.get()] == ["t0", "t1", "t1"]
    key.forget("t0")  # an answer to a request that was sent with the old one
    assert key.get() == "t1"
    key.forget("t1")
    assert key.get() == "t2"
    assert seen == ["t0", "t1", "t2"]  # each is struck out of the log
    assert runs(tmp_path) == 3


def test_while_it_cannot_be_renewed_the_old_one_serves_until_its_end(tmp_path: Path) -> None:
    clock = Clock()
    outputs = (json.dumps({"token": "t0", "expires_on": NOW_S + 3600}), "please sign in")
    key = CommandKey("Azure OpenAI", printing(tmp_path, *outputs), now=lambda: clock.now_s)
    key.get()
    clock.now_s += 3400
    assert key.get() == "t0"
    clock.now_s += 300
    with pytest.raises(NoKey, match="no key that is good"):
        key.get()


def test_a_plain_key_is_asked_for_once(tmp_path: Path) -> None:
    key = CommandKey("shed", printing(tmp_path, "sk-plain"))
    assert {key.get() for _time in range(3)} == {"sk-plain"}
    assert runs(tmp_path) == 1


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("no-such-command-anywhere --now", "“no-such-command-anywhere” gives no key for shed: it could not be started"),
        ('"unclosed', "could not be started"),
        ("FAILING", "ended with code 3"),
    ],
)
def test_why_there_is_no_key_is_one_sentence_without_secrets(tmp_path: Path, command: str, why: str) -> None:
    if command == "FAILING":
        command = printing(tmp_path, "sk-half", code=3)
    with pytest.raises(NoKey, match=why) as caught:
        CommandKey("shed", command).get()
    assert "sk-" not in f"{caught.value} {caught.value.hint} {caught.value.detail}"
