"""Providers: who can be asked, with which key, at which address, and whether they answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from voiceapp.core import commands as c
from voiceapp.core.events import Event, ProviderChecked, ServerFound
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings, address_problem
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.settings_job_checks import JobChecks
from voiceapp.gui.settings_page import Facts, Panel, SettingsPage, note, side_by_side
from voiceapp.gui.settings_provider_fields import ProviderFields
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme

TESTED = tuple(job.value for job in Job if job is not Job.IMAGES)
"""What a test tries by itself; an image costs money."""


class Badge(QWidget):
    """A word about a state, with an icon: "Works", "Not reachable"."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._words, self._is_problem = theme, "", False
        self.setFixedHeight(24)
        self.hide()

    def show_words(self, words: str, *, is_problem: bool) -> None:
        self._words, self._is_problem = words, is_problem
        self.setAccessibleName(words)
        self.setVisible(bool(words))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self._theme.font(12, 500)).horizontalAdvance(self._words) + 37, 24)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("problemSoft" if self._is_problem else "hover"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        color = "problem" if self._is_problem else "ink2"
        icon = "triangle-alert" if self._is_problem else "check"
        self._theme.paint_icon(painter, QRectF(8, 4, 16, 16), icon, color)
        painter.setFont(self._theme.font(12, 500))
        painter.setPen(self._theme.color(color))
        painter.drawText(QRectF(28, 0, self.width(), 24), Qt.AlignmentFlag.AlignVCenter, self._words)


class ProviderCard(QWidget):
    """One provider with what can be done to it."""

    wanted = Signal(object)
    removed = Signal(str)
    edited = Signal(object)

    def __init__(self, theme: Theme, provider: Provider) -> None:
        super().__init__()
        self.provider = provider
        is_local = provider.kind is ProviderKind.LOCAL
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 12, 0, 12)
        grid.setVerticalSpacing(6)
        name = PlainLabel(provider.shown)
        name.setFont(theme.font(15, 600))
        self.badge = Badge(theme)
        self.line = note(self._about())
        self.check = self._button(self.tr("Test"))
        self.checks = JobChecks(theme)
        self.key_toggle = self._button(self.tr("Key"))
        self.address_toggle = self._button(self.tr("Edit"))
        self.remove = self._button(self.tr("Remove"), kind="quiet")
        buttons = (self.remove, self.address_toggle, self.key_toggle, self.check)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(name)
        head.addWidget(self.badge)
        head.addStretch(1)
        for button in buttons:
            head.addWidget(button)
        grid.addLayout(head, 0, 0)  # gives the buttons a parent, before they are shown
        self.remove.setVisible(provider.kind not in (ProviderKind.LOCAL, ProviderKind.OPENAI))
        self.address_toggle.setVisible(not is_local)
        self.key_toggle.setVisible(not is_local)
        grid.addWidget(self.line, 1, 0)
        grid.addWidget(self._make_key(), 2, 0)
        grid.addWidget(self.checks, 4, 0)
        self.check.clicked.connect(lambda: self._on_check(TESTED))
        self.checks.images_wanted.connect(lambda: self._on_check((Job.IMAGES.value,)))
        self.remove.clicked.connect(lambda: self.removed.emit(provider.name))
        self.address_toggle.clicked.connect(lambda: self._fold(self.fields, self.fields.address))

    def _button(self, words: str, kind: str = "") -> QPushButton:
        button = QPushButton(words)
        button.setProperty("compact", True)
        if kind:
            button.setProperty("kind", kind)
        button.setAccessibleName(f"{words}: {self.provider.shown}")
        return button

    def _make_key(self) -> QWidget:
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(self.tr("Paste a key, or leave this empty to forget the one kept"))
        self.key.setAccessibleName(self.tr("Key for {name}").format(name=self.provider.shown))
        save = self._button(self.tr("Keep and check"))
        save.clicked.connect(self._on_key)
        self.key.returnPressed.connect(self._on_key)
        box = QWidget()
        row = side_by_side(self.key, save, has_stretch=False)
        row.setContentsMargins(0, 0, 0, 0)
        box.setLayout(row)
        box.hide()
        self.key_toggle.clicked.connect(lambda: self._fold(box, self.key))
        self._key_box = box
        return box

    @cached_property
    def fields(self) -> ProviderFields:
        """What is folded away; made when it is first unfolded, as most cards never are."""
        fields = ProviderFields(self.provider)
        fields.edited.connect(self.edited)
        fields.hide()
        self._grid.addWidget(fields, 3, 0)
        return fields

    def _fold(self, box: QWidget, field: QLineEdit) -> None:
        box.setVisible(box.isHidden())
        if box.isVisible():
            field.setFocus()

    def _about(self) -> str:
        if self.provider.kind is ProviderKind.LOCAL:
            return self.tr("pocketsphinx, espeak-ng and an assistant with tools. Nothing leaves the machine.")
        return self.provider.base_url or self.tr("Hearing, thinking and speaking over the internet.")

    def _on_check(self, jobs: tuple[str, ...] = ()) -> None:
        self.check.setEnabled(False)
        self.check.setText(self.tr("Testing"))
        self.wanted.emit(c.CheckProvider(self.provider.name, jobs))

    def _on_key(self) -> None:
        self.wanted.emit(c.StoreKey(self.provider.name, self.key.text().strip()))
        self.key.clear()
        self._key_box.hide()
        self._on_check()

    def show_checked(self, event: ProviderChecked) -> None:
        """Show what the check found."""
        self.check.setEnabled(True)
        self.check.setText(self.tr("Test"))
        self.checks.show_checks(event.jobs)
        if event.problem is not None:
            self.badge.show_words(self._problem_word(event.problem.code), is_problem=True)
            self.line.setText(f"{event.problem.message} {event.problem.hint}".strip())
            return
        is_local = self.provider.kind is ProviderKind.LOCAL
        self.badge.show_words(self.tr("Ready") if is_local else self.tr("Works"), is_problem=False)
        away = "" if event.latency_ms is None else self.tr(" · {n:.0f} ms away").format(n=event.latency_ms)
        models = len(event.models)
        count = self.tr(" · 1 model") if models == 1 else self.tr(" · {n} models").format(n=models) if models else ""
        self.line.setText(self._about() if is_local else self._about().rstrip(".") + away + count)

    def _problem_word(self, code: str) -> str:
        words = {
            "no_key": self.tr("No key"),
            "auth": self.tr("Key not accepted"),
            "no_credit": self.tr("No credit"),
            "rate_limit": self.tr("Busy"),
        }
        return words.get(code, self.tr("Not reachable"))


