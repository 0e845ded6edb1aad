"""More scenes of normal use: what stands beside the conversation, with as much in it as years of use leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QMenu

from tests.bench import gui_texts as texts
from tests.bench.hands import window
from voiceapp.core import batch as b
from voiceapp.core import documents as d
from voiceapp.core import events as ev
from voiceapp.core.attachments import Attachment, Draft, DraftsChanged, Kind
from voiceapp.core.budget import UsageListed
from voiceapp.core.checks import LoggedVerdict, Subject, SubjectKind, VerdictsListed
from voiceapp.core.conversation import Source, SourceKind
from voiceapp.core.moderation import Checkpoint, Decision, Score
from voiceapp.core.providers import ModelsListed
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.core.tool_events import ToolRow, ToolServerState, ToolsListed
from voiceapp.core.tool_settings import Effect, Permission
from voiceapp.core.usage import UsageRow
from voiceapp.core.usage_report import report

if TYPE_CHECKING:
    from tests.bench.gui_scenes import Scenes
    from voiceapp.gui.log_window import LogWindow

MODELS, TOOLS, STORES, JOBS, LINES, VERDICTS = 400, 60, 20, 60, 500, 1000
SERVICE = Settings(theme="light", jobs={job.value: Choice("openai") for job in Job})


def models(scenes: Scenes) -> None:
    """A provider's whole list arrives while the settings show who does what."""
    _page(scenes, "jobs")
    scenes.tell(ev.SettingsChanged(SERVICE))
    scenes.tell(ModelsListed("openai", tuple(f"vendor/model-{n}-instruct" for n in range(MODELS))))
    scenes.tell(ModelsListed("openai", tuple(f"vendor/model-{n}-chat" for n in range(MODELS))))


def tools(scenes: Scenes) -> None:
    """Two servers of thirty tools each, and one that connects after them."""
    _page(scenes, "tools")
    rows = tuple(
        ToolRow(f"server_{n // 30}__tool_{n}", "Does one thing.", Effect.LEAVES, Permission.ASK, "What it touches")
        for n in range(TOOLS)
    )
    states = (ToolServerState("server_0", True, 30), ToolServerState("server_1", True, 30))
    scenes.tell(ToolsListed(rows[:30], states))
    scenes.tell(ToolsListed(rows, states))


def documents(scenes: Scenes) -> None:
    """Stores of forty documents each, one of which is being uploaded."""
    _page(scenes, "documents")
    stores = tuple(_store(n) for n in range(1, STORES + 1))
    scenes.tell(d.StoresListed(stores))
    for sent in range(0, 1000, 100):
        first = replace(stores[0].documents[0], state=d.DocumentState.UPLOADING, sent_bytes=sent)
        scenes.tell(d.StoreChanged(replace(stores[0], documents=(first, *stores[0].documents[1:]))))


def _store(number: int) -> d.DocumentStore:
    files = tuple(
        d.Document(
            number * 1000 + n, number, f"Report {n}.pdf", f"/home/ada/Report {n}.pdf", 1000, d.DocumentState.READY
        )
        for n in range(40)
    )
    return d.DocumentStore(number, "openai", f"Household {number}", time.time(), "vs_1", files)


def usage(scenes: Scenes) -> None:
    """A month of 20,000 calls by thirty models."""
    _page(scenes, "usage")
    at_s = 1_780_000_000.0
    jobs = [job.value for job in Job]
    rows = [UsageRow(at_s + n * 60, jobs[n % 8], "openai", f"model-{n % 30}", {}, 0.001) for n in range(20_000)]
    scenes.tell(UsageListed(report(rows, "2026-06", None, is_current=True, budget_usd=20.0)))
    scenes.tell(UsageListed(report(rows[:9000], "2026-06", None, is_current=True, budget_usd=20.0)))


def batches(scenes: Scenes) -> None:
    """Sixty jobs, the lines of one of them, and one that goes on."""
    scenes.hands.do(lambda: window()._windows.show_batches(), "open the batches")  # type: ignore[attr-defined]
    scenes.hands.settle(lambda: scenes.top("BatchesWindow"))
    state = b.BatchState.RUNNING
    jobs = tuple(b.BatchJob(n, b.Task.SUMMARY, "openai", "m", f"t{n}", state, total=LINES) for n in range(JOBS, 0, -1))
    scenes.tell(b.BatchesListed(jobs))
    lines = tuple(
        b.BatchLine(n, f"/home/ada/talk {n}.txt", state=b.LineState.FAILED, error="Why.") for n in range(LINES)
    )
    scenes.tell(b.BatchLinesShown(JOBS, lines))
    for done in range(5):
        scenes.tell(b.BatchChanged(replace(jobs[0], done=done * 50)))
    scenes.close("BatchesWindow")


