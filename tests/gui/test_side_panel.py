"""The side panel in the real window: checks by hand, and what it says where nobody draws or judges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.scene import Scene
from tests.pictures import png
from tests.server.loopback import LoopbackServer
from tests.server.script import ModerationScript
from voiceapp.core.checks import CheckImage
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.moderation_page import ModerationPage
from voiceapp.gui.theme import Theme

pytestmark = pytest.mark.window


@pytest.fixture
def scene(qtbot: QtBot, theme: Theme, keyed_server: LoopbackServer, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(qtbot, theme, keyed_server, tmp_path / "data")
    yield made
    made.end()


@pytest.fixture
def alone(
    qtbot: QtBot, theme: Theme, openai_server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    """Without any provider."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    made = Scene(qtbot, theme, openai_server, tmp_path / "data")
    yield made
    made.end()


def moderation_of(scene: Scene) -> ModerationPage:
    """Go to the moderation page."""
    scene.pages.panel.show_page("Moderation")
    page = scene.window.findChild(ModerationPage)
    assert page is not None
    return page


def check(page: ModerationPage, text: str) -> None:
    page.check.text.setPlainText(text)
    QTest.mouseClick(page.check.check, Qt.MouseButton.LeftButton)


def test_a_text_and_a_picture_are_judged_by_the_service(scene: Scene, tmp_path: Path) -> None:
    scene.server.script.moderation = ModerationScript(words={"axe": ("violence",)}, image=("sexual",))
    page = moderation_of(scene)
    check(page, "It is a calm day at sea. " * 40 + "He raises the axe.")
    scene.until(lambda: page.check.checked is not None)
    assert page.check.checked is not None
    part = page.check.checked.part_for("violence")
    assert part is not None
    assert part.passage.of(page.check.checked.text).endswith("He raises the axe.")
    first = page.check.bars.bars[0].score
    assert (first.category, first.value) == ("violence", 0.9)
    picture = tmp_path / "picture.png"
    picture.write_bytes(png(8, 8))
    page.wanted.emit(CheckImage(str(picture)))
    scene.until(lambda: page.check.bars.bars[0].score.category == "sexual")
    asked = [request.json["input"] for request in scene.sent("/moderations")]
    assert asked[-1][0]["image_url"]["url"].startswith("data:image/png;base64,")


def test_without_a_provider_it_says_what_it_needs_and_invents_nothing(alone: Scene) -> None:
    panel = alone.panel
    assert panel.missing.isVisible()
    assert "Add a key for OpenAI" in panel.missing.text()
    assert not panel.form.isVisible()
    assert panel.settings.isVisible()
    page = moderation_of(alone)
    check(page, "Good morning.")
    alone.until(lambda: page.check.checked is not None)
    assert page.check.checked is not None
    assert "needs a provider" in page.check.checked.problem
    assert page.check.checked.parts == ()
    assert alone.server.requests == []


def test_f6_reaches_the_panel_and_comes_back_to_where_it_was_left(scene: Scene) -> None:
    window = scene.window

    def press(key: Qt.Key, count: int = 1) -> QWidget:
        for _ in range(count):
            QTest.keyClick(QApplication.focusWidget() or window, key)
        focus = QApplication.focusWidget()
        assert focus is not None
        return focus

    scene.until(lambda: scene.panel.form.prompt.isVisible() and scene.panel.form.prompt.isEnabled())
    window.bar.entry.lines.setFocus()
    tab = press(Qt.Key.Key_F6)
    assert isinstance(tab, QAbstractButton)
    assert (tab.text(), scene.pages.panel.isAncestorOf(tab)) == ("Images", True)
    assert press(Qt.Key.Key_Tab).accessibleName() == "Close the side panel"
    scene.panel.form.prompt.setFocus()
    assert press(Qt.Key.Key_F6) is window.rail.view
    assert isinstance(press(Qt.Key.Key_F6), ConversationView)
    assert press(Qt.Key.Key_F6, 3) is scene.panel.form.prompt  # back where the panel was left
    tab.setFocus()
    chosen = press(Qt.Key.Key_Right)
    assert isinstance(chosen, QAbstractButton)
    assert (chosen.text(), scene.pages.panel.page) == ("Moderation", "Moderation")
