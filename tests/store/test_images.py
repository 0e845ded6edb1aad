"""The gallery keeps pictures, also over a crash, finds them by their words, and brings deleted ones back."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from tests.pictures import png
from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import Role
from voiceapp.core.errors import StoreError
from voiceapp.core.images import ImageOptions, StoredImage
from voiceapp.store.images import KEPT_DELETED_S, FileImages
from voiceapp.store.sqlite import SqliteStore

OPTIONS = ImageOptions("gpt-image-2.6-flare", "1024x1024", "high", "transparent", "png", 2, 3)


def drawn(prompt: str, parent_id: int | None = None) -> StoredImage:
    return StoredImage(
        0, "", "png", 4, 3, prompt, f"{prompt}, revised", OPTIONS, "OpenAI", 0.0, 2.5, 0.04, None, parent_id
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_there(image: StoredImage) -> bool:
    return Path(image.path).exists()


def lose(image: StoredImage) -> None:
    Path(image.path).unlink()


async def test_a_picture_comes_back_as_it_was(images: FileImages, tmp_path: Path) -> None:
    kept = await images.add(png(4, 3), drawn("A lighthouse"))
    again = await images.get(kept.id)
    assert again == kept
    assert (again.prompt, again.options, again.cost_usd, again.duration_s) == ("A lighthouse", OPTIONS, 0.04, 2.5)
    assert Path(again.path).parent == tmp_path / "images"
    assert await images.read(kept.id) == png(4, 3)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
async def test_nobody_else_can_read_it(images: FileImages) -> None:
    kept = await images.add(png(4, 3), drawn("A lighthouse"))
    assert (mode(Path(kept.path)), mode(Path(kept.path).parent)) == (0o600, 0o700)


async def test_newest_first_and_found_by_all_words(images: FileImages) -> None:
    sea = await images.add(png(4, 3), drawn("A calm Séa at dawn"))
    cup = await images.add(png(4, 3), drawn("A cup of tea"))
    assert await images.all() == (cup, sea)
    assert await images.all("sea DAWN") == (sea,)
    assert await images.all("sea cup") == ()


async def test_deleted_means_gone_until_it_is_wanted_back(images: FileImages) -> None:
    kept = await images.add(png(4, 3), drawn("A lighthouse"))
    await images.delete(kept.id)
    assert await images.all() == ()
    await images.restore(kept.id)
    assert await images.all() == (kept,)


async def test_what_stayed_deleted_leaves_the_disk(tmp_path: Path, store: SqliteStore) -> None:
    now_s = [1_000_000.0]
    images = FileImages(tmp_path, store, lambda: now_s[0])
    old, kept = [await images.add(png(4, 3), drawn(word)) for word in ("old", "kept")]
    await images.delete(old.id)
    assert await images.purge() == 0
    now_s[0] += KEPT_DELETED_S + 1
    assert await images.purge() == 1
    assert (is_there(old), is_there(kept)) == (False, True)
    with pytest.raises(StoreError):
        await images.get(old.id)


async def test_a_picture_that_vanished_is_said(images: FileImages) -> None:
    kept = await images.add(png(4, 3), drawn("A lighthouse"))
    lose(kept)
    with pytest.raises(StoreError):
        await images.read(kept.id)


async def test_no_row_without_a_file(images: FileImages, tmp_path: Path) -> None:
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(StoreError):
        await images.add(png(4, 3), drawn("A lighthouse"))
    assert await images.all() == ()


async def test_no_file_without_a_row(images: FileImages, store: SqliteStore, tmp_path: Path) -> None:
    await images.add(png(4, 3), drawn("A lighthouse"))
    with pytest.raises(StoreError):
        await images.add(png(4, 3), drawn("An orphan", parent_id=77))
    assert len(list((tmp_path / "images").iterdir())) == 1


async def test_verdicts_and_versions_are_kept(tmp_path: Path, images: FileImages, store: SqliteStore) -> None:
    first = await images.add(png(4, 3), drawn("A lighthouse"))
    second = await images.add(png(4, 3), drawn("warmer", parent_id=first.id))
    assert (await images.update(second.id, verdict="violence")).verdict == "violence"
    assert (await images.update(second.id, cost_usd=0.5)).verdict == "violence"
    told = await images.update(second.id, held="Violence 0.90", found="Violence 0.90, Hate 0.60")
    assert (told.held, told.found) == ("Violence 0.90", "Violence 0.90, Hate 0.60")
    await store.close()
    again = SqliteStore(tmp_path, PlainTakes())
    (newest, oldest) = await FileImages(tmp_path, again, lambda: 0.0).all()
    assert (newest.parent_id, newest.verdict, newest.cost_usd) == (first.id, "violence", 0.5)
    assert (oldest.verdict, oldest.cost_usd) == (None, 0.04)
    assert (newest.held, newest.found, oldest.held) == ("Violence 0.90", "Violence 0.90, Hate 0.60", "")
    await again.close()


async def test_pictures_stand_with_their_messages(images: FileImages, store: SqliteStore) -> None:
    head = await store.new_conversation("Pictures")
    asked, answered = [await store.add_message(head.id, role, "words") for role in (Role.USER, Role.ASSISTANT)]
    shown, drawn_ = [await images.add(png(4, 3), drawn(word)) for word in ("shown", "drawn")]
    await images.attach(asked.id, (shown.id,))
    await images.attach(answered.id, (drawn_.id, shown.id))
    await images.attach(answered.id, (drawn_.id,))
    assert await images.of_conversation(head.id) == {asked.id: (shown,), answered.id: (drawn_, shown)}
    await images.delete(shown.id)
    assert await images.of_conversation(head.id) == {answered.id: (drawn_,)}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_saved_into_a_folder_that_is_made_under_a_name_that_is_free(images: FileImages, tmp_path: Path) -> None:
    kept = await images.add(png(4, 3), drawn("A lighthouse"))
    pictures = tmp_path / "pictures" / "voiceapp"
    saved = [await images.copy_into(kept.id, pictures, "lighthouse.png") for _time in range(3)]
    assert [path.name for path in saved] == ["lighthouse.png", "lighthouse-2.png", "lighthouse-3.png"]
    assert [path.parent for path in saved] == [pictures] * 3
    assert await images.read(kept.id) == Path(saved[2]).read_bytes() == png(4, 3)  # noqa: ASYNC240 - a small file
    lose(kept)
    with pytest.raises(StoreError):
        await images.copy_into(kept.id, pictures, "lost.png")
    assert "lost.png" not in names_in(pictures)  # nothing half done
    with pytest.raises(StoreError):
        await images.copy_into(kept.id, saved[0], "in-a-file.png")
