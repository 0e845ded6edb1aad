"""The person's own model table is laid over the shipped one, or told why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voiceapp.resources import model_table
from voiceapp.store.own_models import with_own_models


def test_no_file_is_the_shipped_table(tmp_path: Path) -> None:
    assert with_own_models(model_table(), tmp_path) == (model_table(), "")


def test_own_rows_replace_and_add(tmp_path: Path) -> None:
    rows = [{"id": "gpt-6-luna", "jobs": ["chat"], "prices": {"text_in": 9}}, {"id": "ft:mine*", "jobs": ["chat"]}]
    (tmp_path / "models.json").write_text(json.dumps({"models": rows}))
    table, complaint = with_own_models(model_table(), tmp_path)
    assert complaint == ""
    assert table.find("gpt-6-luna").prices == {"text_in": 9.0}
    assert table.find("ft:mine:x").id == "ft:mine*"
    assert table.find("gpt-transcribe") == model_table().find("gpt-transcribe")


@pytest.mark.parametrize("text", ["{", "[]", '{"models": [{"jobs": []}]}', '{"models": [{"id": "x", "ends": "soon"}]}'])
def test_a_table_that_cannot_be_used_is_told_and_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "models.json").write_text(text)
    table, complaint = with_own_models(model_table(), tmp_path)
    assert table == model_table()
    assert "models.json" in complaint
