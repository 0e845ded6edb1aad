"""Answers in a form: what is asked for as a type, and the model's JSON read as a value of it.

The type is a dataclass, or a pydantic model where somebody brings one; pydantic itself is not imported. The official
package's ``parse`` is not used: it takes pydantic models only, sends without our retries, lessons and errors, and the
chat's own wire already says refusal, length and usage.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from gettext import gettext as _
from typing import Annotated, Any, Generic, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints

from voiceapp.core.errors import ToolError
from voiceapp.core.schema import checked_object, schema_of, sent, strict
from voiceapp.core.speech import AnswerSchema

T = TypeVar("T")


class _PydanticModel(Protocol):
    """What is used of a pydantic model class."""

    def model_json_schema(self) -> dict[str, Any]: ...
    def model_validate_json(self, text: str) -> Any: ...


@dataclass(frozen=True)
class Shape(Generic[T]):
    """A form for answers. *kind*: a dataclass of str, int, float, bool, Literal, lists and further dataclasses."""

    kind: type[T]
    name: str

    @property
    def schema(self) -> AnswerSchema:
        """The form as a service is told it."""
        if is_dataclass(self.kind):
            return AnswerSchema(self.name, sent(schema_of(self.kind)))
        schema = strict(cast("_PydanticModel", self.kind).model_json_schema())
        if "$ref" in schema:  # a model that holds itself; a service wants an object at the root
            own = str(schema.pop("$ref")).rsplit("/", 1)[-1]
            schema |= schema["$defs"][own]
        return AnswerSchema(self.name, schema)

    def read(self, text: str) -> T:
        """Return the value that *text* holds. Raises ToolError saying what is wrong with it, for the model to mend."""
        text = _unfenced(text)
        if not is_dataclass(self.kind):
            return self._read_by_pydantic(text)
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise ToolError(_("The answer is not valid JSON.")) from None
        return cast("T", _built(self.kind, checked_object(values, schema_of(self.kind))))

    def _read_by_pydantic(self, text: str) -> T:
        try:
            return cast("T", cast("_PydanticModel", self.kind).model_validate_json(text))
        except ValueError as error:  # pydantic's own error is one
            raise ToolError(str(error)[:1000]) from None


def _built(kind: Any, given: dict[str, Any]) -> Any:
    """Make the dataclass *kind*; what is absent is None."""
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{field.name: _value(hints[field.name], given.get(field.name)) for field in fields(kind)})


def _value(hint: Any, given: Any) -> Any:
    if given is None:
        return None
    if get_origin(hint) is Annotated:
        return _value(get_args(hint)[0], given)
    if get_origin(hint) in (list, tuple):
        items = [_value(get_args(hint)[0], one) for one in given]
        return items if get_origin(hint) is list else tuple(items)
    if is_dataclass(hint):
        return _built(hint, given)
    return float(given) if hint is float else given


def _unfenced(text: str) -> str:
    """Return the JSON of an answer that a model wrapped as a block of code."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text[3:-3].removeprefix("json").strip()
    return text
