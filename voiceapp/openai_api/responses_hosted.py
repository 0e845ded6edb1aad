"""Tools that run at the service, in the Responses API: how they are asked for, what their items and citations say.

Everything here is tolerant: a field that is missing or of another kind costs that detail, never the reply.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from voiceapp.core.conversation import Source, SourceKind
from voiceapp.core.hosted import HostedChoice, HostedTool
from voiceapp.core.models import Model
from voiceapp.core.speech import HostedStep, SourceFound, StepState
from voiceapp.openai_api.text_joiner import whole

Item = Mapping[str, Any]

CALLS = {
    "web_search_call": HostedTool.WEB,
    "file_search_call": HostedTool.FILES,
    "code_interpreter_call": HostedTool.CODE,
}
"""Items of a response by which tool they tell of."""
COUNTED = {HostedTool.WEB: "web_searches", HostedTool.FILES: "file_searches", HostedTool.CODE: "code_runs"}
"""Kinds of ``Usage.amounts``."""
SHOWN_CHARS = 4000
EXCERPT_CHARS = 240

_INCLUDES = {
    HostedTool.WEB: "web_search_call.action.sources",
    HostedTool.FILES: "file_search_call.results",
    HostedTool.CODE: "code_interpreter_call.outputs",
}


def usable(choice: HostedChoice | None, known: Model) -> tuple[HostedTool, ...]:
    """Return which of the tools that are switched on the model has."""
    return tuple(tool for tool in (choice.tools if choice else ()) if tool.value in known.hosted)


def declared(tools: Sequence[HostedTool], stores: Sequence[str]) -> list[dict[str, Any]]:
    """Return *tools* as a request names them."""
    words: dict[HostedTool, dict[str, Any]] = {
        HostedTool.WEB: {},
        HostedTool.FILES: {"vector_store_ids": list(stores)},
        HostedTool.CODE: {"container": {"type": "auto"}},
    }
    return [{"type": tool.value, **words[tool]} for tool in tools]


def includes(tools: Sequence[HostedTool]) -> list[str]:
    """Return what a request asks to be told about the work of *tools*."""
    return [_INCLUDES[tool] for tool in tools]


@dataclass
class HostedDecoder:
    """Reads what a response says about the service's own tools; each step and source is told once."""

    _told: dict[str, StepState] = field(default_factory=dict)
    _sources: set[tuple[str, str]] = field(default_factory=set)
    _calls: dict[HostedTool, int] = field(default_factory=dict)

    def event(self, kind: str, event: Item) -> Iterator[HostedStep | SourceFound]:
        """Yield what an event of the stream adds."""
        if kind == "response.output_text.annotation.added":
            yield from self._source(event.get("annotation"))
        elif kind == "response.output_item.added":
            yield from self._begun(_object(event.get("item")))
        elif kind.startswith("response.") and kind.count(".") == 2:
            tool = CALLS.get(kind.split(".")[1])
            if tool is not None and event.get("item_id"):
                yield from self._step(HostedStep(str(event["item_id"]), tool.value))

    def item(self, item: Item) -> Iterator[HostedStep | SourceFound]:
        """Yield what a finished item tells."""
        kind = str(item.get("type"))
        if kind == "message":
            for part in _list(item.get("content")):
                for annotation in _list(_object(part).get("annotations")):
                    yield from self._source(annotation)
        elif kind in CALLS:
            tool = CALLS[kind]
            is_failed = item.get("status") in ("failed", "incomplete")
            state = StepState.FAILED if is_failed else StepState.DONE
            yield from self._step(HostedStep(_id(item, tool), tool.value, state, _asked(tool, item), _answer(item)))

    def amounts(self, response_usage: object) -> dict[str, float]:
        """Return how often tools were used: as the service counts, or else as was seen."""
        counts: dict[str, float] = {COUNTED[tool]: float(n) for tool, n in self._calls.items()}
        told = _object(_object(response_usage).get("web_search")).get("num_requests")
        if isinstance(told, int) and not isinstance(told, bool) and told >= 0:
            counts[COUNTED[HostedTool.WEB]] = float(told)
        return {kind: count for kind, count in counts.items() if count}

    def _begun(self, item: Item) -> Iterator[HostedStep]:
        tool = CALLS.get(str(item.get("type")))
        if tool is not None:
            yield from self._step(HostedStep(_id(item, tool), tool.value, asked=_asked(tool, item)))

    def _step(self, step: HostedStep) -> Iterator[HostedStep]:
        before = self._told.get(step.id)
        if before in (StepState.DONE, StepState.FAILED) or before is step.state:
            return
        self._told[step.id] = step.state
        if step.state is not StepState.RUNNING:
            tool = HostedTool(step.tool)
            self._calls[tool] = self._calls.get(tool, 0) + 1
        yield step

    def _source(self, annotation: object) -> Iterator[SourceFound]:
        source = source_of(_object(annotation))
        if source is None or (key := (source.kind.value, source.address or source.file_id)) in self._sources:
            return
        self._sources.add(key)
        yield SourceFound(source)


def source_of(annotation: Item) -> Source | None:
    """Read an annotation; None for kinds that are not known and for those that lead nowhere."""
    kind = annotation.get("type")
    title = _line(annotation.get("title") or annotation.get("filename"))
    if kind == "url_citation":
        address = str(annotation.get("url") or "").strip()
        host = _host(address)
        return Source(SourceKind.PAGE, title or host, address) if host else None
    file_id = _line(annotation.get("file_id"))
    if not file_id:
        return None
    if kind in ("file_citation", "file_path"):
        return Source(SourceKind.DOCUMENT, title or file_id, file_id=file_id)
    container_id = _line(annotation.get("container_id"))
    if kind == "container_file_citation" and container_id:
        return Source(SourceKind.MADE, title or file_id, file_id=file_id, container_id=container_id)
    return None


def _asked(tool: HostedTool, item: Item) -> str:
    """Return what was asked for, as JSON; web searches come in two spellings and as pages that were opened."""
    found: dict[str, object] = {}
    if tool is HostedTool.CODE:
        found = {"code": item.get("code")}
    elif tool is HostedTool.FILES:
        found = {"queries": item.get("queries")}
    else:
        action = _object(item.get("action"))
        queries = _list(action.get("queries")) or ([action["query"]] if action.get("query") else [])
        found = {"queries": queries, "page": action.get("url"), "pattern": action.get("pattern")}
    shown = {name: _short(value) for name, value in found.items() if value}
    return whole(json.dumps(shown, ensure_ascii=False))


def _short(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)[:SHOWN_CHARS]
    return str(value)[:SHOWN_CHARS]


def _answer(item: Item) -> str:
    lines = [str(_object(one).get("url")) for one in _list(_object(item.get("action")).get("sources"))]
    for result in map(_object, _list(item.get("results"))):
        words = " ".join(str(result.get("text") or "").split())[:EXCERPT_CHARS]
        lines.append(f"{result.get('filename') or result.get('file_id')}: {words}")
    outputs = map(_object, _list(item.get("outputs")))
    lines += (str(output.get("logs") or "").rstrip() or f"[{output.get('type')}]" for output in outputs)
    return whole("\n".join(lines)[:SHOWN_CHARS])


def _id(item: Item, tool: HostedTool) -> str:
    return str(item.get("id") or tool.value)


def _host(address: str) -> str:
    """Return the host of a page of the web; "" for everything else, which is never shown as a link."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


def _line(value: object) -> str:
    return whole(" ".join(value.split()))[:500] if isinstance(value, str) else ""


def _object(value: object) -> Item:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []
