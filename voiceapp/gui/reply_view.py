"""A reply on the page: its blocks, what was heard of it, how long it took, and what can be done with it.

Text arrives by :meth:`ReplyView.grow`; nothing is shown before the conversation calls :meth:`ReplyView.step`, which
does a few milliseconds of work at a time. Only the last block is ever written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from voiceapp.core.conversation import Message, Source, Timings
from voiceapp.core.money import cost_words
from voiceapp.gui.code_block import CodeBlock
from voiceapp.gui.controls import IconButton
from voiceapp.gui.conversation_entries import Reply
from voiceapp.gui.copy_button import CopyIcon
from voiceapp.gui.dress import Words, dress
from voiceapp.gui.markdown_blocks import Block, BlockScanner, Kind
from voiceapp.gui.markdown_writer import MarkdownWriter
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.prose_text import RUN_LIMIT_CHARS, ProseText
from voiceapp.gui.quiet_line import CutLine, IconLine, ThinkingDots
from voiceapp.gui.selection import SpanningSelection
from voiceapp.gui.stack import Stack
from voiceapp.gui.theme import Theme

if TYPE_CHECKING:
    from voiceapp.gui.sources import Sources

SHOWN_CHARS = 64_000
"""A longer reply is shown in portions of this size, so that no width and no theme change takes long."""

Part = ProseText | CodeBlock


class ReplyView(Stack):
    """One answer.

    Signals:
        grew: there is work for :meth:`step`.
        link_clicked: the address of a link.
        source_chosen: a ``Source`` that the person wants to see, or to save.
    """

    grew = Signal()
    link_clicked = Signal(str)
    source_chosen = Signal(object)
    regenerate = Signal()
    speak = Signal()
    speak_rest = Signal()
    check = Signal()

    def __init__(self, theme: Theme, reply: Reply, parent: QWidget | None = None) -> None:
        super().__init__(parent, gap_px=6)
        self._theme = theme
        self._writer = MarkdownWriter(theme)
        self._reply = reply
        self._chunks: list[str] = []
        self._unshown: list[str] = []
        self._allowed = SHOWN_CHARS
        self._fed = 0
        self._scanner = BlockScanner()
        self._settled = 0
        self._shown: list[tuple[Block, Part]] = []
        self._is_dirty = False
        self._is_finished = False
        self._looks: list[Part] = []
        self.selection = SpanningSelection(self)
        self._spoken = (0, 0)
        self.block_writes = 0
        self.sources: Sources | None = None
        self._dots = ThinkingDots(theme)
        self._more = QPushButton()
        dress(theme, self._more, "QPushButton")
        self._more.setObjectName("show-more")
        self._more.clicked.connect(self._show_more)
        self._more.hide()
        self._cut = CutLine(theme)
        self._cut.hide()
        self._cut.rest_wanted.connect(self.speak_rest)
        self._verdict = IconLine(theme, "flag", "problem")
        self._verdict.hide()
        self.footer = ReplyFooter(theme, lambda: self.text)
        self.footer.hide()
        self.footer.again.clicked.connect(self.regenerate)
        self.footer.speak.clicked.connect(self.speak)
        self.footer.check.clicked.connect(self.check)
        for item in (self._dots, self._more, self._cut, self._verdict, self.footer):
            self.add(item)
            item.setVisible(item is self._dots)
        self.set_reply(reply)

    # --- content ------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """Return the whole source, shown or not."""
        if len(self._chunks) > 1:
            self._chunks = ["".join(self._chunks)]
        return self._chunks[0] if self._chunks else ""

    @property
    def parts(self) -> list[Part]:
        """Return the widgets that show text, in order, each once."""
        return list(dict.fromkeys(part for _, part in self._shown))

    @property
    def blocks(self) -> list[Block]:
        """Return the blocks shown."""
        return [block for block, _ in self._shown]

    def grow(self, text: str) -> None:
        """The reply goes on with *text*."""
        self._chunks.append(text)
        self._unshown.append(text)
        self._is_dirty = True
        self.grew.emit()

    def set_reply(self, reply: Reply) -> None:
        """Show *reply*; text that begins with what is already here only grows."""
        self._reply = reply
        message = reply.message
        if message.text != self.text:
            if message.text.startswith(self.text):
                self.grow(message.text[len(self.text) :])
            elif message.is_complete or message.text:
                self._begin_anew(message.text)
        if message.is_complete and not self._is_finished:
            self._is_finished = True
            self._is_dirty = True
            self.grew.emit()
        self._show_state()

    def _begin_anew(self, text: str) -> None:
        self._drop_from(0)
        self._chunks, self._unshown = [], []
        self._scanner, self._settled, self._fed = BlockScanner(), 0, 0
        self._is_finished = False
        self.grow(text)

    def _show_state(self) -> None:
        message = self._reply.message
        is_cut = message.heard_chars is not None and self._reply.unheard > 0
        for part in self.parts:
            part.set_heard(message.heard_chars)
        if is_cut:
            self._cut.set_text(self._cut_words())
            self._cut.offer_rest(message.is_complete)
        verdict = self._reply.verdict
        self._cut.setVisible(is_cut and not verdict)
        self._verdict.set_text(verdict)
        self._verdict.setVisible(bool(verdict))
        self._dots.setVisible(not message.is_complete and not self.text.strip())
        if message.sources:
            self._show_sources(message.sources)
        self.footer.setVisible(message.is_complete or message.timings is not None)
        self.footer.set_message(message, cost_words(self._reply.cost), self._reply.checked_ms)
        if message.is_complete:
            self.set_spoken(0, 0)
        self.setAccessibleName(self.tr("Answer"))
        self.updateGeometry()

    def _show_sources(self, found: tuple[Source, ...]) -> None:
        if self.sources is None:
            from voiceapp.gui.sources import Sources  # most replies have none

            self.sources = Sources(self._theme)
            self.sources.chosen.connect(self.source_chosen)
            self.add(self.sources, self.items.index(self._cut))
        self.sources.set_sources(found)

    def made(self, address: str) -> Source | None:
        """Return the file that the reply has made and links to as *address* ("sandbox:/mnt/data/plot.png")."""
        if self.sources is None or not address.startswith("sandbox:"):
            return None
        return self.sources.made(address.rpartition("/")[2])

    def _cut_words(self) -> str:
        words = self._reply.unheard
        lost = self.tr("1 word was not heard.") if words == 1 else self.tr("{n} words were not heard.").format(n=words)
        if self._reply.interrupted_at_s is None:
            return lost
        return self.tr("You interrupted at {s:.1f} s. {lost}").format(s=self._reply.interrupted_at_s, lost=lost)

    @property
    def verdict(self) -> str:
        """What is said about moderation; empty where it found nothing."""
        return "" if self._verdict.isHidden() else self._verdict.text()

    @property
    def cut_words(self) -> str:
        """What is said about the interruption; empty where there was none."""
        return "" if self._cut.isHidden() else self._cut.text()

    # --- work ---------------------------------------------------------------------------------------------

    @property
    def has_work(self) -> bool:
        return self._is_dirty or bool(self._looks)

    def step(self) -> None:
        """Do one small piece of work: parse some, show a settled block or the unsettled end, redraw one part's look."""
        if self._looks:
            part = self._looks.pop()
            part.write_again(self._writer) if isinstance(part, ProseText) else part.write_again()
            part.set_heard(self._reply.message.heard_chars)
            return
        self._feed()
        if self._scanner.look():
            return
        block = self._scanner.next()
        if block is not None:
            self._show(self._settled, block)
            self._settled += 1
            return
        tail = self._scanner.tail()
        for offset, unsettled in enumerate(tail):
            self._show(self._settled + offset, unsettled)
        self._drop_from(self._settled + len(tail))
        self._is_dirty = False
        if self._shown:
            self._dots.hide()
        if self._spoken[1] > self._spoken[0]:
            self.set_spoken(*self._spoken)

    def _feed(self) -> None:
        """Give the scanner what has arrived, up to the size that is shown."""
        if self._unshown and self._fed < self._allowed:
            text = "".join(self._unshown)
            taken = text[: self._allowed - self._fed]
            self._scanner.push(taken)
            self._fed += len(taken)
            rest = text[len(taken) :]
            self._unshown = [rest] if rest else []
        if self._is_finished and not self._unshown:
            self._scanner.finish()
        hidden = sum(map(len, self._unshown))
        if hidden:
            self._more.setText(self.tr("Show more of this reply ({n} kB)").format(n=max(1, round(hidden / 1000))))
        if bool(hidden) is self._more.isHidden():
            self._more.setVisible(bool(hidden))

    def _show_more(self) -> None:
        self._allowed += SHOWN_CHARS
        self._is_dirty = True
        self.grew.emit()

    def _show(self, index: int, block: Block) -> None:
        """Make *block* the block number *index*; those before it are untouched."""
        if index < len(self._shown) and self._shown[index][0] == block:
            return
        self.block_writes += 1
        if index == len(self._shown) - 1 and self._shown[index][0].kind is block.kind:
            part = self._shown[index][1]
            if isinstance(part, CodeBlock):
                part.set_block(block)
            else:
                part.drop_last()
                part.add_block(block)
            self._shown[index] = (block, part)
            return
        self._drop_from(index)
        part = self._part_for(block)
        if isinstance(part, ProseText):
            part.add_block(block)
        part.set_heard(self._reply.message.heard_chars)
        self._shown.append((block, part))

    def _part_for(self, block: Block) -> Part:
        if block.kind is Kind.PROSE and self._shown:
            last, part = self._shown[-1]
            if last.kind is Kind.PROSE and isinstance(part, ProseText) and part.chars < RUN_LIMIT_CHARS:
                return part
        if block.kind is Kind.CODE:
            code = CodeBlock(self._theme, block)
            self.selection.watch(code.text)
            self._place(code)
            return code
        prose = ProseText(self._theme, self._writer)
        prose.setAccessibleName(self.tr("Answer"))
        if block.kind is Kind.TABLE:
            prose.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
            dress(self._theme, prose.horizontalScrollBar(), "QScrollBar")
        prose.link_clicked.connect(self.link_clicked)
        self.selection.watch(prose)
        self._place(prose)
        return prose

    def _place(self, part: Part) -> None:
        self.add(part, self.items.index(self._more))

    def _drop_from(self, index: int) -> None:
        while len(self._shown) > index:
            _, part = self._shown.pop()
            if isinstance(part, ProseText) and part.block_count > 1:
                part.drop_last()
            else:
                self.selection.forget(part.text if isinstance(part, CodeBlock) else part)
                self.remove(part)

    # --- the voice ----------------------------------------------------------------------------------------

    def set_spoken(self, start: int, end: int) -> None:
        """Mark source characters [start, end) as being spoken; (0, 0) marks nothing."""
        self._spoken = (start, end)
        for part in self.parts:
            if isinstance(part, ProseText):
                part.set_spoken(start, end)

    def spoken_rect(self) -> QRect:
        """Return where the spoken words are, in this widget."""
        for part in self.parts:
            if isinstance(part, ProseText) and not (rect := part.spoken_rect()).isEmpty():
                return rect.toRect().translated(part.pos() + QPoint(0, 0))
        return QRect()

    def set_playing(self, is_playing: bool) -> None:
        """Let the speak button stop what it started."""
        self.footer.set_speaking(is_playing)
        self._cut.set_speaking(is_playing)

    def set_look(self) -> None:
        """The colours have changed: write everything again, a part per step."""
        self._looks = [part for part in reversed(self.parts) if part.is_colored]
        if self._looks:
            self.grew.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.selection.handle_key(event):
            super().keyPressEvent(event)