def rules(scenes: Scenes) -> None:
    _moderation(scenes, 1)


def verdicts(scenes: Scenes) -> None:
    """The log of moderation."""
    _moderation(scenes, 2)
    scores = tuple(Score(name, 0.1) for name in ("harassment", "violence", "hate"))
    found = tuple(
        LoggedVerdict(
            n, time.time() - n * 60, Subject(SubjectKind.MESSAGE, n), Checkpoint.REPLY, Decision.PASSED, scores, (),
            "How do I find out which process holds a port?", "", "OpenAI", 200.0,
        )
        for n in range(VERDICTS)
    )  # fmt: skip
    scenes.tell(VerdictsListed(found, total=len(found)))
    scenes.tell(VerdictsListed(found[:10], total=len(found)))


def debug_log(scenes: Scenes) -> None:
    """All levels of a full log, and back."""
    scenes.hands.do(lambda: window()._windows.show_log(), "open the log")
    scenes.hands.settle(lambda: scenes.top("LogWindow"))
    for level in (0, 2, 1):
        scenes.hands.do(lambda level=level: _log().level.setCurrentIndex(level), "choose a level")  # type: ignore[misc]
        scenes.hands.settle()
    scenes.close("LogWindow")


def attachments(scenes: Scenes) -> None:
    """Ten files with the next message, and an answer with forty sources."""
    files = tuple(Attachment(n, Kind.TEXT, f"notes {n}.txt", f"/home/ada/notes {n}.txt", "txt", 900) for n in range(10))
    scenes.tell(DraftsChanged(tuple(Draft(one, 200) for one in files)))
    scenes.tell(DraftsChanged(()))
    opened = texts.conversation(20, number=14)
    sources = tuple(Source(SourceKind.PAGE, f"Page {n} about ports", f"https://example.org/{n}") for n in range(40))
    shown = tuple(replace(m, sources=sources) if n == 19 else m for n, m in enumerate(opened.messages))
    scenes.tell(ev.ConversationOpened(replace(opened, messages=shown)))


def failures(scenes: Scenes) -> None:
    """A turn that failed, and a note about something else."""
    scenes.tell(ev.Notice("The headset is here.", "It is used from now on."))
    problem = ev.Problem("rate_limit", "The provider is busy.", "Try again in 20 s.", "429", True, 20.0, "openai")
    scenes.tell(ev.TurnFailed(5, problem))


def menus(scenes: Scenes) -> None:
    """The menus of the window, one after the other."""
    acts: Sequence[tuple[str, Callable[[], object]]] = (
        ("menu of a conversation", lambda: window().rail._show_menu(QPoint(60, 60))),
        ("menu of the header", lambda: window().header.menu_button.click()),
    )
    for name, act in acts:
        scenes.hands.do(act, name)
        scenes.hands.settle()
        scenes.hands.do(_close_menus, "close the menu")
        scenes.hands.settle()


def _close_menus() -> None:
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMenu) and widget.isVisible():
            widget.close()


def _log() -> LogWindow:
    from voiceapp.gui.log_window import LogWindow

    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, LogWindow))


def _page(scenes: Scenes, name: str) -> None:
    scenes.hands.do(lambda: window()._windows.show_settings(name), f"settings, {name}")
    scenes.hands.settle(lambda: scenes.top("SettingsDialog"))


def _moderation(scenes: Scenes, view: int) -> None:
    from voiceapp.gui.moderation_page import ModerationPage

    def choose() -> None:
        page = window().findChild(ModerationPage)
        assert isinstance(page, ModerationPage)
        page.views.choose(view)
        page.views.chosen.emit(view)

    scenes.hands.do(choose, "a view of the moderation page")
    scenes.hands.settle()


IN_SETTINGS: Sequence[tuple[str, Callable[[Scenes], None]]] = (
    (f"a list of {MODELS} models, with the settings open", models),
    (f"{TOOLS} tools of servers", tools),
    (f"{STORES} stores of documents", documents),
    ("a month of 20,000 calls", usage),
)
IN_PANEL: Sequence[tuple[str, Callable[[Scenes], None]]] = (
    ("the rules of moderation, opened first", rules),
    (f"{VERDICTS} verdicts", verdicts),
)
BESIDE: Sequence[tuple[str, Callable[[Scenes], None]]] = (
    (f"{JOBS} jobs in batches, opened first", batches),
    ("all levels of the log", debug_log),
    ("ten attachments, forty sources", attachments),
    ("a failed turn, a note", failures),
    ("menus, opened first", menus),
)
