"""What is sent to ``/moderations`` and what comes back, in all the forms that servers know. No socket."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from voiceapp.core.moderation import Score, Verdict
from voiceapp.openai_api.sse import NotTheProtocol

Json = Mapping[str, Any]


def text_body(model: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return the request for *texts*; one alone is sent as a plain string, which every server takes."""
    return {"model": model, "input": texts[0] if len(texts) == 1 else list(texts)}


def image_body(model: str, image: bytes, mime: str) -> dict[str, Any]:
    """Return the request for a picture, sent along as a data URL."""
    url = f"data:{mime};base64,{base64.b64encode(image).decode()}"
    return {"model": model, "input": [{"type": "image_url", "image_url": {"url": url}}]}


def verdicts_from(answer: Json, count: int) -> tuple[Verdict, ...]:
    """Return the verdicts of *answer*, exactly *count*.

    Categories that are missing stay missing, null scores are no scores. Raises NotTheProtocol where there are fewer
    or more results than things that were sent, or where a result says nothing at all.
    """
    results = answer.get("results")
    if not isinstance(results, list) or len(results) != count:
        raise NotTheProtocol("rubbish")
    model = answer.get("model")
    return tuple(_verdict(result, model if isinstance(model, str) else "") for result in results)


def _verdict(result: object, model: str) -> Verdict:
    if not isinstance(result, Mapping):
        raise NotTheProtocol("rubbish")
    flags, values, inputs = (
        _table(result.get(n)) for n in ("categories", "category_scores", "category_applied_input_types")
    )
    names = dict.fromkeys((*flags, *values))
    if not names and not isinstance(result.get("flagged"), bool):
        raise NotTheProtocol("rubbish")
    scores = tuple(_score(name, flags.get(name), values.get(name), inputs.get(name)) for name in names)
    known = tuple(score for score in scores if score is not None)
    return Verdict(known, bool(result.get("flagged", any(score.is_flagged for score in known))), model)


def _score(name: str, flag: object, value: object, inputs: object) -> Score | None:
    """A category with neither a flag nor a score was not judged (older models know no "illicit")."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    if not is_number and not isinstance(flag, bool):
        return None
    seen = tuple(one for one in inputs if isinstance(one, str)) if isinstance(inputs, list) else ()
    return Score(name, float(value) if is_number else None, flag is True, seen)  # type: ignore[arg-type]


def _table(value: object) -> dict[str, object]:
    """Names as the service writes them; libraries that print their own fields write ``self_harm_intent``."""
    if not isinstance(value, Mapping):
        return {}
    return {_NAMES.get(str(name), str(name)): one for name, one in value.items()}


_NAMES = {
    "harassment_threatening": "harassment/threatening",
    "hate_threatening": "hate/threatening",
    "illicit_violent": "illicit/violent",
    "self_harm": "self-harm",
    "self_harm_instructions": "self-harm/instructions",
    "self_harm_intent": "self-harm/intent",
    "sexual_minors": "sexual/minors",
    "violence_graphic": "violence/graphic",
}
