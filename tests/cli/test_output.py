"""What comes from a service or a file is shown in the terminal, never obeyed by it."""

from __future__ import annotations

import json

import pytest

from tests.cli.terminal import Terminal
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript
from voiceapp.cli.output import Output
from voiceapp.core.events import Problem

COMMANDS = "\x1b]52;c;cm0gLXJm\x07\x1b[2J\x9b1A\rHello,\tyou.\x7f\x00"
LEFT = "]52;c;cm0gLXJm[2J1AHello,\tyou."


def test_words_for_people_hold_no_commands(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(is_json=False)
    output.text(COMMANDS)
    output.notice(COMMANDS)
    output.failed(Problem("down", COMMANDS, "Try later."))
    told = capsys.readouterr()
    assert told.out == LEFT + "\n"
    for line in told.err.splitlines():
        assert line.isprintable()
        assert "Hello, you." in line


def test_json_is_exact_and_holds_none_either(capsys: pytest.CaptureFixture[str]) -> None:
    Output(is_json=True).event("reply", text=COMMANDS)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isprintable()
    assert json.loads(line) == {"event": "reply", "text": COMMANDS}


def test_what_is_piped_on_stays_as_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(is_json=False)
    output.raw("a\x1bb\r\n")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    output.raw("a\x1bb\n")
    assert capsys.readouterr().out == "a\x1bb\r\nab\n"


def test_a_reply_does_not_command_the_terminal(connected: Terminal, openai_server: LoopbackServer) -> None:
    openai_server.script.chat = ChatScript(("The ", "\x1b", "[2J", "end."))
    done = connected.run("ask", "--text", "Say it.", "--silent")
    assert done.code == 0
    assert "The [2Jend." in done.out
    assert "\x1b" not in done.out + done.err
