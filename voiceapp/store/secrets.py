"""Keys: in the system's keyring; where there is none, in a file that only this person can read.

A small index says which providers have a key and where, without the keys: so the keyring, slow to import and apt to
ask for a password, is not touched by somebody who never stored one.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from gettext import gettext as _
from pathlib import Path
from typing import Protocol

from voiceapp.core.environment import key_from
from voiceapp.core.errors import StoreError
from voiceapp.store.files import told_as_store_error, write_private

_IN_KEYRING = "keyring"
_IN_FILE = "file"


class Keyring(Protocol):
    """What is used of a keyring backend."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def system_keyring() -> Keyring | None:
    """Return the system's keyring, None where it has none that protects. Slow the first time: imports, D-Bus."""
    try:
        import keyring
        from keyring.backends import chainer, fail, null

        backend = keyring.get_keyring()
    except Exception:
        return None  # a backend broken at import must not cost the person the program
    if isinstance(backend, fail.Keyring | null.Keyring):
        return None
    if isinstance(backend, chainer.ChainerBackend) and not backend.backends:
        return None
    if type(backend).__module__.startswith("keyrings.alt"):
        return None  # plain text under another name; our file at least says so
    return backend


class KeyringSecrets:
    """See ``ports.Secrets``. Blocking; any thread.

    Args:
        folder: where the index and, without a keyring, the keys lie; exists.
        service: the name under which the keyring holds the keys.
        environ: consulted for a provider that has no stored key.
        keyring: returns the backend; called at the first need.
        on_key: gets every key that passes through here, so that it can be struck out of the log.
    """

    def __init__(
        self,
        folder: Path,
        service: str = "voiceapp",
        environ: Mapping[str, str] = os.environ,
        keyring: Callable[[], Keyring | None] = system_keyring,
        on_key: Callable[[str], None] = lambda _key: None,
    ) -> None:
        self._index = folder / "keys.json"
        self._file = folder / "keys.secret.json"
        self._service = service
        self._environ = environ
        self._find_keyring = keyring
        self._on_key = on_key
        self._backend: Keyring | None = None
        self._is_found = False
        self._lock = threading.RLock()

    def is_stored(self, provider: str) -> bool:
        """Tell whether a key was stored for *provider*, without asking the keyring."""
        return provider in _table(self._index)

    def get(self, provider: str) -> str:
        """Return the stored key, else the environment's, else ""."""
        key = self._stored(provider) or key_from(self._environ, provider)
        self._on_key(key)
        return key

    def _stored(self, provider: str) -> str:
        with self._lock:
            place = _table(self._index).get(provider, "")
            if place == _IN_FILE:
                return _table(self._file).get(provider, "")
            if place == _IN_KEYRING:
                return self._from_keyring(provider)
        return ""

    def set(self, provider: str, key: str) -> None:
        """Store *key*, in the keyring where it takes it; an empty one deletes. Raises StoreError, DiskFull."""
        with self._lock:
            self._on_key(key.strip())
            self._forget(provider)
            if key := key.strip():
                place = _IN_KEYRING if self._to_keyring(provider, key) else _IN_FILE
                if place == _IN_FILE:
                    _write(self._file, _table(self._file) | {provider: key})
                _write(self._index, _table(self._index) | {provider: place})

    def seen(self, key: str) -> None:
        """As Secrets.seen."""
        self._on_key(key)

    def place(self) -> str:
        """Say where a key stored now would go."""
        with self._lock:
            backend = self._keyring()
            is_in_file = _IN_FILE in _table(self._index).values()
        if backend is not None and not is_in_file:
            return _("Keys are kept in the system's keyring.")
        return _("This system has no usable keyring: keys are kept in the file {file}, readable only by you.").format(
            file=self._file
        )

    def _keyring(self) -> Keyring | None:
        if not self._is_found:
            self._backend, self._is_found = self._find_keyring(), True
        return self._backend

    def _from_keyring(self, provider: str) -> str:
        backend = self._keyring()
        try:
            key = backend.get_password(self._service, provider) if backend is not None else None
        except Exception as error:  # backends raise what they like; their text may hold anything
            raise _locked(error) from None
        if backend is None:
            raise _locked(None)
        return key or ""

    def _to_keyring(self, provider: str, key: str) -> bool:
        """Store and read back: some backends accept silently and keep nothing."""
        backend = self._keyring()
        if backend is None:
            return False
        try:
            backend.set_password(self._service, provider, key)
            return backend.get_password(self._service, provider) == key
        except Exception:
            return False

    def _forget(self, provider: str) -> None:
        index, keys = _table(self._index), _table(self._file)
        if index.pop(provider, "") == _IN_KEYRING and (backend := self._keyring()) is not None:
            self._delete(backend, provider)
        if keys.pop(provider, None) is not None:
            _write(self._file, keys)
        if self._index.exists():
            _write(self._index, index)

    def _delete(self, backend: Keyring, provider: str) -> None:
        try:
            if backend.get_password(self._service, provider) is not None:  # else deleted by other means
                backend.delete_password(self._service, provider)
        except Exception as error:
            raise _locked(error) from None


def _locked(error: Exception | None) -> StoreError:
    return StoreError(
        _("The system's keyring did not give the key."),
        hint=_("Unlock the keyring and try again, or enter the key anew in the settings."),
        detail=type(error).__name__ if error else "no keyring",
    )


def _table(path: Path) -> dict[str, str]:
    """Return a JSON object of strings; empty where there is none or it is broken."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in table.items()} if isinstance(table, dict) else {}


def _write(path: Path, table: Mapping[str, str]) -> None:
    with told_as_store_error(path):
        write_private(path, json.dumps(table, indent=1) + "\n")
