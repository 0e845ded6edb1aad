"""The program's window as a process of its own, worked by mouse and keyboard, watched by its trace.

Everything here waits for something that happened, never for time to pass.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from tests.e2e.processes import NO_ENVIRONMENT, environment, spoken_of
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows

PATIENCE_S = 60.0
_AGAIN_S = 2.0
_LOOK_S = 0.01

Fact = dict[str, Any]
"""A line of the trace: "at_s" (time.monotonic(), the same clock in every process), "kind", "type", fields."""


class Window:
    """``python -m voiceapp`` on the data in *folder*; enter it as a context to have it ready.

    Args:
        folder: given as ``--data-dir``.
        env: what the process gets beside the usual.
        wrapper: words before the command ("unshare", …).
    """

    def __init__(self, folder: Path, env: Mapping[str, str] = NO_ENVIRONMENT, *, wrapper: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str]
        self._environment = env
        self._wrapper = wrapper
        self._trace = Path(f"{folder}-{time.monotonic_ns()}.trace")
        self._ready = self._trace.with_suffix(".ready")
        self._name = ""
        self._pointed_at = QPoint(-1, -1)
        self._read_from = 0
        self._facts: list[Fact] = []

    def __enter__(self) -> Window:
        self.start()
        try:
            self.wait_for("SessionReady")
            self._wait_until_usable()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is not None or self.process.poll() is not None:
            self.kill()
        else:
            self.close()

    # --- life ------------------------------------------------------------------------------------------------

    def command(self) -> list[str]:
        """The program and where its data is to be."""
        return [sys.executable, "-m", "voiceapp", "--data-dir", str(self.folder)]

    def start(self) -> None:
        """Start the process; returns at once."""
        command = [*self._wrapper, *self.command()]
        self.process = subprocess.Popen(
            [*command, "--trace", str(self._trace), "--ready-file", str(self._ready)],
            env=environment(self._environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _wait_until_usable(self) -> None:
        """The session is ready before the window knows; until then it takes no key."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not self._ready.exists():
            assert time.monotonic() < deadline_s, "the window never became usable"
            time.sleep(_LOOK_S)

    def close(self) -> None:
        """Close the window as a person does; the program must end by itself and say nothing."""
        try:
            xdotool("windowactivate", "--sync", self.name)
            xdotool("key", "alt+F4")  # the window manager's way of asking
            _out, said = self.process.communicate(timeout=PATIENCE_S)
        finally:
            self.kill()
        assert (self.process.returncode, spoken_of(said)) == (0, ""), said

    def kill(self) -> float:
        """``kill -9`` of it and its children; returns when (time.monotonic())."""
        at_s = time.monotonic()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.returncode is None:
            self.process.communicate(timeout=PATIENCE_S)
        return at_s

    # --- what happened ---------------------------------------------------------------------------------------

    def facts(self) -> list[Fact]:
        """Return everything traced so far."""
        try:
            with self._trace.open("rb") as file:
                file.seek(self._read_from)
                data = file.read()
        except FileNotFoundError:
            return self._facts
        whole = data[: data.rfind(b"\n") + 1]
        self._read_from += len(whole)
        self._facts += [json.loads(line) for line in whole.splitlines()]
        return self._facts

    def wait_for(
        self, type_: str, is_it: Callable[[Fact], bool] = lambda _fact: True, *, after: int = 0, kind: str = "event"
    ) -> Fact:
        """Wait for a fact from number *after* on; raises AssertionError when it does not come."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            for fact in self.facts()[after:]:
                if fact["type"] == type_ and fact["kind"] == kind and is_it(fact):
                    return fact
            if type_ == "TurnTimed" and (failed := self.of_type("TurnFailed", after=after)):
                raise AssertionError(f"the turn failed: {failed[0]['problem']}")
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                raise AssertionError(f"the program ended while {type_} was awaited: {self.process.stderr.read()}")
            if time.monotonic() > deadline_s:
                seen = [fact["type"] for fact in self._facts if fact["type"] not in ("InputLevel", "OutputLevel")]
                raise AssertionError(f"no {type_}; there were {seen[after:][-60:]}")
            time.sleep(_LOOK_S)

    def wait_for_phase(self, phase: str, *, after: int = 0) -> Fact:
        """Wait until the session came into *phase*."""
        return self.wait_for("PhaseChanged", lambda fact: fact["phase"] == phase, after=after)

    def of_type(self, type_: str, *, after: int = 0) -> list[Fact]:
        """Return the facts of *type_* so far."""
        return [fact for fact in self.facts()[after:] if fact["type"] == type_]

    # --- hands -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The screen's name for the window, once it is shown and has the keyboard."""
        if not self._name:
            self._name = self._found().split()[-1]
            xdotool("windowactivate", "--sync", self._name)
        return self._name

    def _found(self) -> str:
        words = ("search", "--onlyvisible", "--all", "--pid", str(self.process.pid), "--name", ".")
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:  # a search fails when any window vanishes meanwhile
            done = subprocess.run(["xdotool", *words], capture_output=True, text=True, check=False)
            if done.returncode == 0 and done.stdout.strip():
                return done.stdout
            time.sleep(_LOOK_S)
        raise AssertionError("the window is not on the screen")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        words = xdotool("getwindowgeometry", "--shell", self.name).split()
        facts = dict(word.split("=") for word in words)
        return int(facts["WIDTH"]), int(facts["HEIGHT"])

    @contextmanager
    def button_held(self, at: QPoint) -> Iterator[None]:
        """Hold the mouse on the talk button, which is *at*."""
        self.point(at)
        xdotool("mousedown", "1")
        try:
            yield
        finally:
            xdotool("mouseup", "1")

    def click(self, at: QPoint) -> None:
        """Click at a point of the window."""
        self.point(at)
        xdotool("click", "1")

    def point(self, at: QPoint) -> None:
        """Move the mouse to a point of the window."""
        if at != self._pointed_at:  # xdotool would wait for a mouse that has no way to go
            xdotool("mousemove", "--window", self.name, "--sync", str(at.x()), str(at.y()))
            self._pointed_at = at

    @contextmanager
    def space_held(self) -> Iterator[None]:
        """Hold Space."""
        xdotool("windowfocus", "--sync", self.name)
        xdotool("keydown", "space")
        try:
            yield
        finally:
            xdotool("keyup", "space")

    def type(self, text: str) -> None:
        """Type *text* into whatever has the keyboard."""
        xdotool("type", "--delay", "5", text)

    def key(self, key: str) -> float:
        """Press and release *key*; returns when it was pressed (time.monotonic())."""
        xdotool("windowfocus", "--sync", self.name)
        at_s = time.monotonic()
        xdotool("key", key)
        return at_s

    def key_until(self, key: str, type_: str, *, after: int = 0, kind: str = "event") -> Fact:
        """Press *key* until there is a fact of *type_*: the window shows things a moment after the trace has them."""
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            self.key(key)
            look_until_s = time.monotonic() + _AGAIN_S
            while time.monotonic() < look_until_s:
                found = [fact for fact in self.of_type(type_, after=after) if fact["kind"] == kind]
                if found:
                    return found[0]
                time.sleep(_LOOK_S)
        raise AssertionError(f"{key} brought no {type_}")

    def write(self, text: str) -> None:
        """Go to the entry, type *text*, send it."""
        self.key("ctrl+l")
        self.type(text)
        xdotool("key", "Return")


def talk_button_in(theme: Theme, size: tuple[int, int]) -> QPoint:
    """Return the middle of the talk button in a window of *size*, as the program itself lays it out."""
    bridge = SessionBridge(lambda _emit: None)  # type: ignore[arg-type, return-value]  # never started
    window = MainWindow(theme, bridge, ConversationView(theme), SideWindows(theme, bridge, lambda: ()))
    window.resize(*size)
    window.grab()  # lays everything out without showing it
    button: QWidget = window.bar.button
    middle = button.mapTo(window, button.rect().center())
    window.deleteLater()
    return middle


def xdotool(*words: str) -> str:
    done = subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, f"xdotool {' '.join(words)}: {done.stderr}"
    return done.stdout
