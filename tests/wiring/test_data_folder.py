"""The data folder as a setting: what is refused and why, and that the choice is only ever kept once it is true."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.own_home import own_home
from voiceapp.core.data_folder import Kind, Why, candidate_words, next_words, why_words
from voiceapp.core.errors import ConfigError, StoreError
from voiceapp.paths import DATABASE, DataFolderGone, Paths
from voiceapp.store.copy_journal import JOURNAL, CopyJournal
from voiceapp.store.data_folder import look
from voiceapp.store.instance import announced
from voiceapp.store.moving import Stopped, copy_all
from voiceapp.wiring import data_folder
from voiceapp.wiring.data_folder import DataFolder


def always(_done: int, _whole: int) -> bool:
    return True


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Paths:
    """The platform's folders of nobody but this test, with a history and a recording."""
    paths = own_home(monkeypatch, tmp_path)
    (paths.data / "takes").mkdir()
    (paths.data / "takes" / "1.wav").write_bytes(b"recorded")
    return paths


def test_everything_is_taken_along_and_used_once_the_program_has_ended(home: Paths, tmp_path: Path) -> None:
    new = tmp_path / "drive" / "voiceapp"
    folder = DataFolder(home)
    candidate = folder.examine(new)
    assert (candidate.contents.kind, candidate.files) == (Kind.EMPTY, 2)
    assert str(new) in candidate_words(candidate)
    folder.take_along(new, always)
    standing = folder.standing()
    assert (standing.folder, standing.next, standing.is_moving) == (str(home.data), str(new), True)
    assert str(home.data) in next_words(standing)
    assert Paths.of_platform().data == home.data  # a start after a kill now still finds everything
    (home.data / "takes" / "2.wav").write_bytes(b"recorded later")
    folder.finish()
    after = Paths.of_platform()
    assert (after.data, after.next_data, after.is_set) == (new, None, True)
    assert (after.config, after.cache, after.keyring_service) == (home.config, home.cache, home.keyring_service)
    after.create()
    assert (new / "takes" / "2.wav").read_bytes() == b"recorded later"
    assert not (new / JOURNAL).exists()
    assert (home.data / "takes" / "1.wav").exists()  # left where it is
    assert DataFolder(after).standing().why is Why.CHOSEN


def test_what_is_not_finished_is_gone_without_a_trace_when_it_is_taken_back(home: Paths, tmp_path: Path) -> None:
    folder = DataFolder(home)
    folder.take_along(tmp_path / "new", always)
    folder.stay()
    assert folder.standing().next == ""
    assert not (tmp_path / "new").exists()
    assert not home.choice_file.exists()
    folder.take_along(tmp_path / "one", always)
    folder.take_along(tmp_path / "other", always)  # the person has thought better of it
    assert not (tmp_path / "one").exists()
    assert folder.standing().next == str(tmp_path / "other")


def killed_copying(home: Paths, new: Path) -> DataFolder:
    """Leave what a process leaves that is killed while it copies."""
    folder = DataFolder(home)
    with pytest.raises(Stopped):
        copy_all(home.data, new, lambda done, _whole: done == 0)
    folder._choose(home.data, None, copying=new)
    return folder


