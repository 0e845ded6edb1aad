"""``voiceapp image``: a picture into a file, its options checked before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.pictures import png
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import ImageScript, ModerationScript
from voiceapp.core.moderation import Action, Policy, Rule
from voiceapp.core.settings import Settings
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile

DRAWN = png(32, 16, (200, 10, 10, 255))


@pytest.fixture
def server(openai_server: LoopbackServer) -> LoopbackServer:
    openai_server.script.image = ImageScript(png=DRAWN, partial_png=png(4, 3))
    return openai_server


def test_a_picture_is_drawn_kept_and_written(connected: Terminal, server: LoopbackServer, tmp_path: Path) -> None:
    out = tmp_path / "lighthouse.png"
    done = connected.run("image", "A lighthouse", "--out", out, "--size", "1536x1024", "--quality", "low", "--json")
    assert (done.code, done.err) == (0, "")
    assert out.read_bytes() == DRAWN
    (image,), (end,) = done.events("image"), done.events("done")
    assert (image["file"], image["width"], image["height"]) == (str(out), 32, 16)
    assert end["cost_usd"] == pytest.approx(0.03173)
    assert len(done.events("partial")) == 1
    assert [path.read_bytes() for path in (connected.data / "images").iterdir()] == [DRAWN]
    (sent,) = server.requests_for("/images/generations")
    assert (sent.json["size"], sent.json["quality"]) == ("1536x1024", "low")


def test_an_edit_sends_the_picture_and_its_mask(connected: Terminal, server: LoopbackServer, tmp_path: Path) -> None:
    before, mask, out = (tmp_path / name for name in ("before.png", "mask.png", "after.png"))
    before.write_bytes(png(8, 8))
    mask.write_bytes(png(8, 8, (0, 0, 0, 0)))
    done = connected.run("image", "only the sky", "--out", out, "--edit", before, "--mask", mask)
    assert (done.code, done.err) == (0, "")
    (sent,) = server.requests_for("/images/edits")
    assert {part.name: part.data for part in sent.parts if part.filename} == {
        "image": before.read_bytes(),
        "mask": mask.read_bytes(),
    }
    assert out.read_bytes() == DRAWN


def test_several_get_numbers(connected: Terminal, server: LoopbackServer, tmp_path: Path) -> None:
    done = connected.run("image", "A cup", "--out", tmp_path / "cup.png", "--count", "2")
    assert done.code == 0
    assert [path.name for path in sorted(tmp_path.glob("*.png"))] == ["cup-2.png", "cup.png"]


def test_another_format_gets_its_own_ending(connected: Terminal, server: LoopbackServer, tmp_path: Path) -> None:
    done = connected.run("image", "A cup", "--out", tmp_path / "cup.webp", "--json")
    (image,) = done.events("image")
    assert image["file"] == str(tmp_path / "cup.png")
    assert (tmp_path / "cup.png").exists()
    assert not (tmp_path / "cup.webp").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--size", "37x37"),
        ("--quality", "ultra"),
        ("--count", "11"),
        ("--mask", "mask.png"),
        ("--out", "picture.txt"),
        ("--edit", "missing.png"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    connected: Terminal, server: LoopbackServer, tmp_path: Path, words: tuple[str, str]
) -> None:
    done = connected.run("image", "A cup", "--out", tmp_path / "cup.png", *words)
    assert done.code == 2
    assert done.complaint
    assert server.requests == []


def test_a_free_size_follows_the_models_rules(connected: Terminal, server: LoopbackServer, tmp_path: Path) -> None:
    words = ("image", "A cup", "--out", tmp_path / "cup.png", "--model", "gpt-image-2", "--size")
    done = connected.run(*words, "1500x800")
    assert done.code == 2
    assert "multiples of 16: 1504x800 would be" in done.complaint
    assert connected.run(*words, "1504×800").code == 0
    (sent,) = server.requests_for("/images/generations")
    assert sent.json["size"] == "1504x800"


def test_a_refusal_is_one_clear_sentence(connected: Terminal, server: LoopbackServer, tmp_path: Path) -> None:
    server.answer_next("/images/generations", faults.error(400, code="moderation_blocked"))
    done = connected.run("image", "A cup", "--out", tmp_path / "cup.png")
    assert done.code == 1
    assert "content policy" in done.complaint
    assert not (tmp_path / "cup.png").exists()


def ruled(terminal: Terminal, policy: Policy) -> None:
    paths = Paths.below(terminal.data)
    paths.create()
    SettingsFile(paths.settings_file).save(replace(Settings(), moderation=policy))


def test_a_prompt_that_moderation_blocks_is_not_sent(
    connected: Terminal, server: LoopbackServer, tmp_path: Path
) -> None:
    ruled(connected, Policy(image_prompt=Rule(Action.BLOCK)))
    server.script.moderation = ModerationScript(words={"axe": ("violence",)})
    done = connected.run("image", "An axe", "--out", tmp_path / "axe.png")
    assert done.code == 1
    assert "Violence 0.90" in done.complaint
    assert server.requests_for("/images/generations") == []


def test_a_picture_that_moderation_blocks_is_kept_and_not_written_until_it_is_wanted(
    connected: Terminal, server: LoopbackServer, tmp_path: Path
) -> None:
    ruled(connected, Policy(image=Rule(Action.BLOCK)))
    server.script.moderation = ModerationScript(image=("violence",))
    out = tmp_path / "surprise.png"
    done = connected.run("image", "A surprise", "--out", out)
    assert done.code == 1
    assert "kept from view: Violence 0.90" in done.complaint
    assert not out.exists()
    assert [path.read_bytes() for path in (connected.data / "images").iterdir()] == [DRAWN]
    wanted = connected.run("image", "A surprise", "--out", out, "--reveal", "--json")
    assert wanted.code == 0
    assert wanted.events("image")[0]["verdict"] == "violence"
    assert out.read_bytes() == DRAWN


def test_a_picture_is_written_with_a_note_where_the_check_fails(
    connected: Terminal, server: LoopbackServer, tmp_path: Path
) -> None:
    ruled(connected, Policy(image=Rule(Action.BLOCK)))
    server.answer_always("/moderations", faults.error(400, code="invalid_request_error"))
    done = connected.run("image", "A cup", "--out", tmp_path / "cup.png")
    assert done.code == 0
    assert "The check failed" in done.complaint
    assert (tmp_path / "cup.png").read_bytes() == DRAWN


def test_without_anybody_who_draws_it_says_what_is_needed(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run("image", "A cup", "--out", tmp_path / "cup.png")
    assert done.code == 2
    assert "Add a key" in done.complaint