class ProvidersPage(SettingsPage):
    """All providers, and adding another."""

    def __init__(self, theme: Theme, facts: Facts) -> None:
        super().__init__(theme, "", "")
        self._set_words(facts.key_place or self.tr("Keys are kept in the system's keyring."))
        self._cards: dict[str, ProviderCard] = {}
        self._panel: Panel = self.section()
        self._offers = QVBoxLayout()
        self.column.addLayout(self._offers)
        self._make_adding()
        self.know("OpenAI", "key", "base URL", "address", "Ollama", "LM Studio", "organisation")

    def _set_words(self, place: str) -> None:
        self.title = self.tr("Providers")
        labels = self.findChildren(QLabel)
        labels[0].setText(self.title)
        words = f"{place} {self.tr('They are never written to a log.')}".strip()
        self.column.addWidget(note(words))
        self.know(self.title, words)

    def _make_adding(self) -> None:
        panel = self.section(self.tr("Add a provider"))
        self.new_kind = QComboBox()
        self.new_kind.addItem(self.tr("Compatible server"), ProviderKind.COMPATIBLE)
        self.new_kind.addItem("Azure OpenAI", ProviderKind.AZURE)
        panel.row(self.tr("Kind"), self.new_kind, self.tr("Everything that speaks OpenAI's API is compatible."))
        self.new_name, self.new_address, self.new_key = QLineEdit(), QLineEdit(), QLineEdit()
        self.new_name.setPlaceholderText(self.tr("Ollama"))
        self.new_address.setPlaceholderText("http://localhost:11434/v1")
        self.new_key.setEchoMode(QLineEdit.EchoMode.Password)
        self.new_key.setPlaceholderText(self.tr("only where the server wants one"))
        self.name_row = panel.row(self.tr("Name"), self.new_name)
        self.address_row = panel.row(self.tr("Base URL"), self.new_address)
        hint = self.tr("For Azure an API key; for sign-in tokens, which end, name a command under Edit.")
        panel.row(self.tr("Key"), self.new_key, hint)
        self.add_button = IconTextButton(self.theme, "plus", self.tr("Add and check"))
        self.add_button.clicked.connect(self._on_add)
        for edit, row in ((self.new_name, self.name_row), (self.new_address, self.address_row), (self.new_key, None)):
            edit.returnPressed.connect(self._on_add)
            if row is not None:
                edit.textEdited.connect(lambda _text, row=row: row.set_error(""))
        self.column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_settings(self, settings: Settings) -> None:
        before = tuple(card.provider for card in self._cards.values())
        super().show_settings(settings)
        if before == settings.providers:
            return
        self._panel.clear()
        self._cards.clear()
        for provider in settings.providers:
            self._add_card(provider)

    def steps(self, settings: Settings) -> Iterator[None]:
        for provider in settings.providers:
            self._add_card(provider)
            yield
        yield from super().steps(settings)

    def _add_card(self, provider: Provider) -> None:
        card = ProviderCard(self.theme, provider)
        card.wanted.connect(self.wanted)
        card.removed.connect(self._on_remove)
        card.edited.connect(self._on_provider)
        self._cards[provider.name] = card
        self._panel.add(card)
        self.know(provider.shown)

    def card(self, name: str) -> ProviderCard:
        """Return the card of provider *name*."""
        return self._cards[name]

    def handle(self, event: Event) -> None:
        if isinstance(event, ProviderChecked) and event.name in self._cards:
            self._cards[event.name].show_checked(event)
        elif isinstance(event, ServerFound):
            self._offer_server(event)

    def _offer_server(self, found: ServerFound) -> None:
        known = {provider.base_url for provider in self.settings.providers}
        if found.base_url in known or found.base_url in self.settings.offers_declined:
            return
        words = self.tr("{name} answers at {address}: add it").format(name=found.name, address=found.base_url)
        button = IconTextButton(self.theme, "server", words)
        button.clicked.connect(lambda: self._add(found.name, found.base_url, ""))
        button.clicked.connect(button.hide)
        self._offers.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _on_add(self) -> None:
        name, address = self.new_name.text().strip(), self.new_address.text().strip()
        taken = name.casefold() in (provider.name.casefold() for provider in self.settings.providers)
        self.name_row.set_error(
            self.tr("Give it a name.") if not name else self.tr("There is one of this name already.") if taken else ""
        )
        self.address_row.set_error(address_problem(address))
        if not self.name_row.error and not self.address_row.error:
            self._add(name, address, self.new_key.text().strip(), ProviderKind(self.new_kind.currentData()))
            for edit in (self.new_name, self.new_address, self.new_key):
                edit.clear()

    def _add(self, name: str, address: str, key: str, kind: ProviderKind = ProviderKind.COMPATIBLE) -> None:
        provider = Provider(name, kind, base_url=address)
        if not self.offer(replace(self.settings, providers=(*self.settings.providers, provider)), self.name_row):
            return
        self.show_settings(self.settings)
        if key:
            self.wanted.emit(c.StoreKey(name, key))
        self.wanted.emit(c.CheckProvider(name))

    def _on_remove(self, name: str) -> None:
        providers = tuple(provider for provider in self.settings.providers if provider.name != name)
        kept = self.settings.jobs.items()
        fallbacks = tuple(one for one in self.settings.fallbacks if one != name)
        jobs = {job: choice if choice.provider != name else Choice("local") for job, choice in kept}
        if self.offer(replace(self.settings, providers=providers, jobs=jobs, fallbacks=fallbacks)):
            self.wanted.emit(c.StoreKey(name, ""))
            self.show_settings(self.settings)

    def _on_provider(self, edited: Provider) -> None:
        providers = tuple(edited if p.name == edited.name else p for p in self.settings.providers)
        if self.offer(replace(self.settings, providers=providers), self._cards[edited.name].fields.address_row):
            self.show_settings(self.settings)
            self.wanted.emit(c.CheckProvider(edited.name))
