"""Holding and tapping, key and button, and the watchdog for a key-up that never comes."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Stage
from tests.gui.scripted_session import READY
from voiceapp.core import commands as do
from voiceapp.core import events as ev
from voiceapp.core.audio import Level
from voiceapp.core.gesture import TAP_MS
from voiceapp.core.turn import Phase
from voiceapp.gui import talk_gesture
from voiceapp.gui.strip_text import Word
from voiceapp.gui.talk_button import SIDE_TICKS, TICKS, TRAVELLERS, TalkButton
from voiceapp.gui.talk_gesture import TalkGesture
from voiceapp.gui.theme import Theme


class Clock:
    """Stands where ``time`` stands in the gesture's module."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(talk_gesture, "time", made)
    return made


@pytest.fixture
def asked(qtbot: QtBot) -> tuple[TalkGesture, list[object]]:
    gesture = TalkGesture()
    commands: list[object] = []
    gesture.asked.connect(commands.append)
    return gesture, commands


HOLD_S = TAP_MS / 1000.0 + 0.1
TAP_S = TAP_MS / 1000.0 - 0.1


def test_a_hold_starts_and_ends(asked: tuple[TalkGesture, list[object]], clock: Clock) -> None:
    gesture, commands = asked
    gesture.press()
    clock.now_s += HOLD_S
    gesture.release()
    assert commands == [do.StartTalking(100.0), do.StopTalking(100.0 + HOLD_S)]


def test_a_tap_keeps_the_floor_until_the_next(asked: tuple[TalkGesture, list[object]], clock: Clock) -> None:
    gesture, commands = asked
    locks: list[bool] = []
    gesture.locked_changed.connect(locks.append)
    gesture.press()
    clock.now_s += TAP_S
    gesture.release()
    assert [type(c) for c in commands] == [do.StartTalking]
    assert gesture.is_locked
    clock.now_s += 5.0
    gesture.press()
    assert [type(c) for c in commands] == [do.StartTalking, do.StopTalking]
    assert locks == [True, False]


def test_a_lost_key_ends_talking_even_within_a_tap(asked: tuple[TalkGesture, list[object]], clock: Clock) -> None:
    gesture, commands = asked
    gesture.press()
    clock.now_s += TAP_S
    gesture.lose()
    assert [type(c) for c in commands] == [do.StartTalking, do.StopTalking]
    assert not gesture.is_locked
    gesture.release()  # the late key-up means nothing
    assert len(commands) == 2


def test_a_key_that_is_still_down_when_the_window_returns_means_nothing(
    asked: tuple[TalkGesture, list[object]], clock: Clock
) -> None:
    """The X server goes on repeating it: no take may begin, least of all one that a "tap" would lock."""
    gesture, commands = asked
    gesture.press(is_key=True)
    gesture.lose()
    clock.now_s += 5.0
    gesture.regain()
    for _ in range(50):
        clock.now_s += 0.04
        gesture.press(is_key=True)
    gesture.release()
    assert [type(c) for c in commands] == [do.StartTalking, do.StopTalking]
    gesture.press(is_key=True)
    assert [type(c) for c in commands] == [do.StartTalking, do.StopTalking, do.StartTalking]


@pytest.mark.parametrize(("is_key", "after_s"), [(True, 0.5), (False, 0.05)])
def test_a_new_press_after_the_window_returned_counts(
    asked: tuple[TalkGesture, list[object]], clock: Clock, is_key: bool, after_s: float
) -> None:
    gesture, commands = asked
    gesture.press(is_key=True)
    gesture.lose()
    gesture.regain()
    clock.now_s += after_s
    gesture.press(is_key=is_key)
    assert [type(c) for c in commands] == [do.StartTalking, do.StopTalking, do.StartTalking]


def test_a_tapped_lock_survives_another_window(asked: tuple[TalkGesture, list[object]], clock: Clock) -> None:
    gesture, commands = asked
    gesture.press()
    clock.now_s += TAP_S
    gesture.release()
    gesture.lose()
    assert gesture.is_locked
    assert len(commands) == 1


