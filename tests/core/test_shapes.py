from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import jsonschema
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.lib._pydantic import to_strict_json_schema

from voiceapp.core.coverage import is_covered
from voiceapp.core.errors import ToolError
from voiceapp.core.notes import CLEAN, NOTES, TITLE, ActionItem, MeetingNotes, markdown, parts_of
from voiceapp.core.schema import AtMost, Within, arguments_schema, checked_object, relaxed, sent
from voiceapp.core.shapes import Shape

WHOLE = MeetingNotes(
    "Boats", "We spoke.", ("Buy one.",), (ActionItem("Call Ada", "Bo", "2026-12-01"), ActionItem("Rest"))
)
AS_JSON = """{"title": "Boats", "summary": "We spoke.", "decisions": ["Buy one."], "actions":
 [{"task": "Call Ada", "owner": "Bo", "due": "2026-12-01"}, {"task": "Rest", "owner": null, "due": null}]}"""


class Person(pydantic.BaseModel):
    """A pydantic model somebody brings."""

    name: str = pydantic.Field(description="In full.")
    title: str | None = None
    children: list[Person] = []


def everything(
    text: Annotated[str, "Words.", AtMost(5)],
    kind: Literal["a", "b"] | None,
    count: Annotated[int, Within(1, 3)],
    many: Annotated[list[str], AtMost(2)],
    is_sure: bool | None = None,
) -> None:
    """A function with every kind of parameter."""


def test_a_signature_becomes_a_strict_schema() -> None:
    schema = arguments_schema(everything)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == ["text", "kind", "count", "many", "is_sure"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["kind"] == {"type": ["string", "null"], "enum": ["a", "b", None]}
    assert schema["properties"]["count"] == {"type": "integer", "minimum": 1, "maximum": 3}
    assert sent(schema)["properties"]["text"] == {"type": "string", "description": "Words."}
    plain = relaxed(schema)
    assert plain["required"] == ["text", "count", "many"]
    assert plain["properties"]["kind"] == {"type": "string", "enum": ["a", "b"]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": "123456"}, "5 characters"),
        ({"text": "x", "kind": "c"}, "one of: a, b"),
        ({"text": "x", "count": 4}, "between 1 and 3"),
        ({"text": "x", "count": 1, "many": ["a", "b", "c"]}, "2 entries"),
        ({"text": "x", "count": 1, "many": ["a", 2]}, r"many\[1\]"),
        ({"text": "x", "count": 1}, "“many” is missing"),
        ({"text": "x", "count": 1, "many": [], "is_sure": "yes"}, "boolean"),
    ],
)
def test_wrong_values_say_how_to_mend_them(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolError, match=words):
        checked_object(
            {"count": 1, "many": []} | given if "missing" not in words else given, arguments_schema(everything)
        )


@pytest.mark.parametrize("shape", [NOTES, TITLE, CLEAN], ids=lambda shape: shape.name)
def test_forms_are_strict(shape: Shape[Any]) -> None:
    schema = dict(shape.schema.schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == list(schema["properties"])  # type: ignore[call-overload]


def test_an_answer_is_read_and_validated() -> None:
    assert NOTES.read(AS_JSON) == WHOLE
    assert NOTES.read(f"```json\n{AS_JSON}\n```") == WHOLE
    jsonschema.validate(json.loads(AS_JSON), dict(NOTES.schema.schema))
    for wrong, words in (("{}", "missing"), ("[]", "object"), ("no", "JSON"), (AS_JSON.replace('"Rest"', "7"), "task")):
        with pytest.raises(ToolError, match=words):
            NOTES.read(wrong)


def test_pydantic_models_are_forms_too_and_as_the_official_package_has_them() -> None:
    shape = Shape(Person, "person")
    ours, theirs = dict(shape.schema.schema), to_strict_json_schema(Person)
    assert _bare(ours) == _bare(theirs)
    assert shape.read('{"name": "Ada", "title": null, "children": []}') == Person(name="Ada")
    with pytest.raises(ToolError, match="name"):
        shape.read("{}")


def _bare(schema: Any) -> Any:
    """Without what only names or defaults."""
    if isinstance(schema, dict):
        return {
            k: {n: _bare(v) for n, v in s.items()} if k in ("properties", "$defs") else _bare(s)
            for k, s in schema.items()
            if k not in ("title", "default")
        }
    return [_bare(one) for one in schema] if isinstance(schema, list) else schema


def test_notes_as_markdown() -> None:
    assert markdown(WHOLE) == (
        "# Boats\n\nWe spoke.\n\n## Decisions\n\n- Buy one.\n\n"
        "## Action items\n\n- [ ] Call Ada (Bo, by 2026-12-01)\n- [ ] Rest\n"
    )


@given(st.text(alphabet="ab. \n", max_size=400), st.integers(5, 60))
def test_cutting_loses_nothing(text: str, limit: int) -> None:
    parts = parts_of(text, limit)
    assert "".join(parts) == text or "".join(parts).strip() == text.strip()
    assert all(len(part) <= limit for part in parts)


SAID = "um so i think we should uh we should buy the the red boat tomorrow and then er paint it blue before winter"


@pytest.mark.parametrize(
    ("cleaned", "is_whole"),
    [
        ("So I think we should buy the red boat tomorrow and then paint it blue before winter.", True),
        ("So, I think we should—we should buy the red boat tomorrow, and then paint it blue before winter.", True),
        ("We should buy the boat and paint it.", False),
        ("", False),
        ("The speaker plans a purchase.", False),
        ("Winter before blue it paint then and tomorrow boat red the buy should we think I so.", False),
    ],
)
def test_a_text_that_lost_words_is_found_out(cleaned: str, is_whole: bool) -> None:
    assert is_covered(SAID, cleaned) is is_whole


def test_a_missing_sentence_in_a_long_text_is_found_out() -> None:
    sentences = [
        f"Sentence number {n} speaks of the {n} boats and of {n} men with their nets in the bay." for n in range(60)
    ]
    lost = [s for n, s in enumerate(sentences) if n not in (30, 31)]
    assert is_covered(" ".join(sentences), " ".join(sentences))
    assert not is_covered(" ".join(sentences), " ".join(lost))
