from __future__ import annotations

import stat
from pathlib import Path

import pytest

from voiceapp.core.errors import StoreError
from voiceapp.store.secrets import Keyring, KeyringSecrets, system_keyring

KEY = "sk-proj-abcdef1234567890"


class MemoryKeyring:
    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.keys.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.keys[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        del self.keys[service, username]

    def _open(self) -> None:
        if self.is_locked:
            raise RuntimeError(f"locked, and here is {KEY}")


class ForgetfulKeyring(MemoryKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        """As some backends do."""


def untouched() -> Keyring | None:
    raise AssertionError("the keyring was asked")


def test_a_key_goes_to_the_keyring_and_stands_in_no_file(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    secrets = KeyringSecrets(tmp_path, "voiceapp", {}, lambda: keyring)
    secrets.set("openai", f" {KEY}\n")
    assert keyring.keys == {("voiceapp", "openai"): KEY}
    assert KeyringSecrets(tmp_path, "voiceapp", {}, lambda: keyring).get("openai") == KEY
    assert all(KEY not in path.read_text() for path in tmp_path.iterdir())
    assert "keyring" in secrets.place()
    secrets.set("openai", "")
    assert keyring.keys == {}
    assert secrets.get("openai") == ""


@pytest.mark.parametrize("keyring", [None, ForgetfulKeyring()])
def test_without_a_keyring_a_file_for_this_person_only(tmp_path: Path, keyring: Keyring | None) -> None:
    secrets = KeyringSecrets(tmp_path, environ={}, keyring=lambda: keyring)
    secrets.set("openai", KEY)
    assert secrets.get("openai") == KEY
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert "keys.secret.json" in secrets.place()
    secrets.set("openai", "")
    assert secrets.get("openai") == ""
    assert all(KEY not in path.read_text() for path in tmp_path.iterdir())


def test_the_environment_answers_without_asking_the_keyring(tmp_path: Path) -> None:
    secrets = KeyringSecrets(tmp_path, environ={"OPENAI_API_KEY": KEY}, keyring=untouched)
    assert secrets.get("openai") == KEY
    assert secrets.get("desk") == ""
    assert not secrets.is_stored("openai")


def test_a_stored_key_counts_more_than_the_environment(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    secrets = KeyringSecrets(tmp_path, environ={"OPENAI_API_KEY": "sk-other"}, keyring=lambda: keyring)
    secrets.set("openai", KEY)
    assert secrets.is_stored("openai")
    assert secrets.get("openai") == KEY


def test_a_locked_keyring_is_an_error_that_holds_no_key(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    secrets = KeyringSecrets(tmp_path, environ={}, keyring=lambda: keyring)
    secrets.set("openai", KEY)
    keyring.is_locked = True
    with pytest.raises(StoreError) as caught:
        secrets.get("openai")
    error = caught.value
    assert "Unlock" in error.hint
    assert all(KEY not in str(text) for text in (error, error.hint, error.detail, error.__cause__))


def test_a_key_deleted_by_other_means_can_be_replaced(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    secrets = KeyringSecrets(tmp_path, environ={}, keyring=lambda: keyring)
    secrets.set("openai", KEY)
    keyring.keys.clear()
    assert secrets.get("openai") == ""
    secrets.set("openai", "sk-new")
    assert secrets.get("openai") == "sk-new"


def test_a_broken_index_is_no_end(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("[1, 2")
    secrets = KeyringSecrets(tmp_path, environ={}, keyring=lambda: None)
    assert secrets.get("openai") == ""
    secrets.set("openai", KEY)
    assert secrets.get("openai") == KEY


def test_a_system_without_a_keyring_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    import keyring.core

    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    assert system_keyring() is None


def test_every_key_is_told_to_the_log_that_must_not_show_it(tmp_path: Path) -> None:
    told: list[str] = []
    secrets = KeyringSecrets(tmp_path, environ={"OPENAI_API_KEY": KEY}, keyring=lambda: None, on_key=told.append)
    secrets.get("openai")
    secrets.set("desk", "desk-key")
    assert told == [KEY, "desk-key"]
