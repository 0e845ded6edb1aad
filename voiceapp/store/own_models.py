"""The person's own model table: ``models.json`` in the config folder, laid over the shipped one.

It has the form of the shipped ``voiceapp/data/models.json``: ``{"models": [{"id": …, "jobs": […], "prices": {…},
"ends": "2027-01-06", "replacement": …}]}``. A row replaces the shipped row of the same id; every field but ``id`` is
optional; ``default_for`` makes it the one that is taken where none is chosen. ``"name_parts": {job: [part, …]}`` says
by which part of its name an unknown model is taken for a job.
"""

from __future__ import annotations

import json
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.errors import ConfigError
from voiceapp.core.models import ModelTable, merged, parse_models

NAME = "models.json"


def with_own_models(shipped: ModelTable, config: Path) -> tuple[ModelTable, str]:
    """Return *shipped* with the rows of the person's file, and a sentence where the file cannot be used."""
    file = config / NAME
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return shipped, ""
    except (OSError, ValueError):
        return shipped, _("Your model table {file} could not be read; the shipped one is used.").format(file=file)
    try:
        return merged(shipped, parse_models(data if isinstance(data, dict) else {})), ""
    except ConfigError as error:
        return shipped, f"{error.message} {_('Your own table {file} is not used.').format(file=file)}"
