"""Checks requests and answers against OpenAI's own specification.

The specification calls itself OpenAPI 3.1 but keeps habits of 3.0, so before checking: ``nullable`` becomes a choice
with null; ``oneOf`` counts as ``anyOf`` (its branches overlap, e.g. the two forms of an input message); a
``discriminator`` is only used to name the branch that was meant; unknown ``format`` values are not checked.
Unknown top-level fields of a request are always reported, also where the schema leaves the object open.
Further in they are reported where every schema that can be meant names its fields: a service would refuse them.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.server.multipart import Part

SPEC_FILE = Path(__file__).with_name("spec") / "openai.json"
ROOT = "urn:openai"


class SpecCheck:
    """The reduced specification, ready to judge. Thread-safe: nothing changes after construction."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._paths: dict[str, Any] = spec["paths"]
        self._schemas: dict[str, Any] = {name: _modern(schema) for name, schema in spec["schemas"].items()}
        document = {"components": {"schemas": self._schemas}}
        self._registry: Registry[Any] = Registry().with_resource(ROOT, DRAFT202012.create_resource(document))

    def knows(self, method: str, path: str) -> bool:
        """Return whether the specification has *path* with *method*."""
        found = self._template(path)
        return found in self._paths and method.lower() in self._paths[found]["method"].split()

    def _template(self, path: str) -> str:
        """Return the specification's name for *path*: "/batches/{batch_id}"."""
        parts = path.split("/")
        for known in self._paths:
            names = known.split("/")
            if len(names) == len(parts) and all(n == p or n[:1] == "{" for n, p in zip(names, parts, strict=True)):
                return known
        return path

    def json_request(self, path: str, body: Any) -> list[str]:
        """Return what is wrong with a JSON request, empty when nothing is."""
        schema = self._request_schema(path, "application/json")
        if schema is None:
            return [f"{path}: takes no JSON body"] if body else []
        return [f"{path}: {line}" for line in (*self._unknown(schema, body), *self._errors(schema, body))]

    def multipart_request(self, path: str, parts: tuple[Part, ...]) -> list[str]:
        """Return what is wrong with a multipart request; fields are read by their schema's types first."""
        schema = self._request_schema(path, "multipart/form-data")
        if schema is None:
            return [f"{path}: takes no multipart body"]
        form, faults = self._form(schema, parts)
        faults += [*self._unknown(schema, form), *self._errors(schema, form)]
        return [f"{path}: {fault}" for fault in faults]

    def schema_errors(self, name: str, value: Any) -> list[str]:
        """Return what is wrong with *value* as schema *name*."""
        return self._errors({"$ref": f"#/components/schemas/{name}"}, value)

    def has_schema(self, name: str) -> bool:
        """Return whether the specification has a schema *name*."""
        return name in self._schemas

    def strict_schema_errors(self, name: str, value: Any) -> list[str]:
        """As :meth:`schema_errors`, with unknown top-level fields."""
        schema = {"$ref": f"#/components/schemas/{name}"}
        return [*self._unknown(schema, value), *self._errors(schema, value)]

    def _request_schema(self, path: str, content_type: str) -> dict[str, Any] | None:
        content = self._paths[self._template(path)]["content"].get(content_type)
        return _modern(content["schema"]) if content else None

    def _errors(self, schema: dict[str, Any], value: Any) -> list[str]:
        rooted = _rooted(schema)
        validator = jsonschema.Draft202012Validator(rooted, registry=self._registry)
        return [_explain(jsonschema.exceptions.best_match([error])) for error in validator.iter_errors(value)]

    def _unknown(self, schema: dict[str, Any], body: Any) -> list[str]:
        known = self._properties(schema)
        if not isinstance(body, dict) or not known:
            return []
        faults = [f"unknown field {name!r}" for name in body if name not in known]
        shapes = self._shapes(schema, body)
        for name, value in body.items():
            faults += self._strangers([shape.get("properties", {}).get(name, {}) for shape in shapes], value, name)
        return faults

    def _strangers(self, schemas: list[dict[str, Any]], value: Any, place: str) -> list[str]:
        """Return the fields below *place* that no schema has a name for, where the names are given."""
        shapes = [shape for schema in schemas for shape in self._shapes(schema, value)]
        if isinstance(value, list):
            items = [shape["items"] for shape in shapes if "items" in shape]
            return [
                fault
                for number, item in enumerate(value)
                for fault in self._strangers(items, item, f"{place}/{number}")
            ]
        if not isinstance(value, dict):
            return []
        objects = [shape for shape in shapes if shape.get("type") == "object" or "properties" in shape]
        if not objects or any(shape.get("additionalProperties") or not shape.get("properties") for shape in objects):
            return []  # any name will do
        known = {name for shape in objects for name in shape["properties"]}
        faults = [f"unknown field {place}/{name!r}" for name in value if name not in known]
        for name, inner in value.items():
            inside = [shape["properties"][name] for shape in objects if name in shape["properties"]]
            faults += self._strangers(inside, inner, f"{place}/{name}")
        return faults

    def _shapes(self, schema: dict[str, Any], value: Any) -> list[dict[str, Any]]:
        """Return the schemas that may be meant for *value*: combinations taken apart, other kinds left out."""
        schema = self._resolved(schema)
        branches = [*schema.get("allOf", ()), *schema.get("anyOf", ())]
        own = {key: inner for key, inner in schema.items() if key not in ("allOf", "anyOf")}
        found = [shape for branch in branches for shape in self._shapes(branch, value)]
        if isinstance(value, dict) and not all(_may_be(own, value, name) for name in ("type", "role", "object")):
            return []
        return [own, *found] if not branches or own.keys() - {"type"} else found

    def _properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Collect the top-level properties over references and combinations."""
        schema = self._resolved(schema)
        found: dict[str, Any] = dict(schema.get("properties", {}))
        for key in ("allOf", "anyOf"):
            for branch in schema.get(key, ()):
                found = {**self._properties(branch), **found}
        return found

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[-1]]
        return schema

    def _form(self, schema: dict[str, Any], parts: tuple[Part, ...]) -> tuple[dict[str, Any], list[str]]:
        properties, form, faults = self._properties(schema), dict[str, Any](), list[str]()
        for part in parts:
            name = part.name.removesuffix("[]")
            wanted = properties.get(name, {})
            if self._takes(wanted, "binary") != (part.filename is not None):
                faults.append(f"{name!r} must {'' if part.filename is None else 'not '}be a file with a name")
            value = "binary" if part.filename is not None else self._converted(wanted, part.data.decode())
            if part.name.endswith("[]"):
                form.setdefault(name, []).append(value)
            elif name in form:
                faults.append(f"{name!r} is given twice")
            else:
                form[name] = value
        return form, faults

    def _converted(self, schema: dict[str, Any], text: str) -> Any:
        """Read the *text* of a form field as what its schema expects."""
        if (self._takes(schema, "boolean")) and text in ("true", "false"):
            return text == "true"
        for kind, read in (("integer", int), ("number", float), ("object", json.loads)):
            if self._takes(schema, kind):
                try:
                    return read(text)
                except ValueError:
                    return text
        return text

    def _takes(self, schema: dict[str, Any], kind: str) -> bool:
        """Return whether *schema* accepts type (or format) *kind* in some branch."""
        schema = self._resolved(schema)
        if kind in (schema.get("type"), schema.get("format")):
            return True
        branches = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
        if kind == "binary" and "items" in schema:
            branches.append(schema["items"])
        return any(self._takes(branch, kind) for branch in branches)


def _may_be(schema: dict[str, Any], value: dict[str, Any], name: str) -> bool:
    """Return whether the field *name*, by which kinds are told apart, allows *value* to be meant by *schema*."""
    field = schema.get("properties", {}).get(name, {})
    kinds = field.get("enum", [field["const"]] if "const" in field else None)
    if kinds is None or name not in value:
        return name not in schema.get("required", ()) or name in value
    return value[name] in kinds


def _modern(node: Any) -> Any:
    """Translate 3.0 habits into JSON Schema 2020-12."""
    if isinstance(node, list):
        return [_modern(item) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$recursiveRef"), str):
        return {"$ref": "#/components/schemas/CompoundFilter"}
    new = {key: _modern(value) for key, value in node.items() if key not in ("discriminator", "$recursiveAnchor")}
    if "oneOf" in new and isinstance(new["oneOf"], list):
        new["anyOf"] = [*new.pop("oneOf"), *new.get("anyOf", [])]
    if new.get("nullable") is True:
        del new["nullable"]
        return {"anyOf": [new, {"type": "null"}]}
    return new


def _rooted(node: Any) -> Any:
    """Let the references of *node* lead into the specification."""
    if isinstance(node, list):
        return [_rooted(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: ROOT + value if key == "$ref" and isinstance(value, str) else _rooted(value) for key, value in node.items()
    }


def _explain(error: jsonschema.ValidationError | None) -> str:
    if error is None:
        return ""
    place = "/".join(str(step) for step in error.absolute_path) or "body"
    words = error.message
    return f"{place}: {words}" if len(words) < 300 else f"{place}: {words[:100]} … {words[-180:]}"


@functools.cache
def openai_spec() -> SpecCheck:
    """Return the specification, read once."""
    return SpecCheck(json.loads(SPEC_FILE.read_text(encoding="utf-8")))