def test_late_news_never_leaves_the_microphone_open(asked: tuple[TalkGesture, list[object]], clock: Clock) -> None:
    """The failure of the turn before arrives after the next press: letting go must still end the take."""
    gesture, commands = asked
    gesture.press()
    gesture.apply(ev.TurnFailed(1, ev.Problem("down", "No answer.")))
    clock.now_s += HOLD_S
    gesture.release()
    assert [type(c) for c in commands] == [do.StartTalking, do.StopTalking]


def test_a_session_that_stops_listening_takes_the_lock_away(
    asked: tuple[TalkGesture, list[object]], clock: Clock
) -> None:
    gesture, commands = asked
    gesture.press()
    clock.now_s += TAP_S
    gesture.release()
    gesture.apply(ev.PhaseChanged(Phase.LISTENING, 1))
    gesture.apply(ev.PhaseChanged(Phase.IDLE, 1))
    gesture.press()
    assert [type(c) for c in commands] == [do.StartTalking, do.StartTalking]


# --- in the window -----------------------------------------------------------------------------------------


def key(stage: Stage, kind: QEvent.Type, modifiers: Qt.KeyboardModifier, *, is_repeat: bool = False) -> None:
    """Let the native window receive Space as from a keyboard."""
    handle = stage.window.windowHandle()
    assert handle is not None
    QApplication.sendEvent(handle, QKeyEvent(kind, Qt.Key.Key_Space, modifiers, " ", is_repeat))


