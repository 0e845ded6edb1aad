"""Commands read keys and settings in one way: keys are struck out of the log, faults of the settings are told."""

from __future__ import annotations

from pathlib import Path

import pytest

import voiceapp.cli
from tests.cli.terminal import Terminal
from tests.server.loopback import LoopbackServer
from voiceapp.cli.engines import open_engines
from voiceapp.cli.output import Output
from voiceapp.cli.running import Context
from voiceapp.core.settings import OPENAI
from voiceapp.paths import Paths

KEY = "looks like nothing in particular"
MODULES = sorted(Path(voiceapp.cli.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_keys_are_read_where_the_log_learns_them(path: Path) -> None:
    assert path.name == "installation.py" or "secrets_of" not in path.read_text(encoding="utf-8")


async def test_the_log_learns_the_key_of_engines_without_a_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, openai_server: LoopbackServer
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server.base_url)
    paths = Paths.below(tmp_path)
    paths.create()
    learnt: list[str] = []
    async with open_engines(Context(paths, Output(is_json=True), OPENAI.name, learnt.append)) as tools:
        await tools.engines.chat.warm()
    assert KEY in learnt


@pytest.mark.parametrize("words", [("providers", "list"), ("models",), ("usage",), ("search", "boats", "--text")])
def test_settings_that_cannot_be_read_are_told(terminal: Terminal, words: tuple[str, ...]) -> None:
    settings = terminal.data / "config" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[[providers]\n", encoding="utf-8")
    assert "settings" in terminal.run(*words).err
