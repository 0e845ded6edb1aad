"""A spoken question with live transcription, as a whole program: words while it is spoken, and the net."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.cli.terminal import Terminal
from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session
from tests.server.script import LiveScript
from voiceapp.core.hearing import HearingWishes, Upload
from voiceapp.core.settings import OPENAI, Choice, Job, Settings
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile

HEARD = "What is the highest mountain?"


def set_live(terminal: Terminal, server: LoopbackServer) -> None:
    server.script.live = LiveScript(HEARD, word_s=0.1)
    paths = Paths.below(terminal.data)
    paths.create()
    openai = replace(OPENAI, base_url=server.base_url)
    settings = replace(Settings(), providers=(Settings().providers[0], openai)).with_provider("openai")
    jobs = {**settings.jobs, Job.LIVE_TRANSCRIPTION.value: Choice("openai", "gpt-realtime-whisper")}
    hearing = HearingWishes("A quiz.", upload=Upload.OPUS)
    SettingsFile(paths.settings_file).save(replace(settings, jobs=jobs, hearing=hearing))


def test_it_is_heard_while_it_is_spoken(connected: Terminal, openai_server: LoopbackServer, question: Path) -> None:
    set_live(connected, openai_server)
    done = connected.run("ask", question, "--silent", "--json")
    assert (done.code, done.err) == (0, "")
    assert [event["text"] for event in done.events("transcript")] == [HEARD]
    assert done.events("partial_transcript")[-1]["text"] == HEARD
    assert openai_server.requests_for("/audio/transcriptions") == []
    (session,) = openai_server.realtime.sessions
    assert session.config["audio"]["input"]["transcription"]["model"] == "gpt-realtime-whisper"
    (take,) = connected.run("takes", "--json").events("take")
    assert (take["text"], take["engine"]) == (HEARD, "OpenAI gpt-realtime-whisper")


def test_on_a_fault_it_goes_out_as_a_whole(connected: Terminal, openai_server: LoopbackServer, question: Path) -> None:
    async def breaks_off(session: Session) -> None:
        await session.receive()
        session.socket.abort()

    set_live(connected, openai_server)
    openai_server.realtime.behave_next(breaks_off)
    done = connected.run("ask", question, "--silent", "--json")
    assert (done.code, done.err) == (0, "")
    assert [event["text"] for event in done.events("transcript")] == [openai_server.script.hearing.text]
    (notice,) = (event["message"] for event in done.events("notice") if "Live" in event["message"])
    assert "was sent as a whole" in notice
    (upload,) = openai_server.requests_for("/audio/transcriptions")
    assert upload.field("prompt") == "A quiz."
    (file,) = (part for part in upload.parts if part.name == "file")
    assert (file.filename, file.data[:4]) == ("speech.ogg", b"OggS")
    (take,) = connected.run("takes", "--json").events("take")
    assert take["engine"] == "OpenAI gpt-transcribe"


def test_live_for_once(connected: Terminal, openai_server: LoopbackServer, question: Path) -> None:
    openai_server.script.live = LiveScript(HEARD)
    done = connected.run("ask", question, "--silent", "--live")
    assert (done.code, done.err) == (0, "")
    (session,) = openai_server.realtime.sessions
    assert session.config["audio"]["input"]["transcription"]["model"] == "gpt-live-transcribe"
    assert openai_server.requests_for("/audio/transcriptions") == []
    assert connected.run("ask", question, "--silent").code == 0
    assert len(openai_server.realtime.sessions) == 1, "that was for once"
