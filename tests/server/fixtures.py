"""Fixtures: a server per test whose log must hold nothing against OpenAI's specification."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.loopback import LoopbackServer


@pytest.fixture
def openai_server() -> Iterator[LoopbackServer]:
    """A loopback server; at the end every request that it got must have been a valid one."""
    with LoopbackServer() as server:
        yield server
    assert server.violations == []


@pytest.fixture
def keyed_server(openai_server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> LoopbackServer:
    """The same server for somebody who has a key for it in the environment, no keyring, and set nothing else."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0a1b2c3d4e5f6071")
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server.base_url)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return openai_server
