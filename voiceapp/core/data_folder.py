"""Where data lies, as a person sees it: which folder, why that one, what another one would be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from gettext import gettext as _
from gettext import ngettext


class Why(Enum):
    """Why a folder is in use."""

    USUAL = "usual"
    CHOSEN = "chosen"
    NAMED = "named"
    FOR_NOW = "for_now"


class Kind(Enum):
    """What a folder is."""

    EMPTY = "empty"
    HISTORY = "history"
    UNFINISHED = "unfinished"
    NEWER = "newer"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Contents:
    """What lies in a folder, and how much of a history."""

    kind: Kind
    conversations: int = 0
    takes: int = 0


@dataclass(frozen=True)
class Standing:
    """How it stands.

    Attributes:
        folder: in use now.
        why: the reason.
        usual: the platform's folder for this.
        next: in use from the next start, where that is another one; "" = the same.
        is_moving: all is being taken along to *next*, the last of it when the program ends.
        missing: the chosen folder that was not there at the start, or locked; "" = none.
        unfinished: where a copy was begun and is not whole; "" = nowhere.
    """

    folder: str
    why: Why
    usual: str
    next: str = ""
    is_moving: bool = False
    missing: str = ""
    unfinished: str = ""


@dataclass(frozen=True)
class Candidate:
    """Another folder that may be used.

    Attributes:
        folder: its whole path.
        contents: what lies there.
        files: how many would be taken along.
        size_bytes: how much that is.
        free_bytes: how much room there is.
        too_little: why nothing can be taken along; "" = it fits.
    """

    folder: str
    contents: Contents
    files: int
    size_bytes: int
    free_bytes: int
    too_little: str = ""

    @property
    def can_take_along(self) -> bool:
        """Whether everything may be copied there: never over another history."""
        return self.contents.kind in (Kind.EMPTY, Kind.UNFINISHED) and not self.too_little

    @property
    def can_use(self) -> bool:
        """Whether it may be used as it is."""
        return self.contents.kind in (Kind.EMPTY, Kind.HISTORY)


def why_words(standing: Standing) -> str:
    """Say why the folder in use is that one."""
    match standing.why:
        case Why.USUAL:
            return _("The usual folder.")
        case Why.CHOSEN:
            return _("Chosen in the settings. The usual folder is {usual}.").format(usual=standing.usual)
        case Why.NAMED:
            return _("Named by --data-dir for this start; the setting is left as it is.")
        case Why.FOR_NOW:
            return _("The usual folder, for now: the chosen one, {missing}, cannot be used.").format(
                missing=standing.missing
            )


def next_words(standing: Standing) -> str:
    """Say what holds from the next start, and what is on its way; "" where nothing changes."""
    if standing.unfinished:
        return _("The copy to {folder} is not finished. Choose that folder again to go on, or delete it.").format(
            folder=standing.unfinished
        )
    if not standing.next:
        return ""
    if standing.is_moving:
        return _(
            "Copied and verified. From the next start: {next}. What is added until then comes along. {folder} stays as "
            "it is."
        ).format(next=standing.next, folder=standing.folder)
    return _("From the next start: {next}. {folder} stays as it is.").format(next=standing.next, folder=standing.folder)


def candidate_words(candidate: Candidate) -> str:
    """Say what is found in another folder, and what could be taken there."""
    found = candidate.contents
    size, free = size_words(candidate.size_bytes), size_words(candidate.free_bytes)
    match found.kind:
        case Kind.HISTORY:
            talks = ngettext("{n} conversation", "{n} conversations", found.conversations)
            takes = ngettext("{n} recording", "{n} recordings", found.takes)
            return _("{folder} holds a history already: {conversations}, {takes}.").format(
                folder=candidate.folder,
                conversations=talks.format(n=found.conversations),
                takes=takes.format(n=found.takes),
            )
        case Kind.UNFINISHED:
            words = _("{folder} holds a copy that was not finished. {size} are to be there, in {files}; {free} free.")
        case _:
            words = _("{folder} is empty. {size} can be taken along, in {files}; {free} free.")
    files = ngettext("{count} file", "{count} files", candidate.files).format(count=candidate.files)
    told = words.format(folder=candidate.folder, files=files, size=size, free=free)
    return f"{told} {candidate.too_little}".strip()


def size_words(size_bytes: int) -> str:
    """Say a size."""
    if size_bytes >= 1_000_000_000:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{-(-size_bytes // 1000)} kB"
