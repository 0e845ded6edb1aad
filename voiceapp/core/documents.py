"""Documents that a service searches: stores of files, how far each file is, what may be uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from gettext import gettext as _
from gettext import ngettext
from typing import Any


class DocumentState(StrEnum):
    """Where a document stands on its way."""

    WAITING = "waiting"  # to be uploaded, or torn off by a restart
    UPLOADING = "uploading"
    INDEXING = "indexing"  # at the service, being made searchable
    READY = "ready"
    FAILED = "failed"
    STOPPED = "stopped"  # by the person


WAY = (DocumentState.WAITING, DocumentState.UPLOADING, DocumentState.INDEXING)
"""States that lead on by themselves."""


@dataclass(frozen=True)
class Document:
    """A file of a store.

    Attributes:
        path: on this computer, as it was given.
        sent_bytes: of *size_bytes*, while it is uploaded.
        file_id: the service's name; "" as long as it is not there.
        problem: a sentence, where it failed.
    """

    id: int
    store_id: int
    name: str
    path: str
    size_bytes: int
    state: DocumentState = DocumentState.WAITING
    file_id: str = ""
    problem: str = ""
    sent_bytes: int = 0

    @property
    def share(self) -> float:
        """Return how far it is, 0..1."""
        match self.state:
            case DocumentState.READY | DocumentState.FAILED | DocumentState.STOPPED:
                return 1.0
            case DocumentState.INDEXING:
                return 0.8
            case _:
                return 0.8 * self.sent_bytes / max(1, self.size_bytes)


@dataclass(frozen=True)
class DocumentStore:
    """A collection of documents at *provider*. *remote_id*: the service's name; "" until it has made it."""

    id: int
    provider: str
    name: str
    created_at: float
    remote_id: str = ""
    documents: tuple[Document, ...] = ()

    @property
    def is_busy(self) -> bool:
        """Something is still on its way."""
        return any(one.state in WAY for one in self.documents)

    @property
    def is_unsent(self) -> bool:
        """Something is still to be uploaded."""
        return any(one.state in (DocumentState.WAITING, DocumentState.UPLOADING) for one in self.documents)

    @property
    def ready(self) -> int:
        """Return how many documents can be searched."""
        return sum(one.state is DocumentState.READY for one in self.documents)

    @property
    def failed(self) -> int:
        """Return how many failed."""
        return sum(one.state is DocumentState.FAILED for one in self.documents)

    @property
    def share(self) -> float:
        """Return how far it is, 0..1."""
        sizes = [max(1, one.size_bytes) for one in self.documents]
        done = sum(size * one.share for size, one in zip(sizes, self.documents, strict=True))
        return done / sum(sizes) if sizes else 1.0


@dataclass(frozen=True)
class DocumentRules:
    """What a service takes. *endings*: of files that it can read, with their dots."""

    file_bytes: int
    store_files: int
    made_bytes: int
    endings: frozenset[str]

    def problem(self, name: str, size_bytes: int) -> str:
        """Return why a file cannot be uploaded; "" where it can."""
        ending = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
        if ending not in self.endings:
            return _("Documents of this kind cannot be searched.")
        if size_bytes == 0:
            return _("The file is empty.")
        if size_bytes > self.file_bytes:
            return _("It is larger than {n} MB.").format(n=self.file_bytes // 2**20)
        return ""


def parse_rules(data: Mapping[str, Any]) -> DocumentRules:
    """Read the shipped table."""
    return DocumentRules(
        file_bytes=int(data["file_bytes"]),
        store_files=int(data["store_files"]),
        made_bytes=int(data["made_bytes"]),
        endings=frozenset(str(data["endings"]).split()),
    )


def summary(store: DocumentStore) -> str:
    """Say in a line how a store stands."""
    total = len(store.documents)
    if not total:
        return _("No documents yet.")
    if store.is_busy:
        one, many = "{ready} of {total} document is ready", "{ready} of {total} documents are ready"
        return ngettext(one, many, total).format(ready=store.ready, total=total)
    words = _("1 document") if store.ready == 1 else _("{n} documents").format(n=store.ready)
    return f"{words}, {_('{n} failed').format(n=store.failed)}" if store.failed else words


def index_problem(code: str) -> str:
    """Say why the service could not make a document searchable."""
    words = {
        "unsupported_file": _("The service cannot read this kind of file."),
        "invalid_file": _("The service found no text in the file, or it is damaged."),
        "server_error": _("The service failed; try it again."),
    }
    return words.get(code, _("The service could not make it searchable."))


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListStores:
    """Answered by StoresListed."""


@dataclass(frozen=True)
class MakeStore:
    """Make a store of the files and folders *paths*, at *provider* ("" = whoever thinks)."""

    name: str
    paths: tuple[str, ...] = ()
    provider: str = ""


@dataclass(frozen=True)
class AddDocuments:
    """Put files and folders into a store."""

    store_id: int
    paths: tuple[str, ...]


@dataclass(frozen=True)
class RetryDocuments:
    """Try what failed or was stopped in a store once more; a store that is gone at the service is made anew."""

    store_id: int


@dataclass(frozen=True)
class StopDocuments:
    """Stop uploading; what is at the service already stays."""

    store_id: int


@dataclass(frozen=True)
class RemoveDocument:
    """Delete a document here and at the service; the person's own file stays."""

    document_id: int


@dataclass(frozen=True)
class RemoveStore:
    """Delete a store with its documents here and at the service; the person's own files stay."""

    store_id: int


# --- events -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoresListed:
    """All stores, oldest first."""

    stores: tuple[DocumentStore, ...]


@dataclass(frozen=True)
class StoreChanged:
    """A store is new, or it or one of its documents stands differently."""

    store: DocumentStore


@dataclass(frozen=True)
class StoreGone:
    """A store was deleted."""

    store_id: int


DocumentCommand = ListStores | MakeStore | AddDocuments | RetryDocuments | StopDocuments | RemoveDocument | RemoveStore
DocumentEvent = StoresListed | StoreChanged | StoreGone
