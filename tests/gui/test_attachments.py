"""Attaching in the real window, with the real session, the real store and a real server behind it."""

from __future__ import annotations

import base64
import stat
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from tests.fakes import FakeDevices
from tests.pdfs import pdf
from tests.pictures import bomb, png
from tests.server import faults
from tests.server.loopback import LoopbackServer
from voiceapp.core.attachments import Kind
from voiceapp.core.commands import NewConversation, OpenConversation
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.gui.attached_row import AttachedFile
from voiceapp.gui.attacher import Attacher
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.picture_window import PictureWindow
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.screen_region import RegionShot
from voiceapp.gui.selectable_text import SelectableText
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows
from voiceapp.paths import Paths
from voiceapp.wiring.session import Opening, open_session

pytestmark = pytest.mark.window
CONTROL = Qt.KeyboardModifier.ControlModifier


class Scene:
    """A window in which things are attached."""

    def __init__(
        self, qtbot: QtBot, theme: Theme, server: LoopbackServer, folder: Path, chat: Choice | None = None
    ) -> None:
        self.qtbot, self.server, self.folder = qtbot, server, folder
        self._answer = 0
        paths = Paths.below(folder)
        paths.create()
        self._chat = chat
        opening = Opening(paths, devices=FakeDevices(), adjusted=self._adjusted)
        self.bridge = SessionBridge(lambda emit: open_session(opening, emit))
        self.view = ConversationView(theme)
        self.window = MainWindow(theme, self.bridge, self.view, SideWindows(theme, self.bridge, tuple))
        qtbot.addWidget(self.window, before_close_func=lambda _: self.end())
        self.window.show()
        qtbot.waitExposed(self.window)
        with qtbot.waitSignal(self.window.ready, timeout=20_000):
            self.bridge.start()
        self.attacher = Attacher(theme, self.bridge, self.window)
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def _adjusted(self, settings: Settings) -> Settings:
        settings = replace(settings, is_reply_aloud=False, is_titled_by_model=False)
        if self._chat is None:
            return settings
        shed = Provider("shed", ProviderKind.COMPATIBLE, self.server.base_url)
        jobs = {**settings.jobs, Job.CHAT.value: self._chat}
        return replace(settings, providers=(*settings.providers, shed), jobs=jobs)

    def until(self, is_so: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(is_so()), timeout=20_000)

    @property
    def names(self) -> list[str]:
        """What goes along with the next message."""
        drafts = [chip.draft for chip in self.attacher.chips.chips]
        return [draft.attachment.name for draft in drafts if draft is not None]

    def has(self, *names: str) -> None:
        """Wait until exactly this goes along."""
        self.until(lambda: self.names == list(names) and len(self.attacher.chips.chips) == len(names))

    def shown(self) -> list[AttachedFile]:
        return self.view.findChildren(AttachedFile)

    def say(self, text: str) -> None:
        """Type and send."""
        entry = self.window.bar.entry
        entry.lines.setPlainText(text)
        QTest.mouseClick(entry.send_button, Qt.MouseButton.LeftButton)

    def answered(self) -> None:
        """Wait for a whole answer that was not there before."""

        def is_answered() -> bool:
            reply = self.view.model.last_reply
            is_new = reply is not None and reply.message.is_complete and reply.message.id != self._answer
            return is_new and self.window.strip.strip.phase.value == "idle"

        self.until(is_answered)
        reply = self.view.model.last_reply
        assert reply is not None
        self._answer = reply.message.id

    def asked(self) -> list[list[dict[str, object]]]:
        """The last message's parts of every request for an answer."""
        found = [request.json["messages"][-1]["content"] for request in self.server.requests_for("/chat/completions")]
        return [one if isinstance(one, list) else [{"type": "text", "text": one}] for one in found]

    def told(self) -> list[str]:
        return [notice.message for notice in self.window.notices.shown]

    def drop(self, mime: QMimeData, target: object = None) -> None:
        """Drop *mime* in the middle of the window."""
        widget = target or self.window
        middle = QPointF(60, 60)
        action, button, no_key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        with warnings.catch_warnings():  # PySide6 6.12 wants a QPointF, which older ones do not take
            warnings.simplefilter("ignore", DeprecationWarning)
            enter = QDragEnterEvent(middle.toPoint(), action, mime, button, no_key)
        QApplication.sendEvent(widget, enter)  # type: ignore[arg-type]
        assert enter.isAccepted()
        QApplication.sendEvent(widget, QDropEvent(middle, action, mime, button, no_key))  # type: ignore[arg-type]

    def end(self) -> None:
        self.bridge.stop()
        assert self.bridge.wait(10.0)


