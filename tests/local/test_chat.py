from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.store import MemoryStore
from tests.virtual_clock import virtual_clock
from tests.voice.test_tools import kits
from voiceapp.core.conversation import Line, Role
from voiceapp.core.speech import ChatRequest, ReplyEnd, ReplyPart, TextDelta, ToolCall, ToolResult
from voiceapp.local.chat import LocalChat
from voiceapp.local.understanding import Language, understand
from voiceapp.resources import local_chat_languages
from voiceapp.voice.toolbox import ToolBox

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)  # a Friday
LANGUAGES = [Language(data) for data in local_chat_languages()]
CHAT = LocalChat(local_chat_languages())


async def parts(request: ChatRequest) -> list[ReplyPart]:
    return [part async for part in CHAT.reply(request)]


def text_of(reply: list[ReplyPart]) -> str:
    return "".join(part.text for part in reply if isinstance(part, TextDelta))


def asked(*lines: str) -> ChatRequest:
    roles = (Role.USER, Role.ASSISTANT)
    return ChatRequest("", tuple(Line(roles[at % 2], text) for at, text in enumerate(lines)), SPECS)


async def conversation(box: ToolBox, text: str) -> str:
    """Ask once, run the tool as the session does, return what is said."""
    request = asked(text)
    reply = await parts(request)
    calls = [part for part in reply if isinstance(part, ToolCall)]
    if not calls:
        return text_of(reply)
    assert reply[-1] == ReplyEnd("tool_calls")
    results = [await box.run(call) for call in calls]
    return text_of(await parts(replace(request, tool_rounds=(*calls, *results))))


def new_box(store: MemoryStore | None = None) -> ToolBox:
    return ToolBox(lambda: kits(store or MemoryStore()))


SPECS = new_box().specs()


UNDERSTOOD: list[tuple[str, str, dict[str, Any]]] = [
    # (as typed or as a recogniser spells it, tool, arguments)
    ("What time is it?", "current_time", {}),
    ("what time is it", "current_time", {}),
    ("Please tell me what time it is.", "current_time", {}),
    ("what's the time in new york", "current_time", {"place": "new york"}),
    ("Wie spät ist es?", "current_time", {}),
    ("wie viel uhr ist es in tokio", "current_time", {"place": "tokio"}),
    ("what day is it", "find_date", {}),
    ("was ist heute für ein tag", "find_date", {}),
    ("welcher tag ist heute", "find_date", {}),
    ("what date is it in three days", "find_date", {"add_days": 3}),
    ("welcher tag ist in zwei wochen", "find_date", {"add_weeks": 2}),
    ("how many days until december twenty fourth", "find_date", {"date": "12-24"}),
    ("wie viele tage sind es noch bis zum vierundzwanzigsten dezember", "find_date", {"date": "12-24"}),
    ("Which weekday is the 1st of March 2027?", "find_date", {"date": "2027-03-01"}),
    ("wann ist der nächste freitag", "find_date", {"date": "Friday"}),
    ("set a timer for five minutes", "set_timer", {"seconds": 300}),
    ("Set a timer for 1 hour and 30 minutes, please", "set_timer", {"seconds": 5400}),
    ("set a timer for an hour and a half", "set_timer", {"seconds": 5400}),
    ("set a ten minute timer for the eggs", "set_timer", {"seconds": 600, "name": "eggs"}),
    ("timer for half an hour", "set_timer", {"seconds": 1800}),
    ("remind me in twenty minutes to call ada", "set_timer", {"seconds": 1200, "name": "call ada"}),
    ("Stell einen Timer für fünf Minuten.", "set_timer", {"seconds": 300}),
    ("stell einen timer für eine minute dreißig", "set_timer", {"seconds": 90}),
    ("timer auf anderthalb stunden", "set_timer", {"seconds": 5400}),
    ("erinnere mich in zwanzig minuten an die nudeln", "set_timer", {"seconds": 1200, "name": "nudeln"}),
    ("which timers are running", "list_timers", {}),
    ("welche timer laufen", "list_timers", {}),
    ("cancel the timer", "cancel_timer", {}),
    ("cancel the egg timer", "cancel_timer", {"name": "egg"}),
    ("lösche den timer", "cancel_timer", {}),
    ("cancel all timers", "cancel_timer", {"all": True}),
    ("lösche alle timer", "cancel_timer", {"all": True}),
    ("Note: buy Milk", "add_note", {"text": "buy Milk"}),
    ("take a note call ada at five", "add_note", {"text": "call ada at five"}),
    ("Notiz: Milch kaufen", "add_note", {"text": "Milch kaufen"}),
    ("notiere milch kaufen", "add_note", {"text": "milch kaufen"}),
    ("read my notes", "list_notes", {"limit": 10}),
    ("lies meine notizen vor", "list_notes", {"limit": 10}),
    ("what did i say about the boat", "search_own", {"query": "boat"}),
    ("was habe ich über das Boot gesagt", "search_own", {"query": "Boot"}),
    ("what is twelve times seven", "calculate", {"expression": "12 times 7"}),
    ("2 + 2", "calculate", {"expression": "2 + 2"}),
    ("What's 20% of 85?", "calculate", {"expression": "20% of 85"}),
    ("square root of eighty one", "calculate", {"expression": "square root of 81"}),
    ("wie viel ist zwölf mal sieben", "calculate", {"expression": "12 mal 7"}),
    ("five miles in kilometers", "convert_units", {"value": 5, "from_unit": "miles", "to_unit": "kilometers"}),
    ("how many feet are in a mile", "convert_units", {"value": 1, "from_unit": "mile", "to_unit": "feet"}),
    (
        "hundert grad celsius in fahrenheit",
        "convert_units",
        {"value": 100, "from_unit": "grad celsius", "to_unit": "fahrenheit"},
    ),
    ("help", "help", {}),
    ("was kannst du", "help", {}),
]