def test_a_copy_that_was_killed_is_told_until_it_is_settled(home: Paths, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    folder = killed_copying(home, one)
    assert folder.standing().unfinished == str(one)
    assert str(one) in next_words(folder.standing())
    assert folder.examine(one).can_take_along
    assert not folder.examine(one).can_use
    with pytest.raises(ConfigError, match="not finished"):
        folder.use(one)
    folder.take_along(one, always)  # goes on
    assert (folder.standing().unfinished, folder.standing().next) == ("", str(one))
    folder.stay()
    killed_copying(home, one).take_along(other, always)  # elsewhere: what came is taken away
    assert not one.exists()
    assert (folder.standing().unfinished, folder.standing().next) == ("", str(other))


def test_who_cancels_or_leaves_changes_nothing(home: Paths, tmp_path: Path) -> None:
    folder = DataFolder(home)
    with pytest.raises(Stopped):
        folder.take_along(tmp_path / "new", lambda _done, _whole: False)
    assert not (tmp_path / "new").exists()
    folder.leave()
    with pytest.raises(Stopped):
        folder.take_along(tmp_path / "new", always)
    assert folder.standing().next == ""


def test_an_empty_start_elsewhere_and_back(home: Paths, tmp_path: Path) -> None:
    new = tmp_path / "new"
    DataFolder(home).use(new)
    now = Paths.of_platform()
    assert now.data == new
    now.create()
    assert look(new).kind is Kind.HISTORY  # known from now on, although nothing was said in it yet
    assert look(new).conversations == 0
    back = DataFolder(now)
    assert back.examine(home.data).contents.kind is Kind.HISTORY
    assert not back.examine(home.data).can_take_along  # never over another history
    with pytest.raises(ConfigError, match="holds a history already"):
        back.take_along(home.data, always)
    back.use(home.data)
    assert Paths.of_platform().is_current()
    assert not home.choice_file.exists()  # the usual folder needs none


def refusals(home: Paths, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    (tmp_path / "file").touch()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.odt").touch()
    (tmp_path / "newer").mkdir()
    shutil.copy(home.data / DATABASE, tmp_path / "newer")
    with sqlite3.connect(tmp_path / "newer" / DATABASE) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    (tmp_path / "link").symlink_to(home.data, target_is_directory=True)
    yield home.data, "the data folder already"
    yield tmp_path / "link", "the data folder already"
    yield home.data / "takes", "inside the data folder"
    yield tmp_path / "link" / "new" / "deeper", "inside the data folder"
    yield home.data.parent, "holds other files"  # the data folder would lie in it
    yield tmp_path / "file", "is a file"
    yield tmp_path / "foreign", "holds other files"
    yield tmp_path / "newer", "by a newer voiceapp"
    yield home.cache / "new", "may be deleted at any time"
    yield tmp_path / "two\nlines", "cannot be kept"


def test_what_cannot_be_a_data_folder_is_refused_with_a_sentence(home: Paths, tmp_path: Path) -> None:
    folder = DataFolder(home)
    refused = list(refusals(home, tmp_path))
    before = sorted(tmp_path.rglob("*"))
    for target, words in refused:
        for act in (folder.examine, folder.use):
            with pytest.raises(ConfigError, match=words):
                act(target)
    assert sorted(tmp_path.rglob("*")) == before
    assert folder.standing().next == ""


def test_a_folder_that_cannot_be_written_or_has_no_room(
    home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(home)
    monkeypatch.setattr(data_folder, "free_bytes", lambda _folder: 60_000_000)
    monkeypatch.setattr(data_folder, "missing_bytes", lambda _old, _new: (7, 90_000_000, 140_000_000))
    found = folder.examine(tmp_path / "new")
    assert (found.can_take_along, found.can_use) == (False, True)
    assert "140.0 MB are needed" in candidate_words(found)
    with pytest.raises(ConfigError, match="too small"):
        folder.take_along(tmp_path / "new", always)
    monkeypatch.setattr(data_folder, "free_bytes", lambda _folder: 1_000_000)
    with pytest.raises(ConfigError, match="no room"):
        folder.examine(tmp_path / "new")
    monkeypatch.undo()
    with pytest.raises(ConfigError, match="Nothing can be written to /proc"):
        DataFolder(home).examine(Path("/proc/voiceapp"))


def test_while_a_command_uses_the_folder_it_stays(home: Paths, tmp_path: Path) -> None:
    folder = DataFolder(home)
    folder.take_along(tmp_path / "new", always)
    command = announced(home.data)
    try:
        with pytest.raises(StoreError, match="Another voiceapp"):
            folder.finish()
        assert Paths.of_platform().data == home.data
        DataFolder(home, frozenset({command.token})).finish()  # the mover itself
    finally:
        command.retire()
    assert Paths.of_platform().data == tmp_path / "new"


def test_a_drive_pulled_before_the_end_leaves_everything_as_it_is(home: Paths, tmp_path: Path) -> None:
    folder = DataFolder(home)
    folder.take_along(tmp_path / "new", always)
    (tmp_path / "new").rename(tmp_path / "pulled")
    with pytest.raises(StoreError, match="is not there"):
        folder.finish()
    assert Paths.of_platform().data == home.data
    assert not (tmp_path / "new").exists()
    (tmp_path / "pulled").rename(tmp_path / "new")
    folder.finish()
    assert Paths.of_platform().data == tmp_path / "new"


class Killed(BaseException):
    """What ``kill -9`` is to the code: nothing after it runs."""


@pytest.mark.parametrize("moment", ["complete", "choose", "close"])
def test_ended_between_any_two_steps_of_the_switch(
    home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    new = tmp_path / "new"
    DataFolder(home).take_along(new, always)

    def killed(*_given: object) -> None:
        raise Killed

    place: dict[str, tuple[type, str]] = {
        "complete": (CopyJournal, "complete"),
        "choose": (DataFolder, "_choose"),
        "close": (CopyJournal, "close"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*place[moment], killed)
        with pytest.raises(Killed):
            DataFolder(home).finish()
    now = Paths.of_platform()
    now.create()  # there is a history, wherever it is
    assert (now.data / "takes" / "1.wav").read_bytes() == b"recorded"
    DataFolder(now).finish()
    now = Paths.of_platform()
    assert (now.data, now.next_data) == (new, None)
    assert look(new).kind is Kind.HISTORY


def test_a_chosen_folder_that_is_gone_is_never_made_anew(home: Paths, tmp_path: Path) -> None:
    new = tmp_path / "drive"
    DataFolder(home).use(new)
    new.rename(tmp_path / "unplugged")
    for make_mount_point in (False, True):  # without the drive there is no folder, or an empty one
        if make_mount_point:
            new.mkdir()
        with pytest.raises(DataFolderGone) as caught:
            Paths.of_platform().create()
        assert str(new) in caught.value.message
        assert new.exists() is make_mount_point
    instead = Paths.usual(missing=new)
    standing = DataFolder(instead).standing()
    assert (standing.why, standing.folder, standing.next) == (Why.FOR_NOW, str(home.data), "")
    assert str(new) in why_words(standing)
    assert Paths.of_platform().data == new  # asked again at the next start
    DataFolder(instead).use(home.data)  # the person does not want it any more
    assert DataFolder(instead).standing().why is Why.USUAL
    assert Paths.of_platform() == home


def test_what_stands_in_for_now_is_not_taken_for_the_chosen_one(home: Paths, tmp_path: Path) -> None:
    """A move from the chosen folder waits for it; what is said meanwhile in the usual one is no part of it."""
    chosen, new = tmp_path / "chosen", tmp_path / "new"
    DataFolder(home).use(chosen)
    DataFolder(Paths.of_platform()).take_along(new, always)
    chosen.rename(tmp_path / "unplugged")
    DataFolder(Paths.usual(missing=chosen)).finish()
    now = Paths.of_platform()
    assert (now.data, now.next_data) == (chosen, new)


def test_the_command_line_wins_and_the_setting_says_so(home: Paths, tmp_path: Path) -> None:
    named = DataFolder(Paths.choose(tmp_path / "named"))
    assert named.standing().why is Why.NAMED
    assert "--data-dir" in why_words(named.standing())
    acts: list[Callable[[], object]] = [
        lambda: named.examine(tmp_path / "new"),
        lambda: named.use(tmp_path / "new"),
        lambda: named.take_along(tmp_path / "new", always),
    ]
    for act in acts:
        with pytest.raises(ConfigError, match="--data-dir"):
            act()
    assert not home.choice_file.exists()


def test_a_choice_that_names_nothing_is_not_taken_for_the_usual_folder(home: Paths) -> None:
    home.choice_file.write_text("")
    with pytest.raises(StoreError, match="names no data folder"):
        Paths.of_platform()
    home.choice_file.write_text("in use = somewhere\n")
    with pytest.raises(StoreError, match="names no data folder"):
        Paths.of_platform()


def test_a_choice_made_meanwhile_is_noticed(home: Paths, tmp_path: Path) -> None:
    before = Paths.of_platform()
    assert before.is_current()
    DataFolder(home).use(tmp_path / "new")
    assert not before.is_current()
    now = Paths.of_platform()
    assert now.is_current()
    os.utime(now.choice_file, ns=(1, 1))
    assert not now.is_current()
    assert Paths.choose(tmp_path / "named").is_current()


def test_a_database_set_aside_by_a_process_that_was_killed_then_is_no_missing_drive(
    home: Paths, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    DataFolder(home).use(new)
    (new / DATABASE).rename(new / f"{DATABASE}.damaged-20261120-120000")
    Paths.of_platform().create()


def test_a_chosen_folder_on_a_locked_drive_is_told_as_such(home: Paths, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(drive)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting needs root")
    try:
        DataFolder(home).use(drive)
        Paths.of_platform().create()
        subprocess.run(["mount", "-o", "remount,ro", str(drive)], check=True)
        with pytest.raises(DataFolderGone, match="Nothing can be written to the data folder"):
            Paths.of_platform().create()
    finally:
        subprocess.run(["umount", str(drive)], check=True)
    with pytest.raises(DataFolderGone, match="is not there"):  # the mount point alone
        Paths.of_platform().create()
