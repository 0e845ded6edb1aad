"""What one run was told to do differently does not become the person's settings."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from tests.fakes import FakeDevices
from tests.server.chat_answers import chat_completion
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, ToolCallScript
from voiceapp.core.commands import SendText
from voiceapp.core.events import Event, Notice, TurnTimed
from voiceapp.core.settings import Settings
from voiceapp.core.tool_events import Answer, AnswerPermission, PermissionAsked
from voiceapp.core.tool_settings import Permission
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile
from voiceapp.wiring.session import Opening, open_session, tracing

PATIENCE_S = 30.0


async def test_always_is_kept_and_what_was_for_this_run_alone_is_not(
    tmp_path: Path, keyed_server: LoopbackServer
) -> None:
    call = ToolCallScript("generate_image", '{"prompt": "A lighthouse"}')
    answers = iter([ChatScript((), tool_calls=(call,), finish="tool_calls"), ChatScript(("It", " is", " coming", "."))])
    for _round in range(2):
        keyed_server.answer_next("/chat/completions", lambda request: chat_completion(next(answers), request))

    def for_once(settings: Settings) -> Settings:
        permissions = {**settings.tool_permissions, "set_timer": Permission.NEVER}
        return replace(settings, is_reply_aloud=False, is_titled_by_model=False, tool_permissions=permissions)

    paths, is_over = Paths.below(tmp_path), asyncio.Event()
    paths.create()

    def emit(event: Event) -> None:
        match event:
            case PermissionAsked(number):
                session.handle(AnswerPermission(number, Answer.ALWAYS))
            case TurnTimed():
                is_over.set()

    opening = Opening(paths, provider="openai", devices=FakeDevices(), adjusted=for_once)
    async with open_session(opening, emit) as session, asyncio.timeout(PATIENCE_S):
        session.handle(SendText("Draw a lighthouse"))
        await is_over.wait()
    kept = SettingsFile(paths.settings_file).load()
    assert kept.tool_permissions == {"generate_image": Permission.ALWAYS}
    assert (kept.is_reply_aloud, kept.is_titled_by_model, kept.jobs) == (True, True, {})


def test_a_trace_is_private_even_where_the_file_was_not(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    path.write_text("old\n", encoding="utf-8")
    path.chmod(0o644)
    with tracing(path, lambda: 1.0) as trace:
        assert trace is not None
        trace("event", Notice("Hello."))
    assert path.stat().st_mode & 0o777 == 0o600
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert "Hello." in line
