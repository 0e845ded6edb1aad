"""The data folder as a setting: another one looked at, everything taken along, the choice kept. Blocking; any thread.

Nobody but this module writes the choice, and only once what it names is whole.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from contextlib import suppress
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.data_folder import Candidate, Kind, Standing, Why, size_words
from voiceapp.core.errors import ConfigError, StoreError
from voiceapp.paths import Paths, choice_text
from voiceapp.store.copy_journal import CopyJournal
from voiceapp.store.data_folder import DATABASE, OWNERS, look
from voiceapp.store.database import close_database, open_database
from voiceapp.store.files import told_as_store_error, write_private
from voiceapp.store.instance import Moving, lives_beside
from voiceapp.store.moving import MARGIN_BYTES, GoOn, copy_all, free_bytes, missing_bytes

LEAVE_WITHIN_S = 10.0


class DataFolder:
    """The data folder of one installation, as this process uses it.

    Args:
        paths: in use.
        own: tokens by which this process announces itself as using the folder.
    """

    def __init__(self, paths: Paths, own: frozenset[str] = frozenset()) -> None:
        self._paths, self._own = paths, own
        self._usual = Paths.usual()
        self._work = threading.Lock()
        self._is_leaving = False

    def standing(self) -> Standing:
        """Return how it stands. Raises StoreError where the choice cannot be read."""
        paths, usual = self._paths, str(self._usual.data)
        if paths.is_chosen:
            return Standing(str(paths.data), Why.NAMED, usual)
        now = Paths.of_platform()
        missing = "" if paths.missing is None else str(paths.missing)
        why = Why.CHOSEN if paths.is_set else Why.FOR_NOW if now.data == paths.missing else Why.USUAL
        if now.next_data is not None and now.data == paths.data:
            return Standing(str(paths.data), why, usual, str(now.next_data), is_moving=True, missing=missing)
        after = "" if now.data in (paths.data, paths.missing) else str(now.data)
        unfinished = "" if now.copying is None else str(now.copying)
        return Standing(str(paths.data), why, usual, after, missing=missing, unfinished=unfinished)

    def examine(self, folder: Path) -> Candidate:
        """Look at *folder*, which may not exist yet. Raises ConfigError where it cannot be used, StoreError."""
        self._refuse_named()
        target = _whole(folder)
        self._refuse_place(target)
        _prove_writable(target)
        contents = look(target, is_usual=_is_same(target, self._usual.data))
        if contents.kind is Kind.FOREIGN:
            raise ConfigError(
                _("{folder} holds other files.").format(folder=target),
                hint=_("Choose an empty folder, or a new one in it: {below}.").format(below=target / "voiceapp"),
            )
        if contents.kind is Kind.NEWER:
            raise ConfigError(
                _("The history in {folder} was made by a newer voiceapp.").format(folder=target),
                hint=_("Update voiceapp, or choose another folder."),
            )
        free = free_bytes(target)
        if free < MARGIN_BYTES:
            raise ConfigError(
                _("There is no room at {folder}: {free} free.").format(folder=target, free=size_words(free)),
                hint=_("Make room there, or choose another folder."),
            )
        files, size_bytes, needed = missing_bytes(self._paths.data, target)
        too_little = (
            "" if free >= needed else _("That does not fit: {size} are needed.").format(size=size_words(needed))
        )
        return Candidate(str(target), contents, files, size_bytes, free, too_little)

    def take_along(self, folder: Path, go_on: GoOn) -> None:
        """Copy everything to *folder*; from then on it is the next one. Long; *go_on* as in ``store.moving``.

        Raises Stopped, ConfigError, StoreError, DiskFull; then nothing of the copy is left, and nothing has changed.
        """
        candidate = self.examine(folder)
        target = Path(candidate.folder)
        if not candidate.can_take_along or _is_same(target, self._paths.data):
            raise ConfigError(_taken_hint(candidate), hint=_("Choose an empty folder."))
        with self._work:
            self._make_database(self._paths.data)
            self._give_up(target)
            self._choose(self._in_use, None, copying=target)
            try:
                copy_all(self._paths.data, target, lambda done, whole: not self._is_leaving and go_on(done, whole))
                self._choose(self._paths.data, target)
            except BaseException:
                with suppress(StoreError):  # the drive is gone: what is there is known to be unfinished
                    CopyJournal(target).discard()
                    self._choose(self._in_use, None)
                raise

    def finish(self, go_on: GoOn = lambda _done, _whole: True) -> None:
        """Bring what was added since, and use the next folder from now on. Only with the folder claimed.

        Raises StoreError, DiskFull, Stopped; then the folder in use stays, and it can be tried again.
        """
        now = Paths.of_platform()
        target = now.next_data
        if target is None or self._paths.is_chosen or now.data != self._paths.data:
            return
        with self._work, Moving(self._paths.data):
            if lives_beside(self._paths.data / OWNERS, self._own):
                raise StoreError(
                    _("Another voiceapp is using the data folder {folder}.").format(folder=self._paths.data),
                    hint=_("It is moved at a start when none is."),
                    detail="in use",
                )
            if not CopyJournal(target).exists:
                raise StoreError(
                    _("The copy in {folder} is not there.").format(folder=target),
                    hint=_("Plug its drive in and start again, or move the data once more."),
                    detail="data folder",
                )
            copy_all(self._paths.data, target, go_on)
            journal = CopyJournal(target)
            journal.complete()
            self._choose(target, None)
            journal.close()

    def use(self, folder: Path) -> None:
        """Use *folder* as it is from the next start: empty, or with its history. Raises ConfigError, StoreError."""
        candidate = self.examine(folder)
        if not candidate.can_use:
            raise ConfigError(
                _("{folder} holds a copy that was not finished.").format(folder=candidate.folder),
                hint=_("Take everything along to it once more, or choose another folder."),
            )
        target = Path(candidate.folder)
        with self._work:
            self._give_up()
            if candidate.contents.kind is Kind.EMPTY:
                self._make_database(target)
            self._choose(target, None)
            CopyJournal(target).close()

    def stay(self) -> None:
        """Take back what was to hold from the next start. Raises StoreError."""
        with self._work:
            self._give_up()
            self._choose(self._in_use, None)

    def leave(self) -> None:
        """End a copying that is under way, and wait for that: the program ends."""
        self._is_leaving = True
        if self._work.acquire(timeout=LEAVE_WITHIN_S):
            self._work.release()

    # --- inside -------------------------------------------------------------------------------------------

    @property
    def _in_use(self) -> Path:
        """The folder that the choice names, also while another one stands in for it."""
        return self._paths.missing or self._paths.data

    def _give_up(self, kept: Path | None = None) -> None:
        """Forget a move that is not finished, and what it has copied, but for what is in *kept*."""
        now = Paths.of_platform()
        for folder in (now.next_data, now.copying):
            if folder is not None:
                self._choose(self._in_use, None)
                with suppress(StoreError):  # not plugged in: known there as unfinished
                    if folder != kept:
                        CopyJournal(folder).discard()

    def _choose(self, in_use: Path, after: Path | None, copying: Path | None = None) -> None:
        """Keep the choice; the usual folder needs no file."""
        named = None if in_use == self._usual.data else in_use
        with told_as_store_error(self._usual.choice_file):
            if named is None and after is None and copying is None:
                self._usual.choice_file.unlink(missing_ok=True)
            else:
                write_private(self._usual.choice_file, choice_text(named, after, copying))

    @staticmethod
    def _make_database(folder: Path) -> None:
        """By it the folder is known as one of ours."""
        with told_as_store_error(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        close_database(open_database(folder / DATABASE, time.time)[0])

    def _refuse_named(self) -> None:
        if self._paths.is_chosen:
            raise ConfigError(
                _("The data folder was named by --data-dir, which no setting can change."),
                hint=_("Start without --data-dir to change the setting."),
            )

    def _refuse_place(self, target: Path) -> None:
        here = self._paths.data
        if "\n" in str(target) or "\r" in str(target) or not _is_text(str(target)):
            raise ConfigError(_("The name of this folder cannot be kept."), hint=_("Choose another one."))
        if target.exists() and not target.is_dir():
            raise ConfigError(_("{folder} is a file.").format(folder=target), hint=_("Choose a folder."))
        is_stand_in = self._paths.missing is not None  # the usual folder, which may be chosen for good
        if _is_same(target, here) and not is_stand_in:
            raise ConfigError(_("{folder} is the data folder already.").format(folder=target))
        if any(_is_same(parent, here) for parent in target.parents):
            raise ConfigError(
                _("{folder} lies inside the data folder.").format(folder=target),
                hint=_("Choose one beside it."),
            )
        if any(_is_same(one, self._paths.cache) for one in (target, *target.parents)):
            raise ConfigError(
                _("{folder} is for what may be deleted at any time.").format(folder=target),
                hint=_("Choose another folder."),
            )


def _whole(folder: Path) -> Path:
    """Return *folder* from the root, links followed as far as it exists."""
    return Path(os.path.realpath(folder.expanduser()))


def _is_same(one: Path, other: Path) -> bool:
    """Whether both are one folder, by whatever name."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return one == _whole(other)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _prove_writable(target: Path) -> None:
    """Write a file and take it away, in the folder or where it would be made. Raises ConfigError."""
    place = target
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"\0" * 4096)
    except OSError as error:
        raise ConfigError(
            _("Nothing can be written to {folder}.").format(folder=place),
            hint=_("Make it writable for you, or choose another folder."),
            detail=type(error).__name__,
        ) from error


def _taken_hint(candidate: Candidate) -> str:
    if candidate.too_little:
        return f"{_('{folder} is too small.').format(folder=candidate.folder)} {candidate.too_little}"
    return _("{folder} holds a history already, over which nothing is copied.").format(folder=candidate.folder)
