"""Pictures in the real window: changed by voice, and dragged into another program."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QGuiApplication

from tests.e2e.panel import Places, places_of_panel
from tests.e2e.processes import connected
from tests.e2e.sounds import question
from tests.e2e.window import PATIENCE_S, Window, xdotool
from tests.pictures import Color, png
from tests.server.loopback import LoopbackServer
from tests.server.script import HearingScript, ImageScript, Script, SpeechScript, tone
from tests.soundcard import SoundCard
from voiceapp.gui.shell import SIDE_PX
from voiceapp.gui.theme import Theme

pytestmark = [pytest.mark.window, pytest.mark.sound]

FIRST, WARMER, SKY = ((20, 60, 200, 255), (220, 120, 20, 255), (120, 20, 160, 255))


@pytest.fixture
def server(openai_server: LoopbackServer) -> LoopbackServer:
    sound = functools.partial(tone, char_ms=10.0)  # replies are short: what they say is proved elsewhere
    openai_server.script = Script(speech=SpeechScript(times_real_time=10, sound=sound))
    return openai_server


@contextmanager
def drawing(folder: Path, theme: Theme, server: LoopbackServer) -> Iterator[tuple[Window, Places]]:
    """The program with the panel open and a picture drawn in it."""
    places = places_of_panel(theme)
    server.script.image = ImageScript(png=png(120, 80, FIRST))
    with Window(folder, connected(server)) as window:
        assert window.size == places.size
        window.key("ctrl+j")
        window.wait_for("ImageChoices")
        window.click(places.prompt)
        window.type("A lighthouse")
        window.key("Return")
        window.wait_for("ImageJobEnded")
        wait_until(lambda: is_shown(window, FIRST))
        yield window, places


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait for what no trace tells."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def is_shown(window: Window, color: Color) -> bool:
    """Whether the panel really shows *color* somewhere, by a picture of the screen."""
    seen = QGuiApplication.primaryScreen().grabWindow(int(window.name)).toImage()
    wanted = QColor(*color).rgb()
    columns = range(seen.width() - SIDE_PX, seen.width(), 4)
    return any(seen.pixel(x, y) == wanted for x in columns for y in range(0, seen.height(), 4))


def test_a_picture_is_changed_by_voice_and_its_versions_are_walked(
    tmp_path: Path, sound_card: SoundCard, theme: Theme, server: LoopbackServer
) -> None:
    def say(window: Window, places: Places, words: str) -> int:
        """Hold the talk button while *words* are heard; return the number of the first fact after it."""
        server.script.hearing = replace(HearingScript(), text=words)
        before = len(window.facts())
        with window.button_held(places.talk):
            window.wait_for("AudioFlowing", after=before)
            sound_card.play_into_microphone(question(words))
        assert window.wait_for("TranscriptReady", after=before)["text"] == words
        window.wait_for("TurnTimed", after=before)
        window.wait_for_phase("idle", after=before)
        return before

    with drawing(tmp_path / "data", theme, server) as (window, places):
        first = window.wait_for("ImageAdded")["image"]
        made = [first]
        for words, color in (("Make it warmer.", WARMER), ("Only the sky.", SKY)):
            server.script.image = ImageScript(png=png(120, 80, color))
            before = say(window, places, words)
            made.append(window.wait_for("ImageInConversation", after=before)["image"])
            wait_until(lambda: is_shown(window, color))  # noqa: B023 - called at once
        back = say(window, places, "Back two.")
        chosen = window.wait_for("ImageChosen", lambda fact: fact["image"]["id"] == first["id"], after=back)
        say(window, places, "Save it.")
        window.wait_for("ImageSaved")
    assert [image["prompt"] for image in made] == ["A lighthouse", "Make it warmer", "Only the sky"]
    assert [image["parent_id"] for image in made] == [None, made[0]["id"], made[1]["id"]]
    assert chosen["image"]["path"] == first["path"]
    edits = server.requests_for("/images/edits")
    sent = [[part.data for part in request.parts if part.filename] for request in edits]
    assert sent == [[png(120, 80, FIRST)], [png(120, 80, WARMER)]]
    assert [edit.field("prompt") for edit in edits] == ["Make it warmer", "Only the sky"]
    assert (tmp_path / "data" / "pictures" / "a-lighthouse.png").read_bytes() == png(120, 80, FIRST)
    assert server.requests_for("/responses") == []  # nobody was asked what that means
    assert server.violations == []


@contextmanager
def drop_target(folder: Path) -> Iterator[QPoint]:
    """Another program that writes into *folder* what it gets; gives the point of the screen where it takes it."""
    folder.mkdir()
    process = subprocess.Popen([sys.executable, "-m", "tests.e2e.drop_target", str(folder)])
    try:
        wait_until((folder / "place").exists)
        x, y = map(int, (folder / "place").read_text().split())
        yield QPoint(x, y)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def test_a_picture_is_dragged_into_another_program(tmp_path: Path, theme: Theme, server: LoopbackServer) -> None:
    got = tmp_path / "got"
    with drawing(tmp_path / "data", theme, server) as (window, places), drop_target(got) as target:
        with window.button_held(places.picture):
            for _step in range(6):
                xdotool("mousemove_relative", "--sync", "8", "4")
            xdotool("mousemove", "--sync", str(target.x() - 20), str(target.y()))
            wait_until((got / "moves").exists)
            xdotool("mousemove", "--sync", str(target.x()), str(target.y()))
            wait_until(lambda: int((got / "moves").read_text()) > 1)
        wait_until((got / "dropped").exists)
        told = json.loads((got / "dropped").read_text())
        image = window.wait_for("ImageAdded")["image"]
        assert window.process.poll() is None
    assert (told["files"], told["action"]) == ([Path(image["path"]).name], "CopyAction")
    assert "text/uri-list" in told["formats"]
    assert (got / told["files"][0]).read_bytes() == png(120, 80, FIRST)
    assert Path(image["path"]).read_bytes() == png(120, 80, FIRST)  # and ours is still there
