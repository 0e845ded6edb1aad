"""Hold to talk, tap to toggle: from key and button to commands, with a watchdog for a key-up that never comes."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from voiceapp.core import events as ev
from voiceapp.core.commands import StartTalking, StopTalking
from voiceapp.core.gesture import GestureState, Talk, ended, press, release
from voiceapp.core.turn import Phase

REPEATS_WITHIN_S = 0.3
"""A held key repeats at least this often, once it repeats; slower key-downs are new ones."""


class TalkGesture(QObject):
    """Feeds ``core.gesture``. ``asked`` carries StartTalking and StopTalking; ``locked_changed`` a tap's lock."""

    asked = Signal(object)
    locked_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = GestureState()
        self._phase = Phase.IDLE
        self._lost_at_s: float | None = None

    @property
    def is_locked(self) -> bool:
        """Whether a tap keeps the floor until the next press."""
        return self._state.is_locked

    @property
    def is_pressed(self) -> bool:
        """Whether key or button are down."""
        return self._state.pressed_at_ms is not None

    def press(self, *, is_key: bool = False) -> None:
        """Take a button-down, or a key-down (*is_key*), which may be the repetition of a key that was never let go."""
        now_s = time.monotonic()
        if is_key and self._lost_at_s is not None and now_s - self._lost_at_s < REPEATS_WITHIN_S:
            self._lost_at_s = now_s
            return
        self._lost_at_s = None
        self._become(*press(self._state, now_s * 1000.0), now_s)

    def release(self) -> None:
        """Take a key-up or button-up."""
        now_s = time.monotonic()
        was_pressed, self._lost_at_s = self.is_pressed, None
        state, talk = release(self._state, now_s * 1000.0)
        if was_pressed and talk is None and not state.is_locked:
            talk = Talk.END  # asked for once more than needed rather than leave a microphone open
        self._become(state, talk, now_s)

    def lose(self) -> None:
        """The window lost the keyboard while the key was down: its key-up will not come, so end now."""
        if self.is_pressed:
            self._lost_at_s = time.monotonic()
            self._become(GestureState(), Talk.END, self._lost_at_s)

    def regain(self) -> None:
        """The window has the keyboard again: a key that is still down begins to repeat now, and means nothing."""
        if self._lost_at_s is not None:
            self._lost_at_s = time.monotonic()

    def cancel(self) -> None:
        """Esc: talking is over, without sending."""
        self._become(ended(self._state), None, 0.0)

    def apply(self, event: ev.Event) -> None:
        """Follow the session: when it stops listening by itself, a lock is forgotten."""
        if isinstance(event, ev.TurnFailed):
            self.cancel()
        elif isinstance(event, ev.PhaseChanged):
            if event.phase is Phase.IDLE and self._phase is Phase.LISTENING:
                self.cancel()
            self._phase = event.phase

    def _become(self, state: GestureState, talk: Talk | None, now_s: float) -> None:
        was_locked, self._state = self._state.is_locked, state
        if talk is Talk.START:
            self.asked.emit(StartTalking(now_s))
        elif talk is Talk.END:
            self.asked.emit(StopTalking(now_s))
        if state.is_locked != was_locked:
            self.locked_changed.emit(state.is_locked)
