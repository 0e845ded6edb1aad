"""The person's rules: what is checked by itself, and what happens then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from voiceapp.core.moderation import Action, Checkpoint, OnFailure, Policy, Rule
from voiceapp.core.settings import Settings
from voiceapp.gui.controls import Line, Surface
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.portions import Portions
from voiceapp.gui.spoken_names import name_box
from voiceapp.gui.theme import Theme


class RuleControls(QWidget):
    """One checkpoint. ``changed`` carries its new rule."""

    changed = Signal(object)

    def __init__(self, theme: Theme, title: str, hint: str) -> None:
        super().__init__()
        self.action, self.failure = QComboBox(), QComboBox()
        for words, action in (
            (self.tr("Not checked"), Action.OFF),
            (self.tr("Show what is found"), Action.SHOW),
            (self.tr("Block"), Action.BLOCK),
        ):
            self.action.addItem(words, action)
        for words, failure in (
            (self.tr("If the check fails: let it pass"), OnFailure.OPEN),
            (self.tr("If the check fails: hold it back"), OnFailure.CLOSED),
        ):
            self.failure.addItem(words, failure)
        heading, words_below = PlainLabel(title), PlainLabel(hint)
        heading.setFont(theme.font(13, 500))
        words_below.setProperty("role", "meta")
        words_below.setWordWrap(True)
        name_box(self.action, title)
        name_box(self.failure, self.tr("{title}, if the check fails").format(title=title))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 12)
        column.setSpacing(6)
        for part in (heading, words_below, self.action, self.failure):
            column.addWidget(part)
        for box in (self.action, self.failure):
            box.setSizePolicy(box.sizePolicy().Policy.Ignored, box.sizePolicy().verticalPolicy())
            box.activated.connect(lambda _index: self.changed.emit(self.rule()))

    def show_rule(self, rule: Rule) -> None:
        """Show *rule*; emits nothing."""
        with QSignalBlocker(self.action), QSignalBlocker(self.failure):
            self.action.setCurrentIndex(self.action.findData(rule.action))
            self.failure.setCurrentIndex(self.failure.findData(rule.on_failure))
        self.failure.setVisible(rule.action is Action.BLOCK)

    def rule(self) -> Rule:
        """Return what is chosen."""
        return Rule(Action(self.action.currentData()), OnFailure(self.failure.currentData()))


class RulesView(QWidget):
    """The second view of the page. ``policy_changed`` carries the new policy; ``settings_wanted`` a settings page."""

    policy_changed = Signal(object)
    settings_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._policy = Policy()
        self.who = PlainLabel()
        self.who.setWordWrap(True)
        self.choose = QPushButton(self.tr("Choose who checks"))
        self.choose.setProperty("compact", True)
        self.choose.clicked.connect(lambda: self.settings_wanted.emit("jobs"))
        self._controls: dict[Checkpoint, RuleControls] = {}
        self._making = Portions(self)
        inner = Surface(theme, "rail")
        column = QVBoxLayout(inner)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(0)
        column.addWidget(self.who)
        column.addSpacing(8)
        column.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(12)
        self._column = column
        area = QScrollArea()
        area.setFrameStyle(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def make(self) -> None:
        """Make the controls, one after the other: to be called where the view has its place, and is dressed."""
        self._making.begin(self._make())

    @property
    def controls(self) -> dict[Checkpoint, RuleControls]:
        """The controls of each place, all of them."""
        self._making.finish()
        return self._controls

    def _make(self) -> Iterator[None]:
        for checkpoint, title, hint in (
            (
                Checkpoint.INPUT,
                self.tr("What you say, type or attach"),
                self.tr("Before it is sent. What is blocked comes back to you."),
            ),
            (Checkpoint.REPLY, self.tr("What is answered"), self.tr("Clause by clause, before it is spoken.")),
            (Checkpoint.IMAGE_PROMPT, self.tr("Image prompts"), self.tr("Before they are sent.")),
            (
                Checkpoint.IMAGE,
                self.tr("Generated images"),
                self.tr("With “Block” they are not shown before they are judged."),
            ),
        ):
            yield
            control = self._controls[checkpoint] = RuleControls(self._theme, title, hint)
            control.changed.connect(lambda rule, where=checkpoint: self._on_rule(where, rule))
            control.show_rule(self._policy.rule(checkpoint))
            self._column.addWidget(Line(self._theme))
            self._column.addWidget(control)
        self._column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        """Show the rules, and who checks."""
        self._policy = settings.moderation
        for checkpoint, control in self._controls.items():
            control.show_rule(self._policy.rule(checkpoint))
        choice = settings.checker()
        is_nobody = choice.provider == "local"
        name = settings.provider(choice.provider).shown
        self.who.setText(
            self.tr("Nobody checks yet: this computer cannot judge by itself. It needs a provider with moderation.")
            if is_nobody
            else self.tr("{name} checks. What is checked is sent there.").format(name=f"{name} {choice.model}".strip())
        )

    def _on_rule(self, checkpoint: Checkpoint, rule: Rule) -> None:
        rules: dict[str, Rule] = {checkpoint.value: rule}
        self._controls[checkpoint].show_rule(rule)
        self._policy = replace(self._policy, **rules)  # type: ignore[arg-type]
        self.policy_changed.emit(self._policy)
