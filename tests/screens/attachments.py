"""Write pictures of what goes along with messages: chips above the entry, files in the conversation, a region.

python -m tests.screens.attachments DIR
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.scripted_session import ScriptedSession
from tests.screens import story
from tests.screens.images import sea
from voiceapp.core.attachments import Attachment, AttachRefused, Draft, DraftsChanged, Kind
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role
from voiceapp.core.events import ConversationOpened, Event, Problem
from voiceapp.gui.attached_row import AttachedFile
from voiceapp.gui.attacher import Attacher
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.picture_window import PictureWindow
from voiceapp.gui.screen_region import RegionOverlay
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows

SIZES = ((1280, 800), (760, 600), (640, 400))


class Pictures:
    """A window with things attached."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self.theme = Theme(app, "light")
        self.session = ScriptedSession((story.ready(),))
        self.bridge = SessionBridge(self.session.open, app)
        self.view = ConversationView(self.theme)
        self.window = MainWindow(self.theme, self.bridge, self.view, SideWindows(self.theme, self.bridge, tuple))
        self.window.show()
        self.bridge.start()
        QTest.qWait(300)
        self.attacher = Attacher(self.theme, self.bridge, self.window)
        self.pictures = [self.kept(folder, number) for number in (1, 2)]
        self.text = Attachment(
            3, Kind.TEXT, "minutes of the meeting in March.txt", "/nowhere", "txt", 18_200, chars=18_200
        )
        self.pdf = Attachment(4, Kind.PDF, "contract.pdf", "/nowhere", "pdf", 940_000, pages=12, chars=31_000)

    @staticmethod
    def kept(folder: Path, number: int) -> Attachment:
        path = folder / f"{number}.png"
        sea(number * 140, 1824 if number == 1 else 600, 1024 if number == 1 else 900).save(str(path))
        width, height = (1824, 1024) if number == 1 else (600, 900)
        name = "Screenshot.png" if number == 1 else "a lighthouse at the end of a very long pier.jpg"
        return Attachment(number, Kind.PICTURE, name, str(path), "png", 240_000 * number, width, height)

    def tell(self, *events: Event) -> None:
        self.session.tell(*events)
        QTest.qWait(350)

    def drafts(self) -> tuple[Draft, ...]:
        first, second = self.pictures
        return (
            Draft(first, 1824, cost_usd=0.0001824),
            Draft(second, 551, cost_usd=0.0000551),
            Draft(self.text, 4550, cost_usd=0.000455),
            Draft(self.pdf, 7750, is_least=True, cost_usd=0.000775),
        )

    def be_drafts(self) -> None:
        self.tell(DraftsChanged(self.drafts(), 1))

    def be_trouble(self) -> None:
        first = self.drafts()[0]
        blind = Draft(first.attachment, None, cost_usd=None, trouble="Ollama gpt-oss takes no pictures.")
        problem = Problem(
            "attachment", "“contract.pdf” is locked with a password.", "Save a copy without the password."
        )
        self.tell(DraftsChanged((blind,)), AttachRefused("contract.pdf", problem))

    def be_shown(self) -> None:
        now_s = time.time()
        messages = (
            Message(1, 1, Role.USER, "What is on these pictures?", now_s, attachments=tuple(self.pictures)),
            Message(
                2, 1, Role.ASSISTANT, "Two views of a **calm sea**; the second one is taller.", now_s, engine="OpenAI"
            ),
            Message(3, 1, Role.USER, "And what do these say?", now_s, attachments=(self.text, self.pdf)),
            Message(4, 1, Role.ASSISTANT, "The minutes agree to the contract.", now_s, engine="OpenAI"),
            Message(5, 1, Role.USER, "", now_s, attachments=(self.pictures[0],)),
        )
        self.tell(DraftsChanged(()), ConversationOpened(Conversation(ConversationHead(1, "The sea", now_s), messages)))

    def close(self) -> None:
        self.window.close()
        self.bridge.wait(3.0)


def main() -> int:
    """Write all pictures into the folder that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens.attachments", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as kept:
        pictures = Pictures(app, Path(kept))
        for name, reach in (
            ("drafts", pictures.be_drafts),
            ("trouble", pictures.be_trouble),
            ("shown", pictures.be_shown),
        ):
            reach()
            write(pictures, folder, name, pictures.window, SIZES)
        QTest.mouseClick(pictures.view.findChildren(AttachedFile)[0], Qt.MouseButton.LeftButton, pos=QPoint(9, 9))
        QTest.qWait(400)
        write(pictures, folder, "large", pictures.view.findChildren(PictureWindow)[0], ((960, 720),))
        region(pictures.window.grab(), folder)
        pictures.close()
    return 0


def write(pictures: Pictures, folder: Path, name: str, window: QWidget, sizes: tuple[tuple[int, int], ...]) -> None:
    """Write *window* in both looks."""
    for width, height in sizes:
        for look in ("light", "dark"):
            pictures.theme.set_choice(look)
            window.resize(width, height)
            QTest.qWait(300)
            window.grab().save(str(folder / f"{name}-{look}-{width}.png"))


def region(screen: QPixmap, folder: Path) -> None:
    """Write the overlay over a screen that looks like the window, while a part of it is dragged over."""
    first = QApplication.primaryScreen()
    assert first is not None
    overlay = RegionOverlay(first, screen)
    overlay.resize(screen.size())
    overlay.grab().save(str(folder / "region-before.png"))
    overlay._part = QRect(120, 90, 320, 200)
    overlay.grab().save(str(folder / "region-during.png"))


if __name__ == "__main__":
    raise SystemExit(main())
