"""The GUI thread while a long reply is written and spoken: it keeps coming round. Figures are printed, not judged."""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.e2e.heartbeat import Heartbeat
from tests.e2e.processes import connected
from tests.e2e.stored import conversations_in
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, Script, SpeechScript, tone
from tests.soundcard import SoundCard
from voiceapp.core.commands import SendText
from voiceapp.core.events import Event, ReplyDelta, SoundStartedEvent, TurnFailed, TurnTimed
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import Emit, Session, SessionBridge
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows
from voiceapp.paths import Paths
from voiceapp.wiring.session import Opening, open_session

pytestmark = [pytest.mark.window, pytest.mark.sound]

PARAGRAPH = (
    "The harbour wakes before the town, and **the boats** leave one by one, without a noise; nobody on the quay "
    "says much, because the work is known and the [cold](https://example.org) is quite enough for everybody.\n\n"
)
BLOCKS = (
    PARAGRAPH,
    "- one thing\n- another thing\n\n",
    PARAGRAPH,
    "```python\nfor boat in boats:\n    leave(boat)\n```\n\n",
)
WORDS = 5_000
PATIENCE_MS = 120_000


def long_reply() -> tuple[str, ...]:
    """A reply of 5,000 words in tokens of about a word."""
    text = ""
    while text.count(" ") < WORDS:
        text += "".join(BLOCKS)
    return tuple(part for part in text.replace(" ", " \0").split("\0") if part)


@contextmanager
def quick_switches() -> Iterator[None]:
    """Threads change places as in the program."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_the_window_comes_round_while_a_long_reply_is_spoken(
    tmp_path: Path,
    sound_card: SoundCard,
    openai_server: LoopbackServer,
    qtbot: QtBot,
    theme: Theme,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in connected(openai_server).items():
        monkeypatch.setenv(name, value)
    tokens = long_reply()
    openai_server.script = Script(
        chat=ChatScript(tokens, tokens_per_s=400), speech=SpeechScript(sound=functools.partial(tone, char_ms=0.4))
    )
    paths = Paths.below(tmp_path / "data")
    paths.create()
    happened: list[Event] = []

    @asynccontextmanager
    async def opened(emit: Emit) -> AsyncIterator[Session]:
        async with open_session(Opening(paths), emit) as session:
            yield session

    bridge = SessionBridge(opened)
    window = MainWindow(theme, bridge, ConversationView(theme), SideWindows(theme, bridge, lambda: ()))
    bridge.happened.connect(happened.append)
    qtbot.addWidget(window, before_close_func=lambda _window: bridge.stop())
    window.show()
    qtbot.waitExposed(window)
    with qtbot.waitSignal(window.ready, timeout=PATIENCE_MS):
        bridge.start()
    with quick_switches(), Heartbeat(window) as heart:
        bridge.send(SendText("Tell me a long story."))
        qtbot.waitUntil(
            lambda: any(isinstance(event, TurnTimed | TurnFailed) for event in happened), timeout=PATIENCE_MS
        )
    print(heart.report())
    assert not [event for event in happened if isinstance(event, TurnFailed)]
    assert [event for event in happened if isinstance(event, SoundStartedEvent)]
    deltas = [event for event in happened if isinstance(event, ReplyDelta)]
    assert "".join(event.text for event in deltas) == "".join(tokens)
    assert len(deltas) < len(tokens)  # what came between two pictures was delivered as one
    assert heart.beats > len(deltas)  # it came round between any two of them
    bridge.stop()
    assert bridge.wait(10.0)
    ((_asked, reply),) = conversations_in(paths.data)
    assert reply.text == "".join(tokens)
