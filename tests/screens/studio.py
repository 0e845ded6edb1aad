"""One real window with a scripted session behind it, brought into each state for its picture."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.scripted_session import ScriptedSession
from tests.screens import story
from voiceapp.core import events as ev
from voiceapp.core.conversation import Conversation, ConversationHead
from voiceapp.core.turn import Phase
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows

LEVEL_EVERY_MS = 33
SETTLE_MS = 220
WITHIN_S = 30.0


class Studio:
    """Drives the window; ``picture`` shows whatever window is in front. *pace*: how long speech lasts, 1.0 = really."""

    def __init__(self, app: QApplication, *, pace: float = 1.0) -> None:
        self._pace = pace
        self._theme = Theme(app, "light")
        self._session = ScriptedSession((story.ready(),))
        self._bridge = SessionBridge(self._session.open, app)
        self._view = ConversationView(self._theme)
        self._windows = SideWindows(self._theme, self._bridge, tuple)
        self._window = MainWindow(self._theme, self._bridge, self._view, self._windows)
        self._front: QWidget | None = self._window
        self._window.show()
        self._bridge.start()
        self._until(self._window.bar.button.isEnabled)

    def picture(self, look: str, width: int, height: int) -> QPixmap | None:
        """Return the window in front in *look* and size; None where that window has a size of its own."""
        if self._front is None:
            return None
        self._theme.set_choice(look)
        self._front.resize(width, height)
        QTest.qWait(SETTLE_MS)
        self._keep_sounding()
        return self._front.grab()

    def close(self) -> None:
        """End session and window."""
        self._window.close()
        self._bridge.wait(3.0)

    # --- states -------------------------------------------------------------------------------------------

    def be_empty(self) -> None:
        """Nothing has been said yet."""
        self._tell(ev.ConversationsListed(()), ev.ConversationOpened(Conversation(ConversationHead(0, "", 0.0))))

    def be_listening(self) -> None:
        """A person speaks after two turns."""
        self._tell(ev.ConversationsListed(story.heads(time.time())), story.opened())
        self._sound(ev.OutputLevel, 2.0, Phase.SPEAKING)
        QTest.qWait(600)
        self._tell(*story.listening())
        self._sound(ev.InputLevel, 2.6)

    def be_thinking(self) -> None:
        """The words are known."""
        self._tell(*story.thinking())
        QTest.qWait(400)

    def be_speaking(self) -> None:
        """The answer is read aloud."""
        self._tell(*story.speaking())
        self._sound(ev.OutputLevel, 3.2)

    def be_interrupted(self) -> None:
        """The answer was cut off; the person has the floor again."""
        self._tell(ev.PhaseChanged(Phase.IDLE, 3), story.opened(is_interrupted_only=True))
        self._tell(ev.Interrupted(2, 2, 6.2, 18))

    def be_failed(self) -> None:
        """The key was refused."""
        self._tell(story.opened())
        self._tell(ev.PhaseChanged(Phase.LISTENING, 3), ev.AudioFlowing(3))
        self._sound(ev.InputLevel, 2.0)
        self._tell(ev.PhaseChanged(Phase.TRANSCRIBING, 3), *story.failed())

    def be_settings(self) -> None:
        """The settings are open."""
        self._tell(ev.PhaseChanged(Phase.IDLE, 4))
        self._windows.show_settings()
        self._until(lambda: self._windows.settings is not None and self._windows.settings.isVisible())
        QTest.qWait(SETTLE_MS)
        self._front = self._windows.settings

    # --- means --------------------------------------------------------------------------------------------

    def _tell(self, *events: ev.Event) -> None:
        self._session.tell(*events)
        QTest.qWait(80)
        self._until(lambda: not self._view.is_working)

    def _sound(
        self, kind: type[ev.InputLevel] | type[ev.OutputLevel], for_s: float, phase: Phase | None = None
    ) -> None:
        if phase is not None:
            self._tell(ev.PhaseChanged(phase, 2))
        for n in range(int(for_s * self._pace * 1000 / LEVEL_EVERY_MS)):
            self._session.tell(kind(story.level(n * LEVEL_EVERY_MS / 1000)))
            QTest.qWait(LEVEL_EVERY_MS)
        if phase is not None:
            self._tell(ev.PhaseChanged(Phase.IDLE, 2))

    def _keep_sounding(self) -> None:
        """Let the level be alive at the moment of the picture."""
        phase = self._window.strip.strip.phase
        kinds: dict[Phase, type[ev.InputLevel] | type[ev.OutputLevel]] = {
            Phase.LISTENING: ev.InputLevel,
            Phase.SPEAKING: ev.OutputLevel,
        }
        kind = kinds.get(phase)
        if kind is not None and self._front is self._window:
            for n in range(8):
                self._session.tell(kind(story.level(1.1 + n * LEVEL_EVERY_MS / 1000)))
                QTest.qWait(LEVEL_EVERY_MS)

    @staticmethod
    def _until(is_so: Callable[[], bool]) -> None:
        end_s = time.monotonic() + WITHIN_S
        while not is_so():
            if time.monotonic() > end_s:
                raise TimeoutError("the window did not get there")
            QTest.qWait(5)
