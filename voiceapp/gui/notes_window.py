"""The notes of a conversation in a window of their own: read, copied, saved."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from voiceapp.core.notes import markdown
from voiceapp.core.notes_events import NotesBegun, NotesEvent, NotesWritten
from voiceapp.gui.copy_button import CopyButton
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme


class NotesWindow(QDialog):
    """Shows what ``WriteNotes`` brought. Not modal."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self._theme = theme
        dress(theme, self)
        self.setWindowTitle(self.tr("Meeting notes"))
        self.resize(640, 640)
        self.page = QTextBrowser()
        self.page.setOpenLinks(False)  # what a model wrote leads nowhere by itself
        self.page.setFont(theme.font(15))
        self.page.setAccessibleName(self.tr("Meeting notes"))
        self.state = PlainLabel()
        self.state.setWordWrap(True)
        self.copy = CopyButton(theme, self.tr("Copy"), lambda: self.text)
        self.save = IconTextButton(theme, "download", self.tr("Save"))
        self.save.clicked.connect(self._on_save)
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.copy)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.addWidget(self.page, 1)
        column.addLayout(row)

    def handle(self, event: NotesEvent) -> None:
        """Take in that notes are being written, or how that ended."""
        self.text = ""
        match event:
            case NotesBegun():
                self.page.clear()
                self.state.setText(self.tr("The notes are being written."))
            case NotesWritten(notes=notes, problem=problem):
                if notes is not None:
                    self.text = markdown(notes)
                    self.page.setMarkdown(self.text)
                    self._space_out()
                self.state.setText(f"{problem.message} {problem.hint}".strip() if problem is not None else "")
        for button in (self.copy, self.save):
            button.setEnabled(bool(self.text))

    def _space_out(self) -> None:
        """Qt sets Markdown tight, and its headings large."""
        whole = QTextCursor(self.page.document())
        whole.beginEditBlock()  # otherwise everything is laid out again after each of them
        block = self.page.document().begin()
        while block.isValid():
            cursor, form = QTextCursor(block), block.blockFormat()
            level = form.headingLevel()
            form.setTopMargin(18 if level > 1 else 4)
            form.setBottomMargin(6)
            cursor.setBlockFormat(form)
            if level:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                letters = QTextCharFormat()
                letters.setFont(self._theme.font(20 if level == 1 else 15, 600))
                cursor.mergeCharFormat(letters)
            block = block.next()
        whole.endEditBlock()

    def _on_save(self) -> None:
        title = re.sub(r"[^\w -]", "", self.text.partition("\n")[0]).strip() or "notes"
        path, _kind = QFileDialog.getSaveFileName(self, self.tr("Save the notes"), f"{title}.md", "Markdown (*.md)")
        if path:
            self.write(Path(path))

    def write(self, path: Path) -> None:
        """Save the notes as *path*; where that fails, say so."""
        try:
            path.write_text(self.text, encoding="utf-8")
        except OSError as error:
            self.state.setText(self.tr("This could not be saved: {why}.").format(why=error.strerror))
        else:
            self.state.setText(self.tr("Saved as {name}.").format(name=path.name))
