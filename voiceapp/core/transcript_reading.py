"""Reading the words of a transcript file: plain text, Markdown, SubRip, WebVTT, our own JSON."""

from __future__ import annotations

import json
import re

_CUE = re.compile(r"^\s*(?:\d+:)?\d+:\d+[.,]\d+\s*-->.*$")
_TAG = re.compile(r"</?[cbiuv][^>]*>")
_BLOCKS = ("NOTE", "STYLE", "REGION")


def words_of(data: str, name: str) -> str:
    """Return the words in a transcript called *name*; times, numbers and marks of subtitles are left out.

    A file that is not what its ending says is read as plain text.
    """
    data = data.removeprefix("\ufeff")
    ending = name.lower().rpartition(".")[2]
    if ending in ("srt", "vtt"):
        return _subtitles(data)
    if ending in ("json", "jsonl"):
        return _json(data)
    return data


def _subtitles(data: str) -> str:
    spoken: list[str] = []
    for block in re.split(r"\n\s*\n", data.replace("\r\n", "\n").strip()):
        lines = block.split("\n")
        at = next((number for number, line in enumerate(lines) if _CUE.match(line)), None)
        if at is not None:
            lines = lines[at + 1 :]
        elif lines[0].startswith(("WEBVTT", *_BLOCKS)):
            continue
        spoken.append(" ".join(_TAG.sub("", line).strip() for line in lines).strip())
    return "\n".join(line for line in spoken if line)


def _json(data: str) -> str:
    try:
        tables = [json.loads(data)]
    except ValueError:
        try:
            tables = [json.loads(line) for line in data.splitlines() if line.strip()]
        except ValueError:
            return data
    texts = [table["text"] for table in tables if isinstance(table, dict) and isinstance(table.get("text"), str)]
    return "\n".join(texts) if texts else data
