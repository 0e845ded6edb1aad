"""Which sentences are about the picture before the person, and which are about something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.image_commands import ChangeIt, GoBack, ImageWish, SaveIt, image_wish
from voiceapp.core.image_versions import back, label, versions
from voiceapp.core.images import StoredImage
from voiceapp.resources import image_phrases


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("Make it warmer.", ChangeIt("Make it warmer")),
        ("please make it warmer", ChangeIt("please make it warmer")),
        ("Only the sky", ChangeIt("Only the sky")),
        ("Back two", GoBack(2)),
        ("back to.", GoBack(2)),
        ("Go back 3 steps, please", GoBack(3)),
        ("Undo that!", GoBack(1)),
        ("Save it.", SaveIt()),
        ("OK, save the picture", SaveIt()),
        ("Mach es wärmer", ChangeIt("Mach es wärmer")),
        ("Nur der Himmel", ChangeIt("Nur der Himmel")),
        ("Zwei zurück", GoBack(2)),
        ("Speicher es bitte.", SaveIt()),
        ("What is the capital of France?", None),
        ("make it", None),
        ("back to the question of Paris", None),
        ("save it for later", None),
        ("go back 0 steps", None),
        ("", None),
        ("make it " + "x" * 400, None),
    ],
)
def test_wishes(said: str, wish: ImageWish | None) -> None:
    assert image_wish(said, image_phrases()) == wish


@given(st.text())
def test_any_text_is_a_wish_or_none(said: str) -> None:
    assert isinstance(image_wish(said, image_phrases()), ImageWish | None)


def made(number: int, parent: int | None = None) -> StoredImage:
    return StoredImage(number, "", "png", 1, 1, parent_id=parent)


TREE = (made(1), made(2, 1), made(3, 2), made(4, 1), made(9), made(10, 8))


def test_a_tree_holds_all_that_was_made_of_one_picture() -> None:
    assert [image.id for image in versions(TREE, 3)] == [1, 2, 3, 4]
    assert [image.id for image in versions(TREE, 9)] == [9]
    assert [image.id for image in versions(TREE, 10)] == [10]  # its parent was deleted
    assert versions(TREE, 77) == ()


@pytest.mark.parametrize(("here", "steps", "there"), [(3, 1, 2), (3, 2, 1), (3, 9, 1), (4, 1, 1), (1, 1, 1)])
def test_going_back_follows_the_own_branch(here: int, steps: int, there: int) -> None:
    found = back(TREE, here, steps)
    assert found is not None
    assert found.id == there
    assert back(TREE, 77, 1) is None


def test_labels_name_the_parent_where_it_is_not_the_one_before() -> None:
    tree = versions(TREE, 1)
    assert [label(tree, image) for image in tree] == ["v1", "v2", "v3", "v4 ← v1"]