def hold(stage: Stage, clock: Clock, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    key(stage, QEvent.Type.KeyPress, modifiers)
    for _ in range(3):  # auto-repeat comes as pairs on X11
        key(stage, QEvent.Type.KeyRelease, modifiers, is_repeat=True)
        key(stage, QEvent.Type.KeyPress, modifiers, is_repeat=True)
    clock.now_s += HOLD_S
    key(stage, QEvent.Type.KeyRelease, Qt.KeyboardModifier.NoModifier)


def kinds(commands: list[object]) -> list[type]:
    return [type(command) for command in commands]


def test_holding_space_talks(stage: Stage, clock: Clock) -> None:
    hold(stage, clock)
    assert kinds(stage.commands(2)) == [do.StartTalking, do.StopTalking]


def test_space_in_the_entry_is_a_space_but_ctrl_space_talks(stage: Stage, clock: Clock) -> None:
    lines = stage.window.bar.entry.lines
    stage.window.activateWindow()
    lines.setFocus()
    stage.qtbot.waitUntil(lines.hasFocus)
    hold(stage, clock)
    assert lines.toPlainText().strip(" ") == ""
    assert lines.toPlainText() != ""
    assert stage.session.commands == []
    hold(stage, clock, Qt.KeyboardModifier.ControlModifier)
    assert kinds(stage.commands(2)) == [do.StartTalking, do.StopTalking]


def test_the_pressed_button_talks(stage: Stage, clock: Clock) -> None:
    button = stage.window.bar.button
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    clock.now_s += HOLD_S
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert kinds(stage.commands(2)) == [do.StartTalking, do.StopTalking]


@pytest.mark.window
def test_another_window_in_front_while_the_key_is_down_ends_the_take(stage: Stage, clock: Clock) -> None:
    stage.window.activateWindow()
    stage.qtbot.waitUntil(stage.window.isActiveWindow)
    key(stage, QEvent.Type.KeyPress, Qt.KeyboardModifier.NoModifier)
    other = QWidget()
    stage.qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    stage.qtbot.waitUntil(lambda: not stage.window.isActiveWindow())
    assert kinds(stage.commands(2)) == [do.StartTalking, do.StopTalking]


def test_escape_interrupts_and_forgets_the_lock(stage: Stage, clock: Clock) -> None:
    button = stage.window.bar.button
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert stage.window.gesture.is_locked
    stage.window.activateWindow()
    stage.qtbot.waitUntil(stage.window.isActiveWindow)  # shortcuts are the active window's
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    stage.qtbot.waitUntil(lambda: not stage.window.gesture.is_locked)
    assert kinds(stage.commands(2)) == [do.StartTalking, do.Interrupt]


def test_before_the_session_is_ready_nothing_is_recorded(qtbot: QtBot, theme: Theme) -> None:
    button = TalkButton(theme)
    qtbot.addWidget(button)
    button.setEnabled(False)
    press = QMouseEvent(
        QEvent.Type.MouseButtonPress, QPointF(50, 50), QPointF(50, 50), Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    with qtbot.assertNotEmitted(button.pressed):
        QApplication.sendEvent(button, press)


# --- the button's face ------------------------------------------------------------------------------------


@pytest.fixture
def button(qtbot: QtBot, theme: Theme) -> TalkButton:
    made = TalkButton(theme)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def pixel(button: TalkButton, dx: int, dy: int) -> str:
    image = button.grab().toImage()
    ratio = image.devicePixelRatio()
    x, y = (button.width() / 2 + dx) * ratio, (button.height() / 2 + dy) * ratio
    return image.pixelColor(int(x), int(y)).name().upper()


@pytest.mark.parametrize(
    ("word", "disc"),
    [
        (Word.MUTED, "ink"),
        (Word.LISTENING, "youFill"),
        (Word.TRANSCRIBING, "raised"),
        (Word.THINKING, "raised"),
        (Word.SPEAKING, "raised"),
        (Word.PROBLEM, "ink"),
    ],
)
def test_a_filled_disc_means_the_turn_is_yours(button: TalkButton, theme: Theme, word: Word, disc: str) -> None:
    theme.is_motion_reduced = True
    try:
        button.show_word(word)
        assert pixel(button, 22, 12) == theme.css(disc)
    finally:
        theme.is_motion_reduced = False


def test_the_ring_follows_only_the_sound_of_its_state(button: TalkButton, qtbot: QtBot) -> None:
    button.show_level(Level(-6.0, -3.0))
    assert not button.is_animating  # muted: the ring stays dark
    button.show_word(Word.LISTENING)
    button.show_level(Level(-3.0, -3.0))
    qtbot.waitUntil(lambda: button.lit_ticks() > SIDE_TICKS // 2)
    button.show_word(Word.MUTED)
    assert button.lit_ticks() == 0
    qtbot.waitUntil(lambda: not button.is_animating)


def test_nine_ticks_travel_while_it_works_and_stand_still_where_motion_is_reduced(
    button: TalkButton, theme: Theme, qtbot: QtBot
) -> None:
    button.show_word(Word.THINKING)
    first = button.lit_indexes()
    assert len(first) == TRAVELLERS
    assert all(0 <= index < TICKS for index in first)
    qtbot.waitUntil(lambda: button.lit_indexes() != first)
    theme.is_motion_reduced = True
    try:
        button.show_word(Word.MUTED)
        button.show_word(Word.THINKING)
        qtbot.waitUntil(lambda: not button.is_animating)
    finally:
        theme.is_motion_reduced = False


def test_ready_enables_the_button(stage: Stage) -> None:
    assert READY in stage.pane.events
    assert stage.window.bar.button.isEnabled()


@pytest.mark.window
@pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool is not installed")
def test_a_key_held_at_the_real_screen_is_one_take(stage: Stage) -> None:
    """The X server repeats a held key; with real events through the real server it stays one take."""
    stage.window.activateWindow()
    stage.qtbot.waitUntil(stage.window.isActiveWindow)
    hand = ["xdotool", "key", "--delay", "0", "Escape"]
    subprocess.run(hand, check=True)  # is the keyboard ours?
    stage.commands(1)
    repeats: list[object] = []
    stage.window.talk_key.pressed_again.connect(lambda: repeats.append(None))
    subprocess.run(["xdotool", "keydown", "space"], check=True)
    try:
        stage.qtbot.waitUntil(lambda: len(repeats) >= 3, timeout=8000)
    finally:
        subprocess.run(["xdotool", "keyup", "space"], check=True)
    assert kinds(stage.commands(3)) == [do.Interrupt, do.StartTalking, do.StopTalking]
