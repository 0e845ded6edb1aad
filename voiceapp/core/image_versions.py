"""Versions of a picture: those made from it and those it was made from form a tree that one can walk."""

from __future__ import annotations

from collections.abc import Iterable

from voiceapp.core.images import StoredImage


def versions(images: Iterable[StoredImage], image_id: int) -> tuple[StoredImage, ...]:
    """Return the whole tree that *image_id* belongs to, oldest first; empty when it is not among *images*."""
    by_id = {image.id: image for image in images}
    if image_id not in by_id:
        return ()
    root = _root(by_id, image_id)
    return tuple(image for number, image in sorted(by_id.items()) if _root(by_id, number) == root)


def back(images: Iterable[StoredImage], image_id: int, steps: int) -> StoredImage | None:
    """Return the version *steps* before *image_id* on its own branch, the first one where there are not so many.

    None when it is not among *images*.
    """
    by_id = {image.id: image for image in images}
    here = by_id.get(image_id)
    for _step in range(steps):
        if here is None or here.parent_id is None or here.parent_id not in by_id:
            break
        here = by_id[here.parent_id]
    return here


def label(tree: tuple[StoredImage, ...], image: StoredImage) -> str:
    """Return "v3", or "v3 ← v1" for a version that was not made from the one before it."""
    numbers = {version.id: number for number, version in enumerate(tree, start=1)}
    number = numbers[image.id]
    parent = numbers.get(image.parent_id or 0)
    return f"v{number}" if parent in (None, number - 1) else f"v{number} ← v{parent}"


def _root(by_id: dict[int, StoredImage], image_id: int) -> int:
    """Follow the parents as far as they are there. An id is always greater than its parent's, so this ends."""
    while (parent := by_id[image_id].parent_id) is not None and parent in by_id and parent < image_id:
        image_id = parent
    return image_id
