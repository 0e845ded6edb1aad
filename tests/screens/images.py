"""Write pictures of the images panel: empty, under way, failed, with versions and a gallery; light and dark."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.scripted_session import ScriptedSession
from tests.screens import story
from voiceapp.core import events as ev
from voiceapp.core import images as i
from voiceapp.core.image_offer import Estimate
from voiceapp.core.images import ImageOptions, ModelChoice, Picture, StoredImage
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.image_inputs import png_of
from voiceapp.gui.images_panel import ImagesPanel
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.side_pages import SidePages
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows
from voiceapp.resources import model_table

MODEL = "gpt-image-2.6-flare"
OPTIONS = ImageOptions(MODEL, "1536x1024", "medium", "auto", "png", 1, 2)
CHOICES = i.ImageChoices("OpenAI", (ModelChoice(MODEL, model_table().find(MODEL).images),))
NONE = i.ImageChoices("", missing="Nobody draws images yet.", hint="Add a key for OpenAI in Settings.")


def sea(hue: int, width: int = 768, height: int = 512) -> QImage:
    """Return a sun over a sea, of *hue* 0..359."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor.fromHsv(hue, 60, 235))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(0, height * 0.62, width, height), QColor.fromHsv((hue + 170) % 360, 110, 120))
    painter.setBrush(QColor.fromHsv(hue, 20, 255))
    painter.setPen(QColor(0, 0, 0, 0))
    painter.drawEllipse(QPointF(width * (0.3 + 0.1 * math.sin(hue)), height * 0.35), height * 0.09, height * 0.09)
    painter.end()
    return image


class Pictures:
    """A window with the panel open, in every state."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self.theme = Theme(app, "light")
        self.session = ScriptedSession((story.ready(),))
        self.bridge = SessionBridge(self.session.open, app)
        windows = SideWindows(self.theme, self.bridge, tuple)
        self.window = MainWindow(self.theme, self.bridge, ConversationView(self.theme), windows)
        self.pages = SidePages(self.theme, self.bridge, self.window, windows)
        self.window.show()
        self.bridge.start()
        QTest.qWait(300)
        self.window.toggle_side()
        # it is seen once the window's own work is done
        while (panel := self.window.findChild(ImagesPanel)) is None or not panel.isVisible():
            QTest.qWait(10)
        self.panel = panel
        self.images = [self.kept(folder, number) for number in range(1, 25)]

    def kept(self, folder: Path, number: int) -> StoredImage:
        path = folder / f"{number}.png"
        sea(number * 47 % 360).save(str(path))
        parent = number - 1 if number in (23, 24) else None
        prompt = "A lighthouse at dawn in ink and wash" if number >= 22 else f"Sea number {number}"
        return StoredImage(
            number, str(path), "png", 768, 512, prompt, "", OPTIONS, "OpenAI", 1.76e9, 12.3, 0.0317, "", parent
        )

    def tell(self, *events: ev.Event) -> None:
        self.session.tell(*events)
        QTest.qWait(250)

    def states(self) -> list[tuple[str, object]]:
        return [
            ("missing", self.be_missing),
            ("ready", self.be_ready),
            ("drawing", self.be_drawing),
            ("failed", self.be_failed),
            ("more", self.be_wide),
            ("editing", self.be_editing),
            ("held", self.be_held),
            ("size", self.be_free),
            ("large", self.be_large),
        ]

    def be_missing(self) -> None:
        self.tell(NONE)

    def be_ready(self) -> None:
        self.tell(CHOICES, i.ImagesListed(tuple(reversed(self.images))), i.ImageChosen(self.images[-1]))
        self.panel.form.prompt.setPlainText("A lighthouse at dawn in ink and wash, the beam still on, calm sea")
        self.tell(i.ImageEstimated(self.panel.form.options(), Estimate(0.04, 20.0, is_from_past=True)))
        QTest.qWait(400)

    def be_drawing(self) -> None:
        self.panel.draw()
        job = self.panel._job
        self.tell(i.ImageStarted(job, "A lighthouse", OPTIONS, "OpenAI"))
        blurred = sea(30, 48, 32).scaled(768, 512)
        self.tell(i.ImagePartial(job, 1, Picture(png_of(blurred), "png", 768, 512)))

    def be_failed(self) -> None:
        problem = ev.Problem("refused", "OpenAI declined this by its content policy.", "Say it differently.")
        self.tell(i.ImageJobEnded(self.panel._job, 3.0, problem=problem))

    def be_wide(self) -> None:
        self.panel.progress.end(None)
        self.panel.form.more.setChecked(True)
        QTest.qWait(100)

    def be_editing(self) -> None:
        self.panel.form.more.setChecked(False)
        self.panel.begin_edit(self.images[-1], b"mask")
        self.panel.inputs.add(self.images[3])
        self.tell(i.ImageChanged(self.images[5], is_deleted=True))

    def be_held(self) -> None:
        self.panel.inputs.clear()
        kept = replace(self.images[20], held="Violence 0.90", verdict="violence")
        self.tell(i.ImageChanged(kept), i.ImageChosen(kept), i.ImageInConversation(kept))

    def be_free(self) -> None:
        model = "gpt-image-2"
        self.tell(i.ImageChoices("OpenAI", (ModelChoice(model, model_table().find(model).images),)))
        choice = self.panel.form.size_choice
        choice.box.setCurrentIndex(choice.box.findData("other"))
        choice.typed.setText("1500x800")
        self.tell(i.ImageChosen(self.images[-1]))

    def be_large(self) -> None:
        self.panel.open_large(self.images[-1].id)
        canvas = self.panel.window_.canvas
        while canvas.is_empty:
            QTest.qWait(20)
        self.panel.window_.paint.setChecked(True)
        canvas._strokes = 1
        canvas.stroke(QPointF(100, 100), QPointF(500, 160))

    def close(self) -> None:
        self.window.close()
        self.bridge.wait(3.0)


def main() -> int:
    """Write all pictures into the folder that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens.images", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept:
        pictures = Pictures(QApplication(sys.argv[:1]), Path(kept))
        for name, reach in pictures.states():
            reach()  # type: ignore[operator]
            shown = pictures.panel.window_ if name == "large" else pictures.window
            for look in ("light", "dark"):
                pictures.theme.set_choice(look)
                for width, height in ((1280, 800), (900, 640)) if shown is pictures.window else ((960, 720),):
                    shown.resize(width, height)
                    if shown is pictures.window and not pictures.window.shell.is_side_open:
                        pictures.window.toggle_side()
                    QTest.qWait(250)
                    shown.grab().save(str(folder / f"images-{name}-{look}-{width}.png"))
        pictures.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
