"""The page of documents: stores with how far each is, what is chosen, added, retried, stopped and deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from voiceapp.core import documents as d
from voiceapp.core.commands import ApplySettings
from voiceapp.core.events import SettingsChanged
from voiceapp.core.settings import Choice, Job, Memory, Provider, ProviderKind, Settings, validated
from voiceapp.gui.settings_dialog import SettingsDialog
from voiceapp.gui.settings_documents import DocumentsPage
from voiceapp.gui.settings_jobs import JobsPage
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.settings_plain import PrivacyPage
from voiceapp.gui.settings_providers import ProvidersPage
from voiceapp.gui.theme import Theme
from voiceapp.resources import model_table

State = d.DocumentState
SHED = Provider("shed", ProviderKind.COMPATIBLE, base_url="http://127.0.0.1:1/v1")
SETTINGS = validated(Settings(providers=(SHED,), jobs={"chat": Choice("openai")}))


def document(number: int, state: State, problem: str = "", sent_bytes: int = 0) -> d.Document:
    return d.Document(number, 1, f"{number}.md", f"/docs/{number}.md", 100, state, "", problem, sent_bytes)


STORE = d.DocumentStore(1, "openai", "Papers", 0.0, "vs_1", (document(1, State.READY), document(2, State.WAITING)))


@pytest.fixture
def dialog(qtbot: QtBot, theme: Theme) -> SettingsDialog:
    made = SettingsDialog(theme, Facts(table=model_table()))
    qtbot.addWidget(made)
    made.handle(SettingsChanged(SETTINGS))
    made.show()
    return made


@pytest.fixture
def wanted(dialog: SettingsDialog) -> list[object]:
    commands: list[object] = []
    dialog.wanted.connect(commands.append)
    return commands


@pytest.fixture
def page(dialog: SettingsDialog, wanted: list[object]) -> DocumentsPage:
    dialog.open_page("documents")
    found = dialog.pages["documents"]
    assert isinstance(found, DocumentsPage)
    assert wanted == [d.ListStores()]
    wanted.clear()
    return found


def test_a_store_and_its_documents_on_their_way(page: DocumentsPage, wanted: list[object]) -> None:
    page.handle(d.StoresListed((STORE,)))
    card = page.cards[1]
    assert card.summary.text() == "1 of 2 documents are ready"
    assert not card.bar.isHidden()
    lines = card.lines
    moving = replace(STORE, documents=(STORE.documents[0], document(2, State.UPLOADING, sent_bytes=40)))
    page.handle(d.StoreChanged(moving))
    assert card.lines[2] is lines[2]  # nothing is made anew while it moves
    assert card.lines[2].state.text() == "Uploading, 40 %"
    card.stop.click()
    failed = replace(STORE, documents=(STORE.documents[0], document(2, State.FAILED, "No text in it.")))
    page.handle(d.StoreChanged(failed))
    assert card.lines[2].state.text() == "No text in it."
    assert card.bar.isHidden()
    assert card.stop.isHidden()
    card.retry.click()
    card.lines[2].delete.click()
    page.take(1, ["/more.md"])
    assert wanted == [
        d.StopDocuments(1),
        d.RetryDocuments(1),
        d.RemoveDocument(2),
        d.AddDocuments(1, ("/more.md",)),
    ]
    page.handle(d.StoreChanged(replace(STORE, documents=STORE.documents[:1])))
    assert set(card.lines) == {1}


def test_deleting_a_store_is_asked_about(page: DocumentsPage, wanted: list[object]) -> None:
    page.handle(d.StoreChanged(STORE))
    page.cards[1].delete.click()
    box = page.findChild(QMessageBox)
    assert box is not None
    assert "2 documents" in box.informativeText()
    assert wanted == []
    next(button for button in box.buttons() if button.text() == "Delete").click()
    assert wanted == [d.RemoveStore(1)]
    page.handle(d.StoreGone(1))
    assert page.cards == {}
    page.handle(d.StoresListed(()))


def test_a_new_store_of_chosen_files(page: DocumentsPage, wanted: list[object]) -> None:
    page.name.setText(" House ")
    page.files.click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.filesSelected.emit(["/a.md", "/b.pdf"])
    dialog.close()
    assert wanted == [d.MakeStore("House", ("/a.md", "/b.pdf"))]
    assert page.name.text() == ""


def test_who_cannot_search_is_said(page: DocumentsPage, dialog: SettingsDialog) -> None:
    assert page._where.error == ""
    dialog.handle(SettingsChanged(replace(SETTINGS, jobs={})))
    assert "this computer" in page._where.error
    assert not page.files.isEnabled()
    dialog.handle(SettingsChanged(replace(SETTINGS, jobs={"chat": Choice("shed")})))
    assert "shed is not known" in page._where.error


def test_many_documents_are_counted_and_shown_bit_by_bit(page: DocumentsPage, qtbot: QtBot) -> None:
    many = tuple(document(n, State.READY) for n in range(500))
    page.handle(d.StoresListed((replace(STORE, documents=many), replace(STORE, id=2), replace(STORE, id=3))))
    assert len(page.cards[1].lines) == 6
    assert page.cards[1].more.text() == "494 more documents"
    page.cards[1].more.click()
    qtbot.waitUntil(lambda: len(page.cards[1].lines) == 36, timeout=20_000)
    assert list(page.cards[1].lines) == list(range(36))
    assert page.cards[1].more.text() == "464 more documents"
    qtbot.waitUntil(lambda: set(page.cards) == {1, 2, 3}, timeout=20_000)


def test_who_remembers_is_chosen_in_plain_words(dialog: SettingsDialog, wanted: list[object]) -> None:
    page = dialog.pages["providers"]
    assert isinstance(page, ProvidersPage)
    fields = page.card("openai").fields
    assert fields.memory.currentData() == Memory.RESENT
    fields.memory.setCurrentIndex(1)
    fields.memory.activated.emit(1)
    dialog.apply_now()
    (applied,) = [one for one in wanted if isinstance(one, ApplySettings)]
    assert applied.settings.provider("openai").memory is Memory.HELD
    privacy = dialog.pages["privacy"]
    assert isinstance(privacy, PrivacyPage)
    assert "30 days" in privacy.sent(Job.CHAT)
    dialog.handle(SettingsChanged(SETTINGS))
    assert "keep nothing" in privacy.sent(Job.CHAT)
    rows = [page.card(name).fields.memory.parentWidget() for name in ("shed", "openai")]
    assert [row is not None and row.isHidden() for row in rows] == [True, False]


def test_effort_where_the_model_takes_it(dialog: SettingsDialog, wanted: list[object]) -> None:
    page = dialog.pages["jobs"]
    assert isinstance(page, JobsPage)
    efforts = [page.effort.itemData(n) for n in range(page.effort.count())]
    assert efforts == ["", "none", "low", "medium", "high"]
    page.effort.setCurrentIndex(efforts.index("low"))
    page.effort.activated.emit(efforts.index("low"))
    dialog.apply_now()
    (applied,) = [one for one in wanted if isinstance(one, ApplySettings)]
    assert applied.settings.jobs["chat"] == Choice("openai", "", "low")
    dialog.handle(SettingsChanged(applied.settings))
    line = page.choice(next(job for job in page._choices if job.value == "chat")).model.lineEdit()
    assert line is not None
    line.editingFinished.emit()  # nothing was changed, so nothing is lost
    dialog.apply_now()
    assert len([one for one in wanted if isinstance(one, ApplySettings)]) == 1
    dialog.handle(SettingsChanged(replace(SETTINGS, jobs={"chat": Choice("openai", "gpt-4o")})))
    assert page._effort_row.isHidden()
    dialog.handle(SettingsChanged(replace(SETTINGS, jobs={})))
    assert page._effort_row.isHidden()
