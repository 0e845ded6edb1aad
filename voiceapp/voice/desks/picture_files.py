"""Files of pictures as the desk for images takes and gives them."""

from __future__ import annotations

import asyncio
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.errors import BadRequest
from voiceapp.core.images import Picture
from voiceapp.core.picture import facts_of


def picture_of(data: bytes) -> Picture:
    """Return *data* as a picture. Raises BadRequest where it is none."""
    facts = facts_of(data)
    if facts is None:
        raise BadRequest(_("This is not an image that can be used."), hint=_("PNG, JPEG, WebP and GIF can be."))
    return Picture(data, facts.format, facts.width, facts.height)


async def read_file(path: str) -> bytes:
    """Return a file of the person's own. Raises BadRequest."""
    try:
        return await asyncio.to_thread(Path(path).read_bytes)
    except OSError as error:
        raise BadRequest(
            _("The file {name} cannot be read.").format(name=Path(path).name), detail=type(error).__name__
        ) from error
