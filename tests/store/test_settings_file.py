from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.errors import ConfigError
from voiceapp.core.settings import OPENAI, ChatApi, Choice, Job, Memory, Provider, ProviderKind, Settings, validated
from voiceapp.store.settings_file import SettingsFile

MINE = Provider(
    "desk",
    ProviderKind.COMPATIBLE,
    base_url="http://127.0.0.1:8000/v1",
    chat_api=ChatApi.CHAT_COMPLETIONS,
    paths={"images": "/images/generate"},
)
CHOSEN = validated(
    Settings(
        providers=(MINE,),
        jobs={Job.CHAT.value: Choice("desk", "qwen3"), Job.SPEECH.value: Choice("local")},
        vocabulary=("Müller", "김치"),
        voice="alloy",
        speed=1.25,
        input_device='Head "set"',
        is_microphone_warm=True,
        theme="dark",
    )
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def test_no_file_means_defaults(path: Path) -> None:
    file = SettingsFile(path)
    assert file.load() == validated(Settings())
    assert file.notices == ()
    assert not path.exists()


def test_what_was_saved_is_read_and_only_this_person_may(path: Path) -> None:
    SettingsFile(path).save(CHOSEN)
    assert SettingsFile(path).load() == CHOSEN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["settings.toml"]


def test_defaults_are_not_written_so_they_can_improve(path: Path) -> None:
    SettingsFile(path).save(Settings())
    assert path.read_text() == ""


def test_a_configured_openai_is_kept(path: Path) -> None:
    proxied = Provider(OPENAI.name, ProviderKind.OPENAI, base_url="https://proxy.example/v1", project="p")
    SettingsFile(path).save(Settings(providers=(proxied,)))
    assert SettingsFile(path).load().provider("openai") == proxied


def test_keys_of_a_newer_version_are_carried_along(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('theme = "dark"\n[stage]\nbackground = "orb"\n')
    file = SettingsFile(path)
    settings = file.load()
    file.save(settings)
    assert settings.theme == "dark"
    assert file.notices == ()
    assert "orb" in path.read_text()


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe\x00", b"theme = 'dark'\n\x00"])
def test_a_broken_file_is_set_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    file = SettingsFile(path, now=lambda: 1_700_000_000.0)
    assert file.load() == validated(Settings())
    aside = path.with_name("settings.toml.damaged-20231114-221320")
    assert aside.read_bytes() == content
    assert aside.name in file.notices[0]
    assert not path.exists()


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("speed = 'fast'", "speed"),
        ("speed = 9", "speed"),
        ("theme = 'pink'", "theme"),
        ("providers = 3", "providers"),
        ("jobs = {chat = {provider = 'nobody'}}", "jobs"),
        ("vocabulary = [1]", "vocabulary"),
    ],
)
def test_one_bad_value_costs_only_itself(path: Path, line: str, refused: str) -> None:
    path.parent.mkdir()
    path.write_text(f"{line}\nvoice = 'nova'\n")
    file = SettingsFile(path)
    settings = file.load()
    assert settings.voice == "nova"
    assert getattr(settings, refused) == getattr(validated(Settings()), refused)
    assert refused in file.notices[0]
    assert line in path.with_name("settings.toml.refused").read_text()


def test_values_out_of_range_are_not_written(path: Path) -> None:
    with pytest.raises(ConfigError):
        SettingsFile(path).save(Settings(speed=7.0))
    assert not path.exists()


@given(
    voice=st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    speed=st.floats(0.5, 2.0),
    words=st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]))),
    warm=st.booleans(),
)
def test_any_valid_settings_come_back(
    tmp_path_factory: pytest.TempPathFactory, voice: str, speed: float, words: list[str], warm: bool
) -> None:
    settings = validated(Settings(voice=voice, speed=speed, vocabulary=tuple(words), is_microphone_warm=warm))
    path = tmp_path_factory.mktemp("any") / "settings.toml"
    SettingsFile(path).save(settings)
    assert SettingsFile(path).load() == settings


def test_who_remembers_and_the_effort_are_kept(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.toml")
    held = replace(OPENAI, memory=Memory.HELD)
    wanted = validated(Settings(providers=(held,), jobs={"chat": Choice("openai", "gpt-6-luna", "low")}))
    file.save(wanted)
    again = SettingsFile(tmp_path / "settings.toml")
    assert again.load() == wanted
    assert again.notices == ()