@pytest.mark.parametrize(("text", "tool", "arguments"), UNDERSTOOD)
async def test_a_sentence_becomes_a_tool_call(text: str, tool: str, arguments: dict[str, Any]) -> None:
    call, end = await parts(asked(text))
    assert isinstance(call, ToolCall)
    assert (call.name, json.loads(call.arguments)) == (tool, arguments)
    assert end == ReplyEnd("tool_calls")


SAID = [
    ("what time is it", "It is 2:05 PM."),
    ("what time is it in tokyo", "In Tokyo it is 11:05 PM, Friday."),
    ("wie spät ist es in tokio", "In Tokio ist es 23 Uhr 5, Freitag."),
    ("wie spät ist es", "Es ist 14 Uhr 5."),
    ("what day is it", "Today is Friday, 20 November 2026."),
    ("welcher tag ist morgen", "Morgen ist Samstag, der 21. November 2026."),
    ("how many days until december 24th", "34 days until Thursday, 24 December 2026."),
    ("when is next friday", "That is Friday, 20 November 2026."),
    ("what is twelve times seven", "That is 84."),
    ("was ist zehn geteilt durch vier", "Das ergibt 2,5."),
    ("what is one divided by zero", "That did not work. Division by zero has no result."),
    ("five miles in kilometers", "5 miles is 8.04672 kilometers."),
    ("fünf meilen in kilometer", "5 Meilen sind 8,04672 Kilometer."),
    ("set a timer for ninety seconds", "The timer is set: 1 minute and 30 seconds."),
    ("set a timer for five minutes called tea", "The timer “tea” is set: 5 minutes."),
    ("stell einen timer für eine stunde", "Der Timer ist gestellt: 1 Stunde."),
    ("list my timers", "No timer is running."),
    ("cancel the timer", "No timer was running, so nothing is cancelled."),
    ("read my notes", "You have no notes."),
    ("note buy milk", "Noted: buy milk."),
    ("notiz milch kaufen", "Notiert: milch kaufen."),
    ("what did i say about the boat", "I found nothing about “boat” in what you said here."),
    ("hello", "Hello. I hear you. Ask me for the time, a sum, a timer or a note."),
    ("danke", "Gern geschehen."),
    ("repeat that", "I have not said anything yet."),
    ("what time is it in atlantis", None),
]


@pytest.mark.parametrize(("text", "said"), SAID)
@virtual_clock
async def test_the_answer_is_a_short_sentence(text: str, said: str | None) -> None:
    box = new_box()
    answer = await conversation(box, text)
    await box.close()
    if said is None:
        assert "not known here" in answer
    else:
        assert answer == said