MakeScene = Callable[..., Scene]


@pytest.fixture
def make_scene(qtbot: QtBot, theme: Theme, keyed_server: LoopbackServer, tmp_path: Path) -> Iterator[MakeScene]:
    made: list[Scene] = []

    def make(chat: Choice | None = None) -> Scene:
        made.append(Scene(qtbot, theme, keyed_server, tmp_path / "data", chat))
        return made[-1]

    yield make
    for scene in made:
        scene.end()


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    return make_scene()


def copied_picture(width: int = 300, height: int = 200) -> None:
    """Put a picture on the clipboard as a browser does: as a file's bytes."""
    mime = QMimeData()
    mime.setData("image/png", QByteArray(png(width, height)))
    QGuiApplication.clipboard().setMimeData(mime)


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    mime.setText("\n".join(map(str, paths)))
    return mime


def test_a_picture_pasted_into_the_entry_goes_with_the_message_and_is_kept(scene: Scene) -> None:
    copied_picture(5000, 2500)
    scene.window.bar.entry.setFocus()
    QTest.keyClick(scene.window.bar.entry.lines, Qt.Key.Key_V, CONTROL)
    scene.has("Picture.png")
    name, said = scene.attacher.chips.chips[0].lines
    assert name == "Picture.png"
    assert said.startswith("about $0.0002 · 2,048 tokens · 2048 × 1024 · ")
    scene.say("What do you see?")
    scene.answered()
    (parts,) = scene.asked()
    assert [part["type"] for part in parts] == ["text", "image_url"]
    address = parts[1]["image_url"]["url"]  # type: ignore[index]
    assert QImage.fromData(base64.b64decode(address.partition(",")[2])).width() == 2048
    scene.has()
    scene.until(lambda: len(scene.shown()) == 1 and not scene.shown()[0].pixels.isNull())
    kept = Path(scene.shown()[0].attachment.path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.parent == scene.folder / "attachments"


def test_ctrl_v_elsewhere_attaches_and_words_go_into_the_entry(scene: Scene) -> None:
    scene.view.setFocus()
    copied_picture()
    QTest.keyClick(scene.window, Qt.Key.Key_V, CONTROL)
    scene.has("Picture.png")
    QGuiApplication.clipboard().setText("some words")
    QTest.keyClick(scene.window, Qt.Key.Key_V, CONTROL)
    scene.until(lambda: scene.window.bar.entry.text() == "some words")
    assert scene.names == ["Picture.png"]


def test_pixels_without_a_file_are_attached_too(scene: Scene) -> None:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    mime = QMimeData()
    mime.setImageData(image)
    scene.attacher.take(mime)
    scene.has("Picture.png")
    draft = scene.attacher.chips.chips[0].draft
    assert draft is not None
    assert (draft.attachment.width, draft.attachment.height) == (40, 30)


def test_files_dropped_on_the_window_or_the_entry_are_attached_and_can_be_removed(scene: Scene, tmp_path: Path) -> None:
    picture, text = tmp_path / "tower.png", tmp_path / "notes.txt"
    picture.write_bytes(png(64, 64))
    text.write_text("The tower was built in 1889.", encoding="utf-8")
    scene.drop(files(picture))
    scene.has("tower.png")
    scene.window.bar.entry.lines.insertFromMimeData(files(text))
    scene.has("tower.png", "notes.txt")
    assert scene.window.bar.entry.text() == ""
    scene.attacher.chips.chips[0].cross.click()
    scene.has("notes.txt")
    scene.say("When was it built?")
    scene.answered()
    (parts,) = scene.asked()
    assert "built in 1889" in str(parts[0]["text"])


def test_a_file_can_be_dropped_on_an_answer_and_a_pdf_goes_as_a_file(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "contract.pdf").write_bytes(pdf("The contract ends in May."))
    scene.say("Hello")
    scene.answered()
    (reply,) = scene.view.findChildren(ReplyView)
    scene.drop(files(tmp_path / "contract.pdf"), reply)
    scene.has("contract.pdf")
    assert "at least" in scene.attacher.chips.chips[0].lines[1]
    scene.say("When does it end?")
    scene.answered()
    words, file = scene.asked()[-1]
    assert words["text"] == "When does it end?"
    assert file["type"] == "file"


def test_ctrl_v_on_an_answer_attaches(scene: Scene) -> None:
    scene.say("Hello")
    scene.answered()
    scene.until(lambda: scene.view.findChildren(SelectableText))
    text = scene.view.findChildren(SelectableText)[-1]
    text.setFocus()
    scene.until(text.hasFocus)
    copied_picture()
    QTest.keyClick(text, Qt.Key.Key_V, CONTROL)
    scene.has("Picture.png")


def test_a_pdf_goes_in_words_to_a_server_that_takes_no_files(make_scene: MakeScene, tmp_path: Path) -> None:
    scene = make_scene(Choice("shed", "llama"))
    (tmp_path / "contract.pdf").write_bytes(pdf("The contract ends in May."))
    scene.drop(files(tmp_path / "contract.pdf"))
    scene.has("contract.pdf")
    scene.say("When does it end?")
    scene.answered()
    assert "The contract ends in May." in str(scene.asked()[-1][0]["text"])


def test_files_are_chosen_in_a_dialog(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("alpha", encoding="utf-8")
    scene.attacher.choose()
    scene.until(lambda: scene.window.findChildren(QFileDialog))
    scene.window.findChildren(QFileDialog)[0].filesSelected.emit([str(tmp_path / "a.txt")])
    scene.has("a.txt")


def test_a_picture_alone_is_a_message(scene: Scene) -> None:
    copied_picture()
    QTest.keyClick(scene.window, Qt.Key.Key_V, CONTROL)
    scene.until(scene.window.bar.entry.send_button.isEnabled)
    scene.say("")
    scene.answered()
    assert [part["type"] for part in scene.asked()[0]] == ["image_url"]
    scene.until(lambda: scene.window.header.isVisible() and len(scene.shown()) == 1)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("notes.png", b"only words", "“notes.png” is not a picture that can be read."),
        ("nothing.pdf", b"", "“nothing.pdf” is empty."),
        ("bomb.png", bomb(60_000), "too large a picture"),
        ("torn.png", png(50, 50)[:70], "“torn.png” is damaged"),
        ("broken.pdf", b"%PDF-1.7\nnothing of the kind", "“broken.pdf” is damaged"),
    ],
)
def test_what_cannot_be_used_is_said_and_what_is_attached_stays(
    scene: Scene, tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    (tmp_path / "good.txt").write_text("good", encoding="utf-8")
    (tmp_path / name).write_bytes(data)
    scene.drop(files(tmp_path / "good.txt", tmp_path / name))
    scene.until(lambda: any(said in one for one in scene.told()))
    scene.has("good.txt")


def test_what_is_attached_is_there_after_a_restart(make_scene: MakeScene, tmp_path: Path) -> None:
    first = make_scene()
    copied_picture()
    QTest.keyClick(first.window, Qt.Key.Key_V, CONTROL)
    first.has("Picture.png")
    first.end()
    first.window.close()
    second = make_scene()
    second.has("Picture.png")


def test_a_conversation_shows_its_files_again_and_they_are_sent_again(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("alpha", encoding="utf-8")
    copied_picture()
    QTest.keyClick(scene.window, Qt.Key.Key_V, CONTROL)
    scene.drop(files(tmp_path / "notes.txt"))
    scene.until(lambda: sorted(scene.names) == ["Picture.png", "notes.txt"])
    scene.say("Look")
    scene.answered()
    number = scene.window._head.id
    scene.bridge.send(NewConversation())
    scene.until(lambda: not scene.shown())
    scene.bridge.send(OpenConversation(number))
    scene.until(lambda: {one.attachment.kind for one in scene.shown()} == {Kind.PICTURE, Kind.TEXT})
    scene.until(lambda: scene.view.findChildren(ReplyView))
    scene.view.regenerate_last()
    scene.answered()
    first, second = scene.asked()
    assert first == second
    assert "image_url" in [part["type"] for part in second]


def test_a_click_shows_the_picture_large(scene: Scene) -> None:
    copied_picture()
    QTest.keyClick(scene.window, Qt.Key.Key_V, CONTROL)
    scene.has("Picture.png")
    scene.say("Look")
    scene.until(lambda: len(scene.shown()) == 1)
    QTest.mouseClick(scene.shown()[0], Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    scene.until(lambda: scene.view.findChildren(PictureWindow))
    (large,) = scene.view.findChildren(PictureWindow)
    scene.until(lambda: not large.canvas.is_empty)
    assert "300 × 200" in large.facts.text()
    large.close()


def test_a_model_without_eyes_is_told_before_anything_is_sent(make_scene: MakeScene) -> None:
    scene = make_scene(Choice("shed", "gpt-oss:20b"))
    copied_picture()
    QTest.keyClick(scene.window, Qt.Key.Key_V, CONTROL)
    scene.has("Picture.png")
    assert "takes no pictures" in scene.attacher.chips.chips[0].lines[1]
    scene.say("What is it?")
    scene.until(lambda: scene.window.bar.entry.text() == "What is it?")
    assert scene.names == ["Picture.png"]
    assert scene.asked() == []


def test_a_server_that_takes_no_pictures_loses_nothing(scene: Scene, openai_server: LoopbackServer) -> None:
    body = {"error": {"message": "image input is not supported - hint: provide the mmproj", "code": 500}}
    openai_server.answer_next("/chat/completions", faults.odd_error(500, body), times=1)
    copied_picture()
    QTest.keyClick(scene.window, Qt.Key.Key_V, CONTROL)
    scene.has("Picture.png")
    scene.say("What is it?")
    scene.until(lambda: "problem" in " ".join(entry.key for entry in scene.view.model.entries))
    assert len(scene.shown()) == 1
    scene.say("And what time is it?")
    scene.answered()
    contents = openai_server.requests_for("/chat/completions")[-1].json["messages"]
    assert "“Picture.png”" in contents[1]["content"]  # the earlier one is only named from now on


def test_a_part_of_the_screen_is_dragged_over(scene: Scene) -> None:
    if QGuiApplication.platformName() != "xcb":
        pytest.skip("the screen's picture can be taken here on X11 only")
    scene.window.bar.entry.setFocus()
    writing = scene.window.focusWidget()
    assert writing is not None
    scene.attacher.take_region()
    shot = scene.attacher._at_work
    assert isinstance(shot, RegionShot)
    scene.until(lambda: shot.overlays and shot.overlays[0].isVisible())
    assert not scene.window.isVisible()
    overlay = shot.overlays[0]
    scene.qtbot.waitExposed(overlay)
    QTest.mousePress(overlay, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    QTest.mouseMove(overlay, QPoint(220, 180))
    QTest.mouseRelease(overlay, Qt.MouseButton.LeftButton, pos=QPoint(220, 180))
    scene.has("Screenshot.png")
    draft = scene.attacher.chips.chips[0].draft
    assert draft is not None
    assert (draft.attachment.width, draft.attachment.height) == (121, 81)
    assert scene.window.isVisible()
    assert scene.window.focusWidget() is writing


def test_escape_takes_no_picture_of_the_screen(scene: Scene) -> None:
    if QGuiApplication.platformName() != "xcb":
        pytest.skip("the screen's picture can be taken here on X11 only")
    scene.attacher.take_region()
    shot = scene.attacher._at_work
    assert isinstance(shot, RegionShot)
    scene.until(lambda: shot.overlays and shot.overlays[0].isVisible())
    QTest.keyClick(shot.overlays[0], Qt.Key.Key_Escape)
    scene.until(scene.window.isVisible)
    assert scene.attacher._at_work is None
    assert scene.names == []