SHOWN_CHECK_MS = 10.0
"""Less than this that a turn waited for moderation is not worth a word."""


def timing_words(timings: Timings | None) -> str:
    """Say how long a turn took: "heard in 0.31 s · first word 0.52 s · first sound 0.74 s"."""
    if timings is None:
        return ""
    known = (
        ("heard in", timings.transcript_ms),
        ("first word", timings.first_token_ms),
        ("first sound", timings.first_sound_ms),
    )
    return " · ".join(f"{words} {ms / 1000:.2f} s" for words, ms in known if ms is not None)


class ReplyFooter(QWidget):
    """Times at the left, what can be done at the right."""

    def __init__(self, theme: Theme, text: object) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._times = Words(theme)
        self._times.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self._times, 1)
        self.again = IconButton(theme, "refresh-cw", self.tr("Answer again"), size_px=28, icon_px=16)
        self.copy = CopyIcon(theme, self.tr("Copy the answer"), text)  # type: ignore[arg-type]
        self.speak = IconButton(theme, "volume-2", self.tr("Speak again"), size_px=28, icon_px=16)
        self.check = IconButton(theme, "shield-check", self.tr("Check the answer"), size_px=28, icon_px=16)
        for button in (self.check, self.again, self.copy, self.speak):
            row.addWidget(button)
        self.setFixedHeight(28)

    def set_message(self, message: Message, cost: str = "", checked_ms: float = 0.0) -> None:
        words = timing_words(message.timings) or message.engine
        waited = ""
        if checked_ms >= SHOWN_CHECK_MS:
            waited = self.tr("{s:.2f} s of it for checks").format(s=checked_ms / 1000)
        self._times.setText(" · ".join(part for part in (words, waited, cost) if part))
        self._times.setToolTip(plain_tip(message.engine))

    def set_speaking(self, is_speaking: bool) -> None:
        """Let the speak button stop what it started."""
        name = self.tr("Stop speaking") if is_speaking else self.tr("Speak again")
        self.speak.set_icon("square" if is_speaking else "volume-2", name)
