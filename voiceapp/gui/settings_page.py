"""What every page of the settings is made of: a heading, sections, rows with a label, a control and a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QBoxLayout, QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from voiceapp.core.errors import ConfigError
from voiceapp.core.events import Event
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Settings, validated
from voiceapp.core.speech import Voice
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme

if TYPE_CHECKING:
    from voiceapp.gui.data_folder_row import FolderDesk

LABEL_PX = 150


@dataclass(frozen=True)
class Facts:
    """What the settings tell and cannot change.

    Attributes:
        data_dir: where recordings and conversations are kept.
        key_place: where keys are kept, as ``ports.Secrets.place`` says it.
        versions: name and version of what the program stands on, in order.
        models: per job the models to suggest.
        voices: per provider the voices to suggest, where its model has none of its own.
        table: what is known about models.
        folder: the data folder as a setting; None = it is only told.
        restart: lets the program start anew once its windows are closed.
    """

    data_dir: str = ""
    key_place: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    voices: Mapping[str, tuple[Voice, ...]] = field(default_factory=dict)
    table: ModelTable = field(default_factory=ModelTable)
    folder: FolderDesk | None = None
    restart: Callable[[], None] | None = None


class SettingsPage(QWidget):
    """One page.

    Signals:
        edited: new ``Settings``, valid, to be applied.
        wanted: another command.
    """

    edited = Signal(object)
    wanted = Signal(object)

    def __init__(self, theme: Theme, title: str, intro: str = "") -> None:
        super().__init__()
        self.theme, self.title = theme, title
        self.settings = Settings()
        self._words: list[str] = [title, intro]
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(40, 28, 40, 40)
        self.column.setSpacing(12)
        heading = PlainLabel(title)
        heading.setFont(theme.font(20, 600))
        self.column.addWidget(heading)
        if intro:
            self.column.addWidget(note(intro))
            self.column.addSpacing(4)

    def matches(self, query: str) -> bool:
        """Tell whether something on this page is called *query*."""
        needle = query.casefold().strip()
        return not needle or any(needle in words.casefold() for words in self._words)

    def know(self, *words: str) -> None:
        """Let the filter find this page by *words*."""
        self._words += words

    def steps(self, settings: Settings) -> Iterator[None]:
        """Make what is not made yet and show *settings*, the longer pages a few controls at a time."""
        self.show_settings(settings)
        yield

    def show_settings(self, settings: Settings) -> None:
        """Show *settings*; emits nothing. What is not made yet is made at once."""
        self.settings = settings

    def handle(self, event: Event) -> None:
        """Take an event of the session."""

    def offer(self, settings: Settings, row: Row | None = None) -> bool:
        """Apply *settings* if they are valid; otherwise say why beside *row*. Returns which."""
        try:
            checked = validated(settings)
        except ConfigError as error:
            if row is not None:
                row.set_error(f"{error.message} {error.hint}".strip())
            return False
        if row is not None:
            row.set_error("")
        if checked != self.settings:
            self.settings = checked
            self.edited.emit(checked)
        return True

    def section(self, title: str = "") -> Panel:
        """Begin a framed group of rows."""
        if title:
            heading = PlainLabel(title)
            heading.setFont(self.theme.font(15, 600))
            self.column.addSpacing(8)
            self.column.addWidget(heading)
            self.know(title)
        panel = Panel(self.theme, self)
        self.column.addWidget(panel)
        return panel


class Panel(QWidget):
    """A frame with rows, divided by lines."""

    def __init__(self, theme: Theme, page: SettingsPage) -> None:
        super().__init__()
        self._theme, self._page = theme, page
        self._rows: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 6, 20, 6)
        self._column.setSpacing(0)

    def add(self, widget: QWidget) -> None:
        """Add something that fills the width."""
        self._rows.append(widget)
        self._column.addWidget(widget)

    def drop(self, widget: QWidget) -> None:
        """Take one out and dispose of it."""
        self._rows.remove(widget)
        self._column.removeWidget(widget)
        widget.hide()
        widget.deleteLater()

    def clear(self) -> None:
        for widget in self._rows:
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._rows.clear()

    def row(self, label: str, control: QWidget | QBoxLayout, hint: str = "") -> Row:
        """Add a labelled control, with *hint* below it."""
        row = Row(label, control, hint)
        self.add(row)
        self._page.know(label, hint)
        return row

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)
        for row in [row for row in self._rows if not row.isHidden()][1:]:
            painter.fillRect(QRectF(1, row.y(), self.width() - 2, 1), self._theme.color("line"))


class Row(QWidget):
    """A label, its control, a hint, and room for what is wrong with the value."""

    def __init__(self, label: str, control: QWidget | QBoxLayout, hint: str = "") -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 10, 0, 10)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        self.label = PlainLabel(label)
        font = self.label.font()
        font.setWeight(font.Weight.Medium)
        self.label.setFont(font)
        self.label.setMinimumWidth(LABEL_PX)
        self.label.setMaximumWidth(LABEL_PX)
        self.label.setWordWrap(True)
        grid.addWidget(self.label, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        field = control if isinstance(control, QWidget) else _field_in(control)
        if isinstance(control, QWidget):
            grid.addWidget(control, 0, 1)
        else:
            grid.addLayout(control, 0, 1)
        if field is not None:
            self.label.setBuddy(field)
            if not field.accessibleName():
                field.setAccessibleName(label)
            field.setAccessibleDescription(hint)
        grid.setColumnStretch(1, 1)
        self._error = PlainLabel()
        self._error.setProperty("role", "problem")
        self._error.setWordWrap(True)
        self._error.hide()
        grid.addWidget(self._error, 1, 1)
        if hint:
            grid.addWidget(note(hint), 2, 1)

    def set_error(self, words: str) -> None:
        """Say what is wrong with the value; empty: nothing is."""
        self._error.setText(words)
        self._error.setVisible(bool(words))

    @property
    def error(self) -> str:
        """What is wrong, as shown."""
        return "" if self._error.isHidden() else self._error.text()


def _field_in(row: QBoxLayout) -> QWidget | None:
    """Return the one in *row* that the label is for; None among buttons, which carry their own words."""
    widgets = (item.widget() for index in range(row.count()) if (item := row.itemAt(index)) is not None)
    return next((widget for widget in widgets if isinstance(widget, QComboBox | QLineEdit)), None)


def note(words: str) -> QLabel:
    """Return a sentence in secondary ink."""
    label = PlainLabel(words)
    label.setProperty("role", "secondary")
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def side_by_side(*widgets: QWidget, has_stretch: bool = True) -> QHBoxLayout:
    """Lay *widgets* out in a row."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    if has_stretch:
        row.addStretch(1)
    return row
