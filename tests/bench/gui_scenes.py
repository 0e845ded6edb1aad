"""The scenes of normal use in which callbacks are timed, in the order in which one run plays them.

Run by ``tests.bench gui`` in a process for each run, because a first opening happens once: ``python -m
tests.bench.gui_scenes FOLDER [--profile SCENE]`` prints a line of JSON for every scene.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from PySide6.QtCore import QModelIndex, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView

from tests.bench import gui_beside_scenes as beside
from tests.bench import gui_texts as texts
from tests.bench.callbacks import WatchedApplication
from tests.bench.hands import Hands, Script, view, window
from tests.gui.scripted_session import DEVICES, ENGINES, ScriptedSession
from voiceapp import app as program
from voiceapp.core import commands as do
from voiceapp.core import events as ev
from voiceapp.core import images as i
from voiceapp.core.audio import Level
from voiceapp.core.conversation import Message, Role, Timings
from voiceapp.core.notes import ActionItem, MeetingNotes
from voiceapp.core.notes_events import NotesBegun, NotesWritten
from voiceapp.core.settings import Settings
from voiceapp.core.turn import Phase
from voiceapp.gui.garbage import OLD, Garbage
from voiceapp.gui.session_bridge import OpenSession
from voiceapp.logs import Logs

MESSAGES, CONVERSATIONS, IMAGES, TAKES, LOG_LINES = 500, 5000, 1000, 200, 4000
LEVEL_EVERY_S = 0.033


class Scenes:
    """Plays scenes on the window; each method but the means is one."""

    def __init__(self, hands: Hands, session: ScriptedSession) -> None:
        self.hands, self.session = hands, session

    # --- means --------------------------------------------------------------------------------------------

    def tell(self, *events: ev.Event, is_so: Callable[[], bool] = lambda: True) -> None:
        """Let the session tell, and wait until all of it is shown."""
        self.session.tell(*events)
        self.hands.settle(is_so)

    def show(self, theme: str) -> None:
        """Change the look as the settings do."""
        self.tell(ev.SettingsChanged(Settings(theme=theme)))

    def drag(self, width: int, steps: int = 12) -> None:
        """Resize the window as a hand on its edge does."""
        size = self.hands.do(lambda: window().size())
        for step in range(1, steps + 1):
            at = size.width() + (width - size.width()) * step // steps
            self.hands.do(lambda at=at: window().resize(QSize(at, size.height())), "resize")  # type: ignore[misc]
            time.sleep(0.016)
        self.hands.settle()

    def wheel(self, turns: int, step: int) -> None:
        """Turn the wheel over the conversation."""

        def turn() -> None:
            port = view().viewport()
            place = QPointF(port.rect().center())
            event = QWheelEvent(
                place, QPointF(port.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, step),
                Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(port, event)

        for _ in range(turns):
            self.hands.do(turn, "wheel")
            time.sleep(0.016)
        self.hands.settle()

    def keys(self, text: str) -> None:
        """Type into what has the focus."""
        for letter in text:
            self.hands.do(lambda letter=letter: _type(letter), "key")  # type: ignore[misc]
            time.sleep(0.03)
        self.hands.settle()

    def top(self, kind: str) -> bool:
        """Whether a window of this class is shown."""
        return any(type(w).__name__ == kind and w.isVisible() for w in QApplication.topLevelWidgets())

    def close(self, kind: str) -> None:
        """Close the window of this class."""
        shown = [w for w in QApplication.topLevelWidgets() if type(w).__name__ == kind]
        self.hands.do(lambda: [w.close() for w in shown], "close")
        self.hands.settle()

    # --- the conversation ---------------------------------------------------------------------------------

    def open_conversation(self) -> None:
        self.tell(ev.ConversationOpened(texts.conversation(MESSAGES)))

    def show_earlier(self) -> None:
        for _ in range(3):
            self.hands.do(lambda: view()._page.earlier.click(), "show earlier")
            self.hands.settle()

    def scroll(self) -> None:
        self.wheel(60, 360)
        self.wheel(60, -360)

    def change_theme(self) -> None:
        self.show("dark")
        self.show("light")

    def resize_conversation(self) -> None:
        self.drag(900)
        self.drag(1280)

    def other_conversation(self) -> None:
        self.tell(ev.ConversationOpened(texts.conversation(4, number=9)))

    def turn(self) -> None:
        """A person speaks for two seconds and is answered in writing and aloud."""
        opened = texts.conversation(20, number=11)
        self.tell(ev.ConversationOpened(opened))
        tell = self.session.tell
        tell(ev.PhaseChanged(Phase.LISTENING, 3), ev.AudioFlowing(3))
        for n in range(60):
            tell(ev.InputLevel(Level(-30.0 + n % 13, -20.0 + n % 7)))
            if n % 6 == 0:
                tell(ev.PartialTranscript(3, "Good. And how do I make sure that the port is free " * (n // 12 + 1)))
            time.sleep(LEVEL_EVERY_S)
        words = Message(
            1_100_101, 11, Role.USER, "Good. And how do I make sure that it is free?", time.time(), take_id=101
        )
        tell(ev.PhaseChanged(Phase.TRANSCRIBING, 3), ev.TakeChanged(texts.take(101)))
        tell(ev.TranscriptReady(3, words.text, 101), ev.MessageAdded(words, 3), ev.PhaseChanged(Phase.THINKING, 3))
        time.sleep(0.2)
        answer = Message(1_100_102, 11, Role.ASSISTANT, "", time.time(), is_complete=False)
        tell(ev.MessageAdded(answer, 3))
        text, said = texts.prose(6000), 0
        for n, at in enumerate(range(0, len(text), 40)):
            tell(ev.ReplyDelta(answer.id, 3, text[at : at + 40]))
            if n == 4:
                tell(ev.PhaseChanged(Phase.SPEAKING, 3), ev.TurnTimed(3, Timings(310, 520, 740)))
            if n > 4:
                said += 8
                tell(ev.OutputLevel(Level(-20.0 + n % 9, -12.0)), ev.SpokenProgress(answer.id, said, said + 8))
            time.sleep(0.02)
        whole = Message(answer.id, 11, Role.ASSISTANT, text, answer.created_at, timings=Timings(310, 520, 740))
        self.tell(ev.MessageChanged(whole, 3), ev.PhaseChanged(Phase.IDLE, 3))

    def growing_megabyte(self) -> None:
        """A reply of a megabyte, 4 kB at a time, far faster than any model writes."""
        self.tell(ev.ConversationOpened(texts.conversation(4, number=12)))
        answer = Message(1_200_102, 12, Role.ASSISTANT, "", time.time(), is_complete=False)
        text = texts.prose(1_000_000)
        self.session.tell(ev.MessageAdded(answer, 3), ev.PhaseChanged(Phase.THINKING, 3))
        for at in range(0, len(text), 4000):
            self.session.tell(ev.ReplyDelta(answer.id, 3, text[at : at + 4000]))
            time.sleep(0.01)
        whole = Message(answer.id, 12, Role.ASSISTANT, text, answer.created_at)
        self.tell(ev.MessageChanged(whole, 3), ev.PhaseChanged(Phase.IDLE, 3))

    def stored_megabyte(self) -> None:
        self.tell(ev.ConversationOpened(texts.answered(texts.prose(1_000_000))))

    def long_reply(self) -> None:
        self.tell(ev.ConversationOpened(texts.answered(texts.prose(64_000))))

    def one_paragraph(self) -> None:
        text = "Words without any break between them, as a careless transcript has them. " * 850
        self.tell(ev.ConversationOpened(texts.answered(text)))

    def long_code(self) -> None:
        self.tell(ev.ConversationOpened(texts.answered(texts.code(60_000))))
        time.sleep(0.4)
        self.hands.settle()

    def long_table(self) -> None:
        self.tell(ev.ConversationOpened(texts.answered(texts.table(500))))

    # --- beside it ----------------------------------------------------------------------------------------

    def list_conversations(self) -> None:
        self.tell(ev.ConversationsListed(texts.heads(CONVERSATIONS)))

    def scroll_list(self) -> None:
        """Down to the oldest conversation, through all the pages that are made on the way, and back at once."""

        def move() -> bool:
            bar = window().rail.view.verticalScrollBar()
            bar.setValue(bar.value() + 1500)
            return bar.value() < bar.maximum() or window().rail.model.canFetchMore(QModelIndex())

        while self.hands.do(move, "scroll the list"):
            time.sleep(0.016)
        self.hands.do(lambda: window().rail.view.verticalScrollBar().setValue(0), "scroll the list")
        self.hands.settle()

    def delete_and_undo(self) -> None:
        head = texts.heads(3)[1]
        self.hands.do(lambda: window()._delete(head), "delete")
        self.hands.settle()
        self.hands.do(lambda: window().rail.model.hide(head.id, is_hidden=False), "undo")
        self.hands.settle()

    def retitle(self) -> None:
        """A title has come: the list is told anew, with the newest first."""
        first, *rest = texts.heads(CONVERSATIONS)
        first = replace(first, title="Ports, and who holds them", updated_at=time.time())
        self.tell(ev.ConversationsListed((first, *rest)))

    def search(self) -> None:
        self.hands.do(lambda: window()._search(), "Ctrl+K")
        self.hands.settle()
        self.keys("port")
        self.tell(ev.ConversationsListed(texts.heads(CONVERSATIONS, "… something uses port 8080 …"), "port"))
        self.hands.do(lambda: window().rail.search.clear(), "clear the search")
        self.tell(ev.ConversationsListed(texts.heads(CONVERSATIONS)))
        self.hands.do(lambda: window().bar.button.setFocus(), "focus")

    def paste(self) -> None:
        text = "What does this mean? " * 50_000

        def paste() -> None:
            window().bar.entry.lines.setFocus()
            QGuiApplication.clipboard().setText(text)
            window().bar.entry.lines.paste()

        self.hands.do(paste, "paste")
        self.hands.settle()
        self.keys(" Well")
        self.drag(1100, 4)
        self.drag(1280, 4)
        self.hands.do(lambda: QTest.keyClick(window().bar.entry.lines, Qt.Key.Key_Return), "Enter")
        self.hands.settle()
        message = Message(1_200_201, 8, Role.USER, text, time.time())
        self.tell(ev.MessageAdded(message, 4))

    def plug(self) -> None:
        for n in range(4):
            names = tuple(f"Headset {k}" for k in range(3 + n % 2))
            self.tell(ev.DevicesChanged(ev.Devices(names, names, names[-1], names[-1]), "Headset 3 is here."))

    def settings(self) -> None:
        self.hands.do(lambda: window()._windows.show_settings(), "open the settings")
        self.hands.settle(lambda: self.top("SettingsDialog"))

    def settings_pages(self) -> None:
        from voiceapp.gui.settings_dialog import SettingsDialog  # not before the program has

        dialog = self.hands.do(lambda: next(w for w in QApplication.topLevelWidgets() if isinstance(w, SettingsDialog)))
        for name in self.hands.do(lambda: list(dialog.pages)):
            self.hands.do(lambda name=name: dialog.show_page(name), f"page {name}")  # type: ignore[misc]
            self.hands.settle()

    def theme_with_settings(self) -> None:
        self.change_theme()

    def close_settings(self) -> None:
        self.close("SettingsDialog")

    def side_panel(self) -> None:
        self.hands.do(lambda: window().toggle_side(), "open the side panel")
        self.hands.settle()

    def scroll_gallery(self) -> None:
        def move(step: int) -> None:
            grid = next(
                v
                for v in window().findChildren(QListView)
                if type(v).__name__ == "ImageGrid" and v.isVisible() and v.verticalScrollBar().maximum() > 0
            )
            grid.verticalScrollBar().setValue(grid.verticalScrollBar().value() + step)

        for _ in range(60):
            self.hands.do(lambda: move(120), "scroll the gallery")
            time.sleep(0.016)
        self.hands.settle()

    def moderation(self) -> None:
        from voiceapp.gui.side_panel import SidePanel

        def turn() -> None:
            panel = window().findChild(SidePanel)
            assert isinstance(panel, SidePanel)
            panel.show_page("Moderation")

        self.hands.do(turn, "moderation page")
        self.hands.settle()

    def theme_with_panel(self) -> None:
        self.change_theme()

    def close_panel(self) -> None:
        self.hands.do(lambda: window().toggle_side(), "close the side panel")
        self.hands.settle()

    def recordings(self) -> None:
        self.hands.do(lambda: window()._windows.show_recordings(), "open the recordings")
        self.hands.settle(lambda: self.top("TakesWindow"))
        self.close("TakesWindow")

    def log(self) -> None:
        self.hands.do(lambda: window()._windows.show_log(), "open the log")
        self.hands.settle(lambda: self.top("LogWindow"))
        self.close("LogWindow")

    def notes(self) -> None:
        actions = tuple(ActionItem(f"Ask about port {8000 + n}.", "Ada", "2026-12-01") for n in range(40))
        found = MeetingNotes("Ports", texts.PROSE * 3, tuple(f"Port {n} stays." for n in range(40)), actions)
        self.tell(NotesBegun(8), NotesWritten(8, found), is_so=lambda: self.top("NotesWindow"))
        self.close("NotesWindow")

    def garbage(self) -> None:
        """A full collection, when it is due, with all of this in memory."""
        collector = self.hands.do(lambda: QApplication.instance().findChild(Garbage))  # type: ignore[union-attr]
        assert isinstance(collector, Garbage)

        def be_due() -> None:
            collector._old = OLD + 1

        self.hands.do(be_due)
        self.hands.do(collector.look, "a full collection")
        self.hands.settle()


def _type(letter: str) -> None:
    field = QApplication.focusWidget()
    assert field is not None
    QTest.keyClicks(field, letter)


SCENES: Sequence[tuple[str, Callable[[Scenes], None]]] = (
    (f"list of {CONVERSATIONS} conversations", Scenes.list_conversations),
    ("scrolling that list", Scenes.scroll_list),
    (f"opening a conversation of {MESSAGES} messages", Scenes.open_conversation),
    ("“Show earlier”, three times", Scenes.show_earlier),
    ("scrolling it", Scenes.scroll),
    ("light → dark → light", Scenes.change_theme),
    ("resizing the window", Scenes.resize_conversation),
    ("leaving it for a short one", Scenes.other_conversation),
    ("a turn: spoken, written, read aloud", Scenes.turn),
    ("a reply of 64 kB", Scenes.long_reply),
    ("resizing with it", Scenes.resize_conversation),
    ("light → dark → light with it", Scenes.change_theme),
    ("a reply of 64 kB without a paragraph", Scenes.one_paragraph),
    ("resizing with that", Scenes.resize_conversation),
    ("60 kB of highlighted code", Scenes.long_code),
    ("light → dark → light with that code", Scenes.change_theme),
    ("a table of 500 rows", Scenes.long_table),
    ("resizing with that table", Scenes.resize_conversation),
    ("a reply of 1 MB, opened", Scenes.stored_megabyte),
    ("a reply of 1 MB, being written", Scenes.growing_megabyte),
    ("a new title in the list", Scenes.retitle),
    ("deleting a conversation, undo", Scenes.delete_and_undo),
    ("searching, results, back", Scenes.search),
    ("pasting 1 MB of text, typing on, sending it", Scenes.paste),
    ("devices plugged in and out", Scenes.plug),
    ("settings, opened first", Scenes.settings),
    ("every page of the settings", Scenes.settings_pages),
    ("light → dark → light with the settings", Scenes.theme_with_settings),
    ("devices, with the settings open", Scenes.plug),
    *beside.IN_SETTINGS,
    ("settings, closed", Scenes.close_settings),
    (f"side panel with {IMAGES} images, opened first", Scenes.side_panel),
    ("scrolling the gallery", Scenes.scroll_gallery),
    ("moderation page, opened first", Scenes.moderation),
    *beside.IN_PANEL,
    ("light → dark → light with the panel", Scenes.theme_with_panel),
    ("side panel, closed", Scenes.close_panel),
    (f"{TAKES} recordings", Scenes.recordings),
    (f"log of {LOG_LINES} lines", Scenes.log),
    ("meeting notes", Scenes.notes),
    *beside.BESIDE,
    ("collecting garbage", Scenes.garbage),
)


def play(hands: Hands, session: ScriptedSession, wanted: str, profiled: str) -> None:
    """Play all scenes whose names *wanted* is found in; print what each cost."""
    hands.settle(lambda: window().bar.button.isEnabled())
    time.sleep(0.5)
    scenes = Scenes(hands, session)
    report("starting", hands.app)
    for name, scene in SCENES:
        if not re.search(wanted, name):
            continue
        hands.app.is_profiled = bool(profiled and re.search(profiled, name))
        hands.app.forget()
        scene(scenes)
        hands.app.is_profiled = False
        report(name, hands.app)


def report(name: str, app: WatchedApplication) -> None:
    """Print the longest callbacks of the scene by processor time and by the clock."""
    calls = app.callbacks
    by_cpu = max(calls, key=lambda call: call.cpu_ms, default=None)
    by_wall = max(calls, key=lambda call: call.wall_ms, default=None)
    row = {
        "scene": name,
        "cpu_ms": by_cpu.cpu_ms if by_cpu else 0.0,
        "cpu_what": by_cpu.what if by_cpu else "",
        "wall_ms": by_wall.wall_ms if by_wall else 0.0,
        "wall_what": by_wall.what if by_wall else "",
        "over_16": sum(call.cpu_ms > 16 for call in calls),
    }
    print(json.dumps(row, ensure_ascii=False), flush=True)


def session_of(folder: Path) -> ScriptedSession:
    """Return a session that answers what the windows ask for when they open."""
    gallery = texts.images(folder, IMAGES)
    takes = tuple(texts.take(n) for n in range(1, TAKES + 1))

    def answer(command: do.Command) -> Sequence[ev.Event]:
        match command:
            case do.ListTakes():
                return (ev.TakesListed(takes),)
            case i.ListImages(query=query):
                return (i.ImagesListed(gallery, query),)
            case _:
                return ()

    return ScriptedSession((ev.SessionReady(ENGINES, DEVICES, Settings(theme="light")),), answer)


def run_program(open_session: OpenSession, folder: Path, script: Callable[[Hands], None]) -> None:
    """Run the program's window, watched, with sessions from *open_session*; *script* beside it, then close it."""
    scripts: list[Script] = []

    class Application(WatchedApplication):
        def __init__(self, arguments: list[str]) -> None:
            super().__init__(arguments)
            scripts.append(Script(Hands(self), script))
            scripts[0].start()

    logs = Logs(folder / "logs", is_debug=False, topics=[])
    for n in range(LOG_LINES):
        logging.getLogger("voiceapp.bench").info("line %d of the log, about as long as the lines of a log are", n)
    options = argparse.Namespace(debug=False, ready_file=None)
    try:
        with patch.object(program, "QApplication", Application):
            program.run(open_session, logs, options, cache=folder / "cache")
        scripts[0].join()
    finally:
        logs.close()
    if scripts[0].fault:
        raise scripts[0].fault


def main() -> None:
    """Play the scenes in one window, from its start to its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for images and the log")
    parser.add_argument("--only", default="", metavar="PATTERN", help="only scenes with it in their names")
    parser.add_argument("--profile", default="", metavar="PATTERN", help="show where slow callbacks of these spend")
    options = parser.parse_args()
    session = session_of(options.folder)
    run_program(session.open, options.folder, lambda hands: play(hands, session, options.only, options.profile))


if __name__ == "__main__":
    main()
