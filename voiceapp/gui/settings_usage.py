"""The page of usage and costs: a month drawn by day, summed up by job and provider, the budget, and the export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from PySide6.QtCore import QDate, QLocale, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from voiceapp.core.budget import BudgetLevel, CostAdded, ExportUsage, ShowUsage, UsageListed, UsageReport, level
from voiceapp.core.events import Event
from voiceapp.core.money import amount_words, cost_words, job_words, usd
from voiceapp.core.settings import Settings
from voiceapp.core.usage import Total, next_month
from voiceapp.gui.controls import IconButton
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.portions import Portions
from voiceapp.gui.settings_page import Panel, SettingsPage, note, side_by_side
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme
from voiceapp.gui.usage_chart import DayChart, ShareBar, job_color

REFRESH_MS = 500
ROWS_AT_ONCE = 3
_LEVEL_COLORS = {BudgetLevel.SPENT: "problem", BudgetLevel.NEAR: "itFill"}


class UsagePage(SettingsPage):
    """What was used and what it cost."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Usage and cost")
        self.title = self.tr("Usage and cost")
        self.report = UsageReport("", is_current=True)
        self._again = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._again.timeout.connect(self._ask)
        self._make_month()
        self.chart = DayChart(theme)
        self.month_panel.add(_padded(self.chart))
        self.jobs = Sums(theme, self.section(self.tr("By job")))
        self.providers = Sums(theme, self.section(self.tr("By provider and model")))
        self._make_budget()
        self.know("usage", "cost", "price", "money", "budget", "tokens", "export", "CSV")
        self._show()

    def _make_month(self) -> None:
        self.earlier = IconButton(self.theme, "chevron-left", self.tr("The month before"))
        self.later = IconButton(self.theme, "chevron-right", self.tr("The month after"))
        self.month = PlainLabel()
        self.month.setFont(self.theme.font(15, 600))
        self.sum = PlainLabel()
        self.sum.setFont(self.theme.font(20, 600, is_tabular=True))
        self.about = note("")
        self.earlier.clicked.connect(lambda: self._turn(-1))
        self.later.clicked.connect(lambda: self._turn(1))
        row = QHBoxLayout()
        row.setContentsMargins(0, 10, 0, 4)
        row.setSpacing(4)
        for widget in (self.earlier, self.month, self.later):
            row.addWidget(widget)
        row.addStretch(1)
        head = QWidget()
        head.setLayout(row)
        self.month_panel = self.section()
        self.month_panel.add(head)
        self.budget_bar = ShareBar(self.theme, 0.0, "youFill")
        box = QWidget()
        column = QGridLayout(box)
        column.setContentsMargins(0, 8, 0, 8)
        column.setVerticalSpacing(6)
        column.addWidget(self.sum, 0, 0)
        column.addWidget(self.about, 1, 0)
        column.addWidget(self.budget_bar, 2, 0)
        self.month_panel.add(box)

    def _make_budget(self) -> None:
        panel = self.section(self.tr("Budget"))
        self.budget = QLineEdit()
        self.budget.setMaximumWidth(120)
        self.budget.setPlaceholderText(self.tr("none"))
        self.budget.editingFinished.connect(self._on_budget)
        self.budget_row = panel.row(
            self.tr("US dollars a month"),
            side_by_side(self.budget),
            self.tr("At 80 % you are told. Once it is spent you are asked before each paid turn; nothing gets lost."),
        )
        self.budget.setAccessibleName(self.tr("Budget in US dollars a month"))
        self.export_month = IconTextButton(self.theme, "download", self.tr("This month"))
        self.export_all = IconTextButton(self.theme, "download", self.tr("Everything"))
        self.export_month.clicked.connect(lambda: self._export(self.report.month))
        self.export_all.clicked.connect(lambda: self._export(""))
        save = QWidget()
        column = QVBoxLayout(save)  # no label beside them: two buttons must fit a narrow dialog
        column.setContentsMargins(0, 10, 0, 10)
        column.setSpacing(6)
        column.addWidget(note(self.tr("Save as a table, one line a call, as CSV for any spreadsheet:")))
        column.addLayout(side_by_side(self.export_month, self.export_all))
        panel.add(save)
        panel.row(
            self.tr("Prices"),
            note(
                self.tr(
                    "From the table of models, by list price; the provider's bill counts. “About” is an estimate, "
                    "“at least” leaves out calls whose price nobody told."
                )
            ),
        )

    # --- what comes in ------------------------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        match event:
            case UsageListed(report):
                self.report = report
                self._show()
            case CostAdded() if self.isVisible() and self.report.is_current:
                self._again.start()
            case _:
                pass

    def show_settings(self, settings: Settings) -> None:
        is_other = settings.budget_usd != self.settings.budget_usd
        super().show_settings(settings)
        if not self.budget.hasFocus() or is_other:
            with QSignalBlocker(self.budget):
                self.budget.setText("" if settings.budget_usd is None else f"{settings.budget_usd:g}")
        if is_other:
            self.report = replace(self.report, budget_usd=settings.budget_usd)
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    # --- what is shown ------------------------------------------------------------------------------------

    def _show(self) -> None:
        report = self.report
        self.month.setText(_month_words(report.month))
        self.sum.setText(cost_words(report.total.cost) or self.tr("nothing used"))
        self.later.setEnabled(not report.is_current)
        self.about.setText(self._about())
        self.about.setVisible(bool(report.total.cost.calls or report.budget_usd is not None))
        budget = report.budget_usd if report.is_current else None
        self.budget_bar.setVisible(budget is not None)
        if budget is not None:
            spent = report.total.cost.usd
            color = _LEVEL_COLORS.get(level(spent, budget), "youFill")
            self.budget_bar.set_share(spent / budget if budget else 1.0, color)
        self.chart.show_report(report)
        self.jobs.show_sums(report.jobs, job_words, job_color)
        self.providers.show_sums(report.models, self._model_words, lambda _name: "edge")
        self.export_month.setEnabled(bool(report.total.cost.calls))

    def _about(self) -> str:
        report, words = self.report, []
        cost = report.total.cost
        if report.is_current and report.budget_usd is not None:
            spent, budget = usd(cost.usd), usd(report.budget_usd)
            words.append(self.tr("{spent} of {budget} are spent.").format(spent=spent, budget=budget))
        if cost.unpriced:
            n = cost.unpriced
            words.append(
                self.tr("1 call has no known price and is not counted.")
                if n == 1
                else self.tr("{n} calls have no known price and are not counted.").format(n=n)
            )
        calls = self.tr("1 call.") if cost.calls == 1 else self.tr("{n} calls.").format(n=cost.calls)
        return " ".join(words) or calls

    def _model_words(self, name: str) -> str:
        provider, _space, model = name.partition(" ")
        known = next((p.shown for p in self.settings.providers if p.name == provider), provider)
        return f"{known} {model}".strip()

    # --- what is wanted -----------------------------------------------------------------------------------

    def _ask(self) -> None:
        self.wanted.emit(ShowUsage("" if self.report.is_current else self.report.month))

    def _turn(self, step: int) -> None:
        if self.report.month:
            self.wanted.emit(ShowUsage(next_month(self.report.month, step)))

    def _on_budget(self) -> None:
        text = self.budget.text().strip().lstrip("$").replace(",", ".")
        try:
            budget = float(text) if text else None
        except ValueError:
            self.budget_row.set_error(self.tr("Write an amount like 5 or 12.50; empty is no budget."))
            return
        self.offer(replace(self.settings, budget_usd=budget), self.budget_row)

    def _export(self, month: str) -> None:
        dialog = QFileDialog(self, self.tr("Save the table"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.setNameFilter(self.tr("Table (*.csv)"))
        dialog.selectFile(f"voiceapp-usage-{month}.csv" if month else "voiceapp-usage.csv")
        dialog.fileSelected.connect(lambda path: self.wanted.emit(ExportUsage(path, month)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


class Sums:
    """Rows of a panel: name, bar, amounts, cost; the dearest first."""

    def __init__(self, theme: Theme, panel: Panel) -> None:
        self._theme = theme
        self._panel = panel
        self._making = Portions(panel)
        self.shown: list[tuple[str, str, str]] = []

    def show_sums(self, sums: Mapping[str, Total], words: object, color: object) -> None:
        """Show *sums*; *words* and *color* say how each is called and drawn."""
        assert callable(words)
        assert callable(color)
        rows = sorted(sums.items(), key=lambda item: (-item[1].cost.usd, -item[1].cost.calls, item[0]))
        now = [(words(name), amount_words(found.amounts), cost_words(found.cost)) for name, found in rows]
        if now == self.shown and now:
            return
        self.shown = now
        highest = max((found.cost.usd for _name, found in rows), default=0.0)
        self._making.begin(
            self._make(
                (name, ShareBar(self._theme, found.cost.usd / highest if highest else 0.0, color(key)))
                for name, (key, found) in zip(now, rows, strict=True)
            )
        )

    def _make(self, rows: Iterable[tuple[tuple[str, str, str], ShareBar]]) -> Iterator[None]:
        """Make the rows anew, a few at a time: a month may know dozens of models."""
        self._panel.clear()
        number = 0
        for number, ((called, amounts, cost), bar) in enumerate(rows, start=1):
            self._panel.add(self._row(called, amounts, cost, bar))
            if number % ROWS_AT_ONCE == 0:
                yield
        if not number:
            self._panel.add(_padded(note(self._panel.tr("Nothing was used in this month."))))

    def _row(self, called: str, amounts: str, cost: str, bar: ShareBar) -> QWidget:
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 8, 0, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        name, money = PlainLabel(called), PlainLabel(cost)
        name.setWordWrap(True)
        money.setFont(self._theme.font(13, 500, is_tabular=True))
        grid.addWidget(name, 0, 0)
        grid.addWidget(money, 0, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        grid.addWidget(bar, 1, 0, 1, 2)
        if amounts:
            grid.addWidget(note(amounts), 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        return row


def _padded(widget: QWidget) -> QWidget:
    box = QWidget()
    column = QHBoxLayout(box)
    column.setContentsMargins(0, 10, 0, 10)
    column.addWidget(widget)
    return box


def _month_words(month: str) -> str:
    if not month:
        return ""
    return QLocale().toString(QDate(int(month[:4]), int(month[5:]), 1), "MMMM yyyy")
