"""The side panel's page about moderation: check, rules, log."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from voiceapp.core.checks import Checked, LoggedVerdict, Part
from voiceapp.core.commands import ApplySettings
from voiceapp.core.events import Event, SessionReady, SettingsChanged
from voiceapp.core.moderation import Policy, Verdict
from voiceapp.core.passages import Passage
from voiceapp.core.settings import Settings
from voiceapp.gui.controls import Line
from voiceapp.gui.dress import dress
from voiceapp.gui.moderation_check import CheckView
from voiceapp.gui.moderation_rules import RulesView
from voiceapp.gui.segments import Segments
from voiceapp.gui.theme import Theme
from voiceapp.gui.verdict_log import VerdictLogView

CHECK, RULES, LOG = range(3)


class ModerationPage(QWidget):
    """Give it every event by :meth:`apply`.

    Signals:
        wanted: a command.
        settings_wanted: a page of the settings.
        draft_wanted: a text that is to go into the entry.
    """

    wanted = Signal(object)
    settings_wanted = Signal(str)
    draft_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.settings = Settings()
        self.check = CheckView(theme)
        dress(theme, self.check)
        self._rules: RulesView | None = None
        self._log: VerdictLogView | None = None
        self.views = Segments(theme, (self.tr("Check"), self.tr("Rules"), self.tr("Log")))
        self._stack = QStackedWidget()
        for view in (self.check, QWidget(), QWidget()):
            self._stack.addWidget(view)
        top = QHBoxLayout()
        top.setContentsMargins(16, 12, 16, 12)
        top.addWidget(self.views)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(top)
        whole.addWidget(Line(theme))
        whole.addWidget(self._stack, 1)
        self._connect()

    def _connect(self) -> None:
        self.views.chosen.connect(self._show)
        self.check.wanted.connect(self.wanted)
        self.check.limit_set.connect(self._set_limit)
        self.check.limits_reset.connect(lambda: self._set_policy(replace(self.settings.moderation, limits={})))

    @property
    def rules(self) -> RulesView:
        """What is checked and what follows; made when it is first wanted."""
        if self._rules is None:
            self._rules = rules = RulesView(self._theme)
            self._put(RULES, rules)
            rules.show_settings(self.settings)
            rules.make()
            rules.policy_changed.connect(self._set_policy)
            rules.settings_wanted.connect(self.settings_wanted)
        return self._rules

    @property
    def log(self) -> VerdictLogView:
        """What was found so far; made when it is first wanted."""
        if self._log is None:
            self._log = log = VerdictLogView(self._theme)
            self._put(LOG, log)
            log.wanted.connect(self.wanted)
            log.opened.connect(self._open)
            log.draft_wanted.connect(self.draft_wanted)
        return self._log

    def _put(self, number: int, view: QWidget) -> None:
        dress(self._theme, view)
        blank = self._stack.widget(number)
        self._stack.insertWidget(number, view)
        if blank is not None:
            self._stack.removeWidget(blank)
            blank.deleteLater()

    def apply(self, event: Event) -> None:
        """Take an event of the session."""
        if isinstance(event, SessionReady | SettingsChanged):
            self._use(event.settings)
        self.check.apply(event)
        if self._log is not None:
            self._log.apply(event)

    def show_checked(self, checked: Checked) -> None:
        """Show a result in the first view."""
        self.check.show_checked(checked)
        self.views.choose(CHECK)

    def _use(self, settings: Settings) -> None:
        self.settings = settings
        if self._rules is not None:
            self._rules.show_settings(settings)
        self.check.show_limits(dict(settings.moderation.limits))

    def _show(self, number: int) -> None:
        if number == RULES:
            self._stack.setCurrentWidget(self.rules)
        elif number == LOG:
            self._stack.setCurrentWidget(self.log)
            self.log.reload()
        else:
            self._stack.setCurrentIndex(number)

    def _set_limit(self, category: str, limit: float | None) -> None:
        limits = {name: value for name, value in self.settings.moderation.limits.items() if name != category}
        if limit is not None:
            limits[category] = limit
        self._set_policy(replace(self.settings.moderation, limits=limits))

    def _set_policy(self, policy: Policy) -> None:
        if policy != self.settings.moderation:
            self._use(replace(self.settings, moderation=policy))
            self.wanted.emit(ApplySettings(self.settings))

    def _open(self, verdict: LoggedVerdict) -> None:
        self.show_checked(_from_log(verdict, dict(self.settings.moderation.limits)))


def _from_log(verdict: LoggedVerdict, limits: dict[str, float]) -> Checked:
    """The log keeps scores and an excerpt, not the whole text."""
    found = Verdict(verdict.scores, any(score.is_flagged for score in verdict.scores), verdict.engine)
    return Checked(
        verdict.subject,
        verdict.checkpoint,
        verdict.decision,
        verdict.excerpt,
        (Part(Passage(0, len(verdict.excerpt)), found),) if verdict.scores else (),
        verdict.engine,
        verdict.duration_ms,
        problem=verdict.problem,
        limits=limits,
    )
