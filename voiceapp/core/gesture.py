"""Hold to talk, tap to toggle: what a key or a button means, for the window, the global key and the pedal.

A press starts talking at once. Let go after :data:`TAP_MS` or more, it was a hold and talking ends; let go earlier,
it was a tap and talking goes on until the next press. Repeated key-downs without a key-up change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

TAP_MS = 250.0


class Talk(StrEnum):
    """What a gesture asks for."""

    START = "start"
    END = "end"


@dataclass(frozen=True)
class GestureState:
    """``is_locked``: a tap switched talking on; ``pressed_at_ms``: None while the key is up."""

    is_talking: bool = False
    is_locked: bool = False
    pressed_at_ms: float | None = None


def press(state: GestureState, at_ms: float) -> tuple[GestureState, Talk | None]:
    """Take a key-down at *at_ms* (any monotonic clock)."""
    if state.pressed_at_ms is not None:
        return state, None
    if state.is_locked:
        return GestureState(pressed_at_ms=at_ms), Talk.END
    return GestureState(is_talking=True, pressed_at_ms=at_ms), Talk.START


def release(state: GestureState, at_ms: float) -> tuple[GestureState, Talk | None]:
    """Take a key-up at *at_ms*."""
    if state.pressed_at_ms is None:
        return state, None
    held_ms = at_ms - state.pressed_at_ms
    up = replace(state, pressed_at_ms=None)
    if not state.is_talking:
        return up, None
    if held_ms < TAP_MS:
        return replace(up, is_locked=True), None
    return replace(up, is_talking=False), Talk.END


def ended(state: GestureState) -> GestureState:
    """Talking ended for another reason (Esc, an error): forget the lock, keep the key's position."""
    return replace(state, is_talking=False, is_locked=False)
