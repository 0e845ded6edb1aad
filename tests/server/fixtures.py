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
