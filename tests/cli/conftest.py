"""A terminal with a data folder of its own, and a recorded question."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from tests.cli.terminal import KEY, Terminal
from tests.server.loopback import LoopbackServer
from tests.spoken import RATE_HZ, spoken

QUESTION = "what time is it"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


@pytest.fixture
def connected(terminal: Terminal, openai_server: LoopbackServer) -> Terminal:
    """The terminal of somebody who has a key in the environment, and nothing else configured."""
    terminal.environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": openai_server.base_url}
    return terminal


@pytest.fixture(scope="session")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person asks for the time."""
    path = tmp_path_factory.mktemp("question") / "question.wav"
    soundfile.write(path, spoken(QUESTION, "kal16"), RATE_HZ)
    return path
