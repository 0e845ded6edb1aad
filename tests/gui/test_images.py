"""The images panel in the real window, with the real session and a real server behind it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.scene import Scene
from tests.pictures import png
from tests.server import faults
from tests.server.chat_answers import chat_completion
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, ImageScript, ModerationScript, ToolCallScript
from voiceapp.core.commands import ApplySettings, NewConversation, OpenConversation
from voiceapp.core.images import ImageChosen
from voiceapp.core.moderation import Action, Policy, Rule
from voiceapp.core.tool_events import Answer, AnswerPermission, PermissionAsked
from voiceapp.gui.attached_row import AttachedFile
from voiceapp.gui.attacher import Attacher
from voiceapp.gui.image_card import ImageCard
from voiceapp.gui.image_grid import mime_for
from voiceapp.gui.image_window import facts_line
from voiceapp.gui.moderation_page import ModerationPage
from voiceapp.gui.theme import Theme

pytestmark = pytest.mark.window
DRAWN, PREVIEW = png(120, 80, (200, 10, 10, 255)), png(12, 8)


@pytest.fixture
def scene(qtbot: QtBot, theme: Theme, keyed_server: LoopbackServer, tmp_path: Path) -> Iterator[Scene]:
    keyed_server.script.image = ImageScript(png=DRAWN, partial_png=PREVIEW)
    made = Scene(qtbot, theme, keyed_server, tmp_path / "data")
    yield made
    made.end()


def test_previews_are_seen_while_it_draws_and_the_picture_after(scene: Scene) -> None:
    scene.server.script.image = ImageScript(png=DRAWN, partial_png=PREVIEW, service_ms=900)
    seen: list[float] = []
    scene.panel.progress.preview.shown.connect(seen.append)
    scene.draw("A lighthouse")
    scene.until(lambda: seen)
    assert scene.panel.form.stop.isVisible()
    assert scene.panel.progress.elapsed.text().endswith(" s")
    assert scene.panel.progress.words.text().startswith("Preview")
    scene.until(lambda: scene.count == 1)
    scene.until(lambda: scene.panel.form.go.isVisible())
    assert not scene.panel.progress.isVisible()
    assert scene.panel.head.title.whole() == "A lighthouse"
    image = scene.panel.current
    assert image is not None
    scene.until(lambda: scene.panel.current is not None and scene.panel.current.cost_usd)
    assert Path(image.path).read_bytes() == DRAWN
    scene.until(lambda: "$0.03" in scene.panel.form.estimate.text())


def test_stopping_ends_the_request_and_keeps_the_prompt(scene: Scene) -> None:
    scene.server.script.image = ImageScript(png=DRAWN, partial_png=PREVIEW, service_ms=60_000, partials=0)
    scene.draw("A lighthouse")
    scene.until(lambda: scene.sent())
    QTest.mouseClick(scene.panel.form.stop, Qt.MouseButton.LeftButton)
    scene.until(lambda: scene.panel.form.go.isVisible())
    scene.server.wait_until(lambda: scene.sent()[0].disconnected_at is not None)
    assert scene.panel.form.prompt.toPlainText() == "A lighthouse"
    assert not scene.panel.progress.isVisible()
    assert scene.count == 0


def test_space_still_talks_once_drawing_was_asked_for_by_mouse(scene: Scene) -> None:
    scene.server.script.image = ImageScript(png=DRAWN, partial_png=PREVIEW, service_ms=60_000, partials=0)
    form = scene.panel.form
    scene.until(form.window().isActiveWindow)
    form.prompt.setPlainText("A lighthouse")
    scene.until(form.go.isEnabled)
    form.go.setFocus()
    QTest.mouseClick(form.go, Qt.MouseButton.LeftButton)
    scene.until(form.stop.isVisible)
    assert form.stop.hasFocus()
    QTest.mouseClick(form.stop, Qt.MouseButton.LeftButton)
    scene.until(form.go.isVisible)
    assert form.go.hasFocus()


@pytest.mark.parametrize(
    ("answer", "words", "is_settings_offered"),
    [
        (faults.error(400, code="moderation_blocked"), "content policy", False),
        (faults.error(429, code="insufficient_quota"), "no credit", True),
        (faults.error(413, "Request too large."), "longer than", False),
        (faults.html(), "web page", False),
    ],
)
def test_what_fails_is_one_sentence_with_the_prompt_kept_and_another_try(
    scene: Scene, answer: object, words: str, is_settings_offered: bool
) -> None:
    scene.server.answer_next("/images/generations", answer)  # type: ignore[arg-type]
    scene.draw("A lighthouse")
    scene.until(lambda: scene.panel.progress.problem.isVisible())
    assert words in scene.panel.progress.problem.text()
    assert scene.panel.progress.settings.isVisible() is is_settings_offered
    assert scene.panel.form.prompt.toPlainText() == "A lighthouse"
    QTest.mouseClick(scene.panel.progress.again, Qt.MouseButton.LeftButton)
    scene.until(lambda: scene.count == 1)


def test_the_brush_can_be_seen_whole_and_the_model_is_named_once(scene: Scene) -> None:
    scene.drawn("A lighthouse")
    panel, window = scene.panel, scene.panel.window_
    image = panel.grid.pictures.images[0]
    panel.open_large(image.id)
    window.paint.setChecked(True)
    scene.until(window.brush.isVisible)
    assert window.brush.height() >= 20
    assert image.options.model
    assert facts_line(image, str).count(image.options.model) == 1


def test_what_is_painted_is_what_is_sent(scene: Scene) -> None:
    scene.drawn("A lighthouse")
    panel, window = scene.panel, scene.panel.window_
    panel.open_large(panel.grid.pictures.images[0].id)
    scene.until(lambda: not window.canvas.is_empty)
    window.paint.setChecked(True)
    window.brush.setValue(20)
    middle = window.canvas.rect().center()
    point = window.canvas.to_image(QPointF(middle))
    QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert window.canvas.has_mask
    QTest.mouseClick(window.change, Qt.MouseButton.LeftButton)
    assert panel.inputs.mask
    scene.drawn("only the sky, warmer")
    (sent,) = scene.sent("/images/edits")
    files = {part.name: part.data for part in sent.parts if part.filename}
    assert files["image"] == DRAWN
    mask = QImage.fromData(files["mask"])
    assert (mask.width(), mask.height()) == (120, 80)
    assert mask.pixelColor(round(point.x()), round(point.y())).alpha() == 0
    assert mask.pixelColor(2, 2).alpha() == 255
    inside = [mask.pixelColor(x, y).alpha() == 0 for x in range(120) for y in range(80)]
    assert sum(inside) == pytest.approx(3.14159 * 10**2, rel=0.1)


def test_a_stroke_can_be_taken_back_and_erased(scene: Scene) -> None:
    canvas = scene.panel.window_.canvas
    image = QImage(100, 100, QImage.Format.Format_RGB32)
    image.fill(0)
    canvas.show_image(image)
    canvas.resize(400, 400)
    canvas.is_painting, canvas.brush_px = True, 30
    middle = canvas.rect().center()
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert QImage.fromData(canvas.mask_png()).pixelColor(50, 50).alpha() == 0
    QTest.mouseClick(canvas, Qt.MouseButton.RightButton, pos=middle)
    assert QImage.fromData(canvas.mask_png()).pixelColor(50, 50).alpha() == 255
    canvas.undo()
    assert QImage.fromData(canvas.mask_png()).pixelColor(50, 50).alpha() == 0
    canvas.undo()
    assert canvas.mask_png() == b""


def test_zooming_keeps_the_point_under_the_cursor(scene: Scene) -> None:
    canvas = scene.panel.window_.canvas
    image = QImage(1000, 500, QImage.Format.Format_RGB32)
    image.fill(0)
    canvas.show_image(image)
    canvas.resize(500, 250)
    canvas.fit()
    assert canvas.scale == pytest.approx(0.5)
    place = QPointF(100, 50)
    before = canvas.to_image(place)
    canvas.zoom(3.0, place)
    after = canvas.to_image(place)
    assert after.x() == pytest.approx(before.x())
    assert after.y() == pytest.approx(before.y())


def test_versions_are_a_tree_to_walk_in(scene: Scene) -> None:
    first = scene.drawn("A lighthouse")
    panel = scene.panel
    for prompt in ("warmer", "darker"):
        QTest.mouseClick(panel.head.edit, Qt.MouseButton.LeftButton)
        assert panel.form.go.text() == "Change"
        scene.drawn(prompt)
    assert panel.versions.isVisible()
    assert [image.prompt for image in panel.versions.pictures.images] == ["A lighthouse", "warmer", "darker"]
    scene.until(lambda: panel.head.count.text() == "3 versions · $0.03")  # what the last one really cost
    panel.versions.chosen.emit(first)
    scene.until(lambda: panel.current is not None and panel.current.id == first)
    QTest.mouseClick(panel.head.edit, Qt.MouseButton.LeftButton)
    scene.drawn("at night")
    assert panel.current is not None
    assert panel.current.parent_id == first
    captions = [panel.versions.pictures.index(row).data(Qt.ItemDataRole.UserRole + 1) for row in range(4)]
    assert captions == ["v1", "v2", "v3", "v4 ← v1"]


def test_other_programs_get_the_file(scene: Scene) -> None:
    scene.drawn("A lighthouse")
    (image,) = scene.panel.grid.pictures.images
    (url,) = mime_for(image).urls()
    assert Path(url.toLocalFile()).read_bytes() == DRAWN
    (dragged,) = scene.panel.grid.pictures.mimeData([scene.panel.grid.pictures.index(0)]).urls()
    assert dragged == url
    scene.panel.open_large(image.id)
    scene.panel.window_.copy()
    mime = QGuiApplication.clipboard().mimeData()
    assert mime.urls() == [url]
    assert QGuiApplication.clipboard().image().size().width() == 120


def test_saving_copies_the_file(scene: Scene, tmp_path: Path) -> None:
    scene.drawn("A lighthouse, at dawn!")
    QTest.mouseClick(scene.panel.head.save, Qt.MouseButton.LeftButton)
    dialog = scene.panel.findChild(QFileDialog)
    assert dialog is not None
    assert Path(dialog.selectedFiles()[0]).name == "a-lighthouse-at-dawn.png"
    dialog.fileSelected.emit(str(tmp_path / "copy.png"))
    dialog.close()
    scene.until((tmp_path / "copy.png").exists)
    scene.until(lambda: (tmp_path / "copy.png").stat().st_size == len(DRAWN))


def test_its_folder_can_be_opened_and_it_can_be_checked(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.server.script.moderation = ModerationScript(image=("violence",))
    scene.drawn("A lighthouse")
    (image,) = scene.panel.grid.pictures.images
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    scene.panel.open_large(image.id)
    scene.panel.window_.open_folder()
    scene.panel.window_.close()
    assert opened == [QUrl.fromLocalFile(str(Path(image.path).parent))]
    actions = dict(scene.panel._actions(image))
    actions["Check it"]()
    scene.until(lambda: scene.pages.panel.page == "Moderation")
    page = scene.window.findChild(ModerationPage)
    assert page is not None
    scene.until(lambda: page.check.checked is not None)
    assert page.check.checked is not None
    assert [score.category for score in page.check.checked.exceeded] == ["violence"]


def test_deleting_can_be_undone(scene: Scene) -> None:
    scene.drawn("A lighthouse")
    scene.panel.open_large(scene.panel.grid.pictures.images[0].id)
    scene.panel.window_.delete()
    scene.until(lambda: scene.count == 0)
    assert scene.panel.undo.isVisible()
    QTest.mouseClick(scene.panel.undo, Qt.MouseButton.LeftButton)
    scene.until(lambda: scene.count == 1)
    assert not scene.panel.undo.isVisible()


def test_searching_finds_by_prompt(scene: Scene) -> None:
    scene.drawn("A lighthouse")
    scene.drawn("A cup of tea")
    scene.panel.search.setText("tea")
    scene.until(lambda: scene.count == 1)
    assert scene.panel.grid.pictures.images[0].prompt == "A cup of tea"
    scene.panel.search.clear()
    scene.until(lambda: scene.count == 2)


def test_own_files_and_the_clipboard_are_worked_from(scene: Scene, tmp_path: Path) -> None:
    own = tmp_path / "holiday.png"
    own.write_bytes(png(20, 20))
    scene.panel.import_files([str(own)])
    scene.until(lambda: len(scene.panel.inputs.given) == 1)
    copied = QImage(30, 30, QImage.Format.Format_RGB32)
    copied.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(copied)
    scene.panel.form.input_wanted.emit("clipboard")
    scene.until(lambda: len(scene.panel.inputs.given) == 2)
    scene.drawn("both in one")
    (sent,) = scene.sent("/images/edits")
    assert [part.name for part in sent.parts if part.filename] == ["image[]", "image[]"]
    assert scene.panel.inputs.given == ()


def test_the_screen_can_be_worked_from(scene: Scene) -> None:
    scene.panel.form.input_wanted.emit("screen")
    scene.until(lambda: len(scene.panel.inputs.given) == 1)
    assert scene.window.isVisible()
    (image,) = scene.panel.grid.pictures.images
    assert image.width > 500


def test_only_what_the_model_takes_is_offered(scene: Scene) -> None:
    form = scene.panel.form
    offer = form.offer
    assert offer is not None
    assert tuple(form.size_box.itemData(n) for n in range(form.size_box.count())) == offer.sizes
    form.background.setCurrentIndex(form.background.findData("transparent"))
    form.format.setCurrentIndex(form.format.findData("jpeg"))
    assert form.options().format != "jpeg"
    index = form.model.findData("gpt-image-2")
    form.model.setCurrentIndex(index)
    assert form.background.findData("transparent") == -1
    assert form.options().model == "gpt-image-2"


def test_a_size_of_ones_own_is_drawn_where_the_model_takes_it(scene: Scene) -> None:
    form = scene.panel.form
    assert form.size_box.findData("other") == -1  # the default model draws in its own sizes only
    form.model.setCurrentIndex(form.model.findData("gpt-image-2"))
    form.prompt.setPlainText("A wide lighthouse")
    form.size_box.setCurrentIndex(form.size_box.findData("other"))
    choice = form.size_choice
    assert choice.typed.isVisible()
    for typed, problem in (("1500x500", "multiples of 16"), ("2048x512", "3 times"), ("wide", "width and height")):
        choice.typed.setText(typed)
        assert problem in choice.problem.text()
        assert choice.problem.isVisible()
        assert not form.go.isEnabled()
    choice.typed.setText("1536 × 864")
    assert not choice.problem.isVisible()
    scene.drawn("A wide lighthouse")
    (sent,) = scene.sent()
    assert (sent.json["model"], sent.json["size"]) == ("gpt-image-2", "1536x864")
    form.quality.setCurrentIndex(form.quality.findData("low"))
    assert form.options().size == "1536x864"
    form.model.setCurrentIndex(form.model.findData("gpt-image-2.6-flare"))
    assert form.options().size == "auto"
    assert not choice.isVisible()


def test_the_panel_opens_and_closes_by_key_and_cross(scene: Scene) -> None:
    assert scene.panel.isVisible()
    QTest.keyClick(scene.window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert not scene.panel.isVisible()
    QTest.mouseClick(scene.window.header.side_button, Qt.MouseButton.LeftButton)
    assert scene.panel.isVisible()
    scene.pages.panel.close_wanted.emit()
    assert not scene.panel.isVisible()
    assert not scene.window.header.side_button.isChecked()


def test_a_page_made_late_knows_the_current_picture(scene: Scene) -> None:
    scene.drawn("A lighthouse")
    chosen = scene.pages._last[ImageChosen]
    assert isinstance(chosen, ImageChosen)
    assert chosen.image is not None


def pixel_at(scene: Scene, row: int) -> QColor:
    """The colour in the middle of a picture in the gallery."""
    place = scene.panel.grid.visualRect(scene.panel.grid.pictures.index(row))
    return scene.panel.grid.viewport().grab(place).toImage().pixelColor(place.width() // 2 + 20, place.height() // 2)


def test_a_picture_that_is_blocked_is_a_place_with_its_reason_until_it_is_wanted(scene: Scene) -> None:
    scene.server.script.moderation = ModerationScript(image=("violence",))
    settings = replace(scene.settings, moderation=Policy(image=Rule(Action.BLOCK)))
    scene.bridge.send(ApplySettings(settings))
    scene.until(lambda: scene.settings == settings)
    panel = scene.panel
    scene.drawn("A surprise")
    image = panel.current
    assert image is not None
    assert Path(image.path).read_bytes() == DRAWN  # paid for, and not lost
    assert panel.head.held.isVisible()
    assert panel.head.why.text() == "Kept from view: Violence 0.90."
    assert not panel.head.save.isEnabled()
    assert panel.form.prompt.toPlainText() == "A surprise"
    red = QColor(200, 10, 10)
    assert pixel_at(scene, 0) != red
    panel.open_large(image.id)
    assert not panel.window_.isVisible()
    assert panel.grid.pictures.mimeData([panel.grid.pictures.index(0)]).urls() == []
    assert "Violence 0.90" in panel.grid.pictures.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    QTest.mouseClick(panel.head.reveal, Qt.MouseButton.LeftButton)
    scene.until(lambda: pixel_at(scene, 0) == red)
    assert not panel.head.reveal.isVisible()
    assert panel.head.why.text() == "Flagged: Violence 0.90."
    assert panel.head.save.isEnabled()
    assert panel.current is not None
    assert panel.current.verdict == "violence"


def test_what_is_only_shown_says_what_was_found(scene: Scene) -> None:
    scene.server.script.moderation = ModerationScript(image=("violence",))
    settings = replace(scene.settings, moderation=Policy(image=Rule(Action.SHOW)))
    scene.bridge.send(ApplySettings(settings))
    scene.until(lambda: scene.settings == settings)
    scene.drawn("A surprise")
    scene.until(lambda: scene.panel.head.why.text() == "Flagged: Violence 0.90.")
    assert scene.panel.head.held.isVisible()
    assert scene.panel.head.save.isEnabled()
    scene.until(lambda: pixel_at(scene, 0) == QColor(200, 10, 10))


def said(scene: Scene, text: str) -> None:
    """Write *text* to the assistant."""
    scene.window.bar.entry.lines.setPlainText(text)
    QTest.keyClick(scene.window.bar.entry.lines, Qt.Key.Key_Return)


def cards(scene: Scene) -> list[ImageCard]:
    """The pictures in the conversation, in order."""
    return sorted(scene.window.findChildren(ImageCard), key=lambda card: card.y())


def test_the_assistant_draws_into_panel_and_conversation(scene: Scene) -> None:
    call = ToolCallScript("generate_image", '{"prompt": "A lighthouse at dawn"}')
    answers = iter([ChatScript((), tool_calls=(call,), finish="tool_calls"), ChatScript(("It", " is", " coming", "."))])
    scene.server.script.chat = next(answers)
    scene.server.answer_next("/chat/completions", lambda request: chat_completion(scene.server.script.chat, request))
    scene.server.answer_next("/chat/completions", lambda request: chat_completion(next(answers), request))
    asked: list[PermissionAsked] = []
    scene.bridge.happened.connect(lambda event: asked.append(event) if isinstance(event, PermissionAsked) else None)
    said(scene, "Draw a lighthouse")
    scene.until(lambda: asked)  # it sends something elsewhere, and costs money
    assert scene.sent() == []
    scene.bridge.send(AnswerPermission(asked[0].id, Answer.ONCE))
    scene.until(lambda: cards(scene))
    assert scene.panel.current is not None
    assert scene.panel.current.prompt == "A lighthouse at dawn"
    (card,) = cards(scene)
    scene.until(lambda: not card.pixels.isNull())
    scene.window.toggle_side()
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.rect().topLeft() + QPoint(20, 20))
    scene.until(scene.panel.isVisible)


def test_wishes_about_the_picture_do_not_reach_the_chat(scene: Scene, tmp_path: Path) -> None:
    scene.drawn("A lighthouse")
    said(scene, "Make it warmer")
    scene.until(lambda: scene.count == 2)
    said(scene, "Only the sky")
    scene.until(lambda: scene.count == 3)
    scene.until(lambda: len(cards(scene)) == 2)
    said(scene, "Back two")
    scene.until(lambda: scene.panel.current is not None and scene.panel.current.prompt == "A lighthouse")
    said(scene, "Save it")
    saved = tmp_path / "data" / "pictures" / "a-lighthouse.png"
    scene.until(saved.exists)
    assert [request.field("prompt") for request in scene.sent("/images/edits")] == ["Make it warmer", "Only the sky"]
    assert [request for request in scene.sent("/chat/completions") if "tools" in request.json] == []


def attach(scene: Scene) -> None:
    """Let the panel's picture go with the next message."""
    chips = Attacher(scene.window._theme, scene.bridge, scene.window).chips
    QTest.mouseClick(scene.panel.head.attach, Qt.MouseButton.LeftButton)
    scene.until(lambda: [chip.draft.attachment.name for chip in chips.chips if chip.draft] == ["A lighthouse"])


def test_a_picture_is_shown_to_the_model_with_the_next_message(scene: Scene) -> None:
    scene.drawn("A lighthouse")
    attach(scene)
    said(scene, "What do you see?")
    scene.until(lambda: scene.sent("/chat/completions"))
    content = scene.sent("/chat/completions")[0].json["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url"]
    address = content[1]["image_url"]["url"]
    assert QImage.fromData(base64.b64decode(address.partition(",")[2])).width() == 120
    scene.until(lambda: len(scene.window.findChildren(AttachedFile)) == 1)


def test_pictures_are_there_when_a_conversation_is_opened_again(scene: Scene) -> None:
    scene.drawn("A lighthouse")
    attach(scene)
    said(scene, "What do you see?")
    scene.until(lambda: len(scene.window.findChildren(AttachedFile)) == 1)
    scene.until(lambda: scene.window.strip.strip.phase.value == "idle")
    conversation_id = scene.window._head.id
    scene.bridge.send(NewConversation())
    scene.until(lambda: not scene.window.findChildren(AttachedFile))
    scene.bridge.send(OpenConversation(conversation_id))
    scene.until(lambda: len(scene.window.findChildren(AttachedFile)) == 1)
