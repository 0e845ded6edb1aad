"""What is logged, where, and what never is."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.logs import FILE_BYTES, Logs, Redactor

KEY = "sk-proj-AbCdEf0123456789"


@pytest.fixture
def logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Logs]:
    opened = Logs(tmp_path, is_debug=True)
    yield opened
    opened.close()


def everything(logs: Logs, capsys: pytest.CaptureFixture[str]) -> str:
    return logs.file.read_text() + "\n".join(logs.ring.lines()) + capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"Incorrect API key provided: {KEY}.",
        "Authorization: Bearer abc.def-ghi_123",
        "authorization: basic dXNlcjpwYXNz",
        "api-key: 0123456789abcdef",
        "https://me:hunter22@example.com/v1",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    ],
)
def test_keys_are_struck_out_everywhere(logs: Logs, capsys: pytest.CaptureFixture[str], text: str) -> None:
    log = logging.getLogger("voiceapp.test")
    log.info("plain %s", text)
    log.info(text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")
    written = everything(logs, capsys)
    secrets = (KEY, "abc.def-ghi_123", "dXNlcjpwYXNz", "0123456789abcdef", "hunter22", "eyJhbGci")
    assert [secret for secret in secrets if secret in written] == [], written
    assert "ValueError" in written
    assert written.count("plain") == 3


def test_a_registered_key_of_any_look_is_struck_out(logs: Logs, capsys: pytest.CaptureFixture[str]) -> None:
    logs.redactor.register("correct horse battery")
    logs.redactor.register("a")
    logging.getLogger("voiceapp.test").warning("key=%r and a word", "correct horse battery")
    written = everything(logs, capsys)
    assert "horse" not in written
    assert "and a word" in written


@given(st.text())
def test_text_without_keys_stays_as_it_is(text: str) -> None:
    if "://" not in text and "sk-" not in text and "eyJ" not in text:
        assert Redactor().clean(text) == text


def test_a_wrong_number_of_arguments_costs_nothing(logs: Logs, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("voiceapp.test").info("%s %s", "one")
    assert "%s %s (unformatted)" in everything(logs, capsys)


def test_the_files_are_private_and_bounded(logs: Logs, tmp_path: Path) -> None:
    log = logging.getLogger("voiceapp.test")
    for _ in range(12):
        log.info("x" * (FILE_BYTES // 2))
    files = sorted(path.name for path in tmp_path.glob("voiceapp.log*"))
    assert files == ["voiceapp.log", "voiceapp.log.1", "voiceapp.log.2", "voiceapp.log.3"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_the_ring_tells_listeners_until_they_leave(logs: Logs) -> None:
    log, heard = logging.getLogger("voiceapp.test"), list[str]()
    stop = logs.ring.listen(heard.append)
    log.info("first")
    stop()
    log.info("second")
    assert [line.rpartition(" ")[2] for line in heard] == ["first"]
    assert logs.ring.lines()[-1].endswith("second")


def test_debug_is_kept_only_when_asked_for_and_by_topic(tmp_path: Path) -> None:
    quiet = Logs(tmp_path)
    logging.getLogger("voiceapp.voice").debug("no")
    quiet.close()
    chosen = Logs(tmp_path, is_debug=True, topics=["voice"])
    logging.getLogger("voiceapp.voice").debug("yes")
    logging.getLogger("voiceapp.audio").debug("no")
    logging.getLogger("voiceapp.audio").info("also")
    chosen.close()
    assert [line.rpartition(" ")[2] for line in chosen.ring.lines()] == ["yes", "also"]
    assert quiet.ring.lines() == ()


def test_a_log_that_cannot_be_written_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = Logs(tmp_path / "not there")
    logging.getLogger("voiceapp.test").error("still here")
    logs.close()
    assert logs.ring.lines()[-1].endswith("still here")
    assert capsys.readouterr().err == ""


def test_a_crash_leaves_its_stacks(tmp_path: Path) -> None:
    code = f"""if True:
        import os, pathlib, voiceapp.logs
        logs = voiceapp.logs.Logs(pathlib.Path({str(tmp_path)!r}))
        os.abort()"""
    subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert "Fatal Python error: Aborted" in (tmp_path / "crash.txt").read_text()


def test_keys_of_the_environment_are_struck_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SERVER_KEY", "plainword-of-mine")
    logs = Logs(tmp_path)
    logging.getLogger("voiceapp.test").info("sent plainword-of-mine")
    logs.close()
    assert logs.ring.lines()[-1].endswith("sent …")