@virtual_clock
async def test_timers_and_notes_from_asking_to_reading() -> None:
    box = new_box()
    await conversation(box, "set a timer for five minutes for the eggs")
    await conversation(box, "stell einen timer für eine stunde")
    await asyncio.sleep(60)
    assert await conversation(box, "which timers are running") == (
        "2 timers are running:\n- eggs, 4 minutes left\n- Timer 2, 59 minutes left"
    )
    assert "say which" in await conversation(box, "cancel the timer")
    assert await conversation(box, "cancel the eggs timer") == "The timer is cancelled."
    assert await conversation(box, "lösche alle timer") == "Ein Timer ist gelöscht."
    await conversation(box, "note buy milk")
    assert await conversation(box, "read my notes") == "You have one note:\n- buy milk"


@virtual_clock
async def test_own_words_are_found() -> None:
    store = MemoryStore(lambda: NOW.timestamp())
    head = await store.new_conversation("Boats")
    await store.add_message(head.id, Role.USER, "The red boat is mine.")
    box = new_box(store)
    assert await conversation(box, "what did i say about the boat") == (
        "I found this about “boat”.\n- You said, on Friday, 20 November 2026: The red boat is mine."
    )


NOT_UNDERSTOOD = [
    ("what is love", "I heard: “what is love”. That needs a language model"),
    ("tell me a joke", "I heard: “tell me a joke”."),
    ("Wer war Goethe?", "Ich habe gehört: „Wer war Goethe?“. Dafür braucht es ein Sprachmodell"),
    ("what is the capital of france", "under Settings, Providers"),
    ("5", "I heard: “5”."),
    ("", "I can tell the time"),
]


@pytest.mark.parametrize(("text", "piece"), NOT_UNDERSTOOD)
async def test_what_needs_a_language_model_is_said_plainly(text: str, piece: str) -> None:
    reply = await parts(asked(text))
    assert piece in text_of(reply)
    assert reply[-1] == ReplyEnd()


async def test_repeating_says_the_last_answer_again() -> None:
    assert text_of(await parts(asked("what time is it", "It is 2:05 PM.", "say that again"))) == "It is 2:05 PM."


async def test_without_tools_it_says_so_instead_of_guessing() -> None:
    reply = await parts(replace(asked("what time is it"), tools=()))
    assert "not available" in text_of(reply)


async def test_the_reply_comes_in_words() -> None:
    reply = await parts(asked("hello"))
    assert len(reply) == len(text_of(reply).split()) + 1


_KNOWN = st.sampled_from([text for text, _tool, _arguments in UNDERSTOOD])
_RESULTS = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from(["{}", "[]", "null", '{"time": 5}', '{"timers": 3}', '{"result": null}']),
)


@given(st.one_of(_KNOWN, st.text(max_size=80), st.lists(_KNOWN, max_size=3).map(" ".join)), _RESULTS, st.booleans())
def test_any_text_and_any_result_give_exactly_one_end(text: str, result: str | None, is_error: bool) -> None:
    request = asked(text)
    if result is not None:
        request = replace(request, tool_rounds=(ToolCall("1", "x", "{}"), ToolResult("1", result, is_error)))
    reply = asyncio.run(parts(request))
    assert [part for part in reply if isinstance(part, ReplyEnd)] == reply[-1:]
    assert all(part.text for part in reply if isinstance(part, TextDelta))
    assert len(reply) > 1


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_the_data_names_only_tools_that_exist(language: Language) -> None:
    tools = {tool.name: tool for tool in SPECS}
    for intent in language.intents:
        if intent.tool:
            assert set(intent.data.get("arguments", {})) <= set(tools[intent.tool].parameters["properties"])  # type: ignore[call-overload]
    assert [intent.name for intent in language.intents] == [intent.name for intent in LANGUAGES[0].intents]
    assert set(language.phrases) == set(LANGUAGES[0].phrases)


@pytest.mark.parametrize("text", ["a " * 5000, "1 " * 5000, "set a timer for " + "a" * 5000, "(" * 3000, "1+" * 3000])
def test_long_nonsense_is_answered_at_once(text: str) -> None:
    understand(text, LANGUAGES)
