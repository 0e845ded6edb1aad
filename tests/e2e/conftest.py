"""What the proofs share."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from voiceapp.gui.theme import Theme


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")
