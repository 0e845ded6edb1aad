"""What the conversation shows, entry by entry, and which entry an event touches.

No Qt: events go in, changes come out; the view keeps one widget per entry and touches only those named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from voiceapp.core import events as e
from voiceapp.core.budget import CostAdded, CostsKnown
from voiceapp.core.checks import CheckDone, Checked, SubjectKind
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, Take, TakeState, ToolUse
from voiceapp.core.events import Event, Problem, ToolUsed
from voiceapp.core.images import ConversationImages, ImageChanged, ImageInConversation, StoredImage
from voiceapp.core.tool_events import HostedWorked, PermissionAsked, PermissionSettled, SourcesKnown, ToolEvent
from voiceapp.core.turn import Phase
from voiceapp.gui.conversation_entries import (
    Added,
    Change,
    Changed,
    Entry,
    Grew,
    ImageLine,
    LiveTurn,
    NothingHeardLine,
    ProblemCard,
    Question,
    Removed,
    Reply,
    Reset,
    Spoken,
    ToolLine,
    UserTurn,
    WaitingTake,
    marked,
)

LIVE = "live"
UNSPOKEN = frozenset({TakeState.RECORDED, TakeState.FAILED, TakeState.CANCELLED})
"""Recordings that wait for their words."""


def _message_key(message_id: int) -> str:
    return f"message-{message_id}"


def _take_key(take_id: int) -> str:
    return f"take-{take_id}"


class ConversationModel:
    """Entries in the order in which they are shown."""

    def __init__(self) -> None:
        self.head = ConversationHead(0, "", 0.0)
        self.entries: list[Entry] = []
        self._takes: dict[int, Take] = {}
        self._grown: dict[str, list[str]] = {}
        self._phase = Phase.IDLE
        self._turn = self._left = 0  # the newest; the one that was left for another conversation
        self._count = 0

    def index(self, key: str) -> int | None:
        """Return where the entry called *key* is."""
        for index in range(len(self.entries) - 1, -1, -1):
            if self.entries[index].key == key:
                return index
        return None

    def key_of(self, message_id: int) -> str:
        """Return the key of a message's entry; "" where the message is not shown."""
        key = _message_key(message_id)
        return key if self.index(key) is not None else ""

    def entry(self, key: str) -> Entry | None:
        """Return the entry called *key*."""
        index = self.index(key)
        return None if index is None else self.entries[index]

    def text(self, message_id: int) -> str:
        """Return the whole text of a reply, also while it is being written."""
        key = _message_key(message_id)
        entry = self.entry(key)
        known = entry.message.text if isinstance(entry, UserTurn | Reply) else ""
        return known + "".join(self._grown.get(key, ()))

    @property
    def last_reply(self) -> Reply | None:
        """Return the newest answer."""
        return next((entry for entry in reversed(self.entries) if isinstance(entry, Reply)), None)

    # --- events -------------------------------------------------------------------------------------------

    def apply(self, event: Event) -> list[Change]:
        """Take *event* in; return what has to be shown differently, in order."""
        match event:
            case e.ConversationOpened(conversation):
                return self._open(conversation)
            case e.PhaseChanged(phase, turn):
                return self._on_phase(phase, turn)
            case e.TakeChanged() | e.TakesListed() | e.PartialTranscript() | e.TranscriptReady():
                return self._on_hearing(event)
            case e.MessageAdded() | e.MessageChanged() | e.ReplyDelta() | e.SpokenProgress() | e.Interrupted():
                return self._on_message_event(event)
            case CheckDone(checked):
                return self._on_checked(checked)
            case e.TurnTimed() | e.NothingHeard() | e.TurnFailed() | e.ToolUsed():
                return self._on_turn_event(event)
            case CostAdded() | CostsKnown():
                return self._on_cost(event)
            case ImageInConversation() | ConversationImages() | ImageChanged():
                return self._on_images(event)
            case PermissionAsked() | PermissionSettled() | HostedWorked() | SourcesKnown():
                return self._on_tool_event(event)
            case _:
                return []

    def _on_hearing(
        self, event: e.TakeChanged | e.TakesListed | e.PartialTranscript | e.TranscriptReady
    ) -> list[Change]:
        match event:
            case e.TakeChanged(take):
                return self._on_take(take)
            case e.TakesListed(recovered=recovered):
                return [change for take in recovered for change in self._on_take(take)]
            case e.PartialTranscript(turn, text) | e.TranscriptReady(turn, text):
                return self._on_live(text) if turn != self._left else []

    def _on_checked(self, checked: Checked) -> list[Change]:
        subject = checked.subject
        if subject.id is None or subject.kind not in (SubjectKind.MESSAGE, SubjectKind.ATTACHMENT):
            return []
        entry = marked(self.entry(_message_key(subject.id)), checked)
        return [] if entry is None else self._put(entry)

    def _on_images(self, event: ImageInConversation | ConversationImages | ImageChanged) -> list[Change]:
        match event:
            case ImageChanged(image):
                lines = [one for one in self.entries if isinstance(one, ImageLine) and one.image.id == image.id]
                changed = (line for line in lines if line.image.held != image.held)
                return [change for line in changed for change in self._put(replace(line, image=image))]
            case ImageInConversation(image, message_id):
                return self._put_image(image, message_id)
            case ConversationImages(conversation_id, found) if conversation_id == self.head.id:
                return [change for m_id, images in found.items() for i in images for change in self._put_image(i, m_id)]
            case _:
                return []

    def _put_image(self, image: StoredImage, message_id: int | None) -> list[Change]:
        """Show *image* below its message, or last."""
        line = ImageLine(f"image-{image.id}-{message_id}", image, message_id)
        if self.index(line.key) is not None:
            return []
        index = None if message_id is None else self.index(_message_key(message_id))
        if index is None:
            return self._add(line)
        index += 1
        while index < len(self.entries) and isinstance(self.entries[index], ImageLine):
            index += 1
        self.entries.insert(index, line)
        return [Added(index)]

    def _on_cost(self, event: CostAdded | CostsKnown) -> list[Change]:
        match event:
            case CostAdded(cost, _, _, message_id) if message_id is not None:
                reply = self.entry(_message_key(message_id))
                return self._put(replace(reply, cost=reply.cost + cost)) if isinstance(reply, Reply) else []
            case CostsKnown(conversation_id, _, costs) if conversation_id == self.head.id:
                told = [r for r in self.entries if isinstance(r, Reply) and r.message.id in costs]
                return [change for r in told for change in self._put(replace(r, cost=costs[r.message.id]))]
            case _:
                return []

    def _on_turn_event(self, event: Event) -> list[Change]:
        match event:
            case e.TurnTimed(turn, timings, stages) if (reply := self._reply_of_turn(turn)) is not None:
                checked_ms = stages.get("input_check", 0.0) + stages.get("reply_check", 0.0)
                message = replace(reply.message, timings=timings)
                return self._put(replace(reply, message=message, checked_ms=checked_ms))
            case e.NothingHeard(level=level, is_zero=is_zero):
                self._count += 1
                line = NothingHeardLine(f"nothing-{self._count}", level, is_zero)
                return [*self._remove(LIVE), *self._add(line)]
            case e.TurnFailed(_, problem, take_id, message_id):
                return self._on_failure(problem, take_id, message_id)
            case e.ToolUsed():
                return self._on_tool(event)
            case _:
                return []

    def _open(self, conversation: Conversation) -> list[Change]:
        self.head, self._left = conversation.head, self._turn
        self._takes = dict(conversation.takes)
        self._grown.clear()
        rows: list[tuple[float, Entry]] = []
        for m in conversation.messages:
            rows += [(m.created_at, ToolLine(f"tool-{m.id}-{at}", use)) for at, use in enumerate(m.tool_uses)]
            rows.append((m.created_at, self._entry_of(m, 0)))
        used = {message.take_id for message in conversation.messages}
        rows += [
            (take.started_at, WaitingTake(_take_key(take.id), take))
            for take in conversation.takes.values()
            if take.id not in used and take.state in UNSPOKEN
        ]
        if len(rows) > len(conversation.messages):
            rows.sort(key=lambda row: row[0])
        self.entries = [entry for _, entry in rows]
        return [Reset()]

    def _entry_of(self, message: Message, turn: int) -> Entry:
        if message.role is Role.USER:
            take = self._takes.get(message.take_id) if message.take_id is not None else None
            return UserTurn(_message_key(message.id), message, take)
        return Reply(_message_key(message.id), message, turn)

    def _on_phase(self, phase: Phase, turn: int) -> list[Change]:
        self._phase, self._turn = phase, turn
        live = self.entry(LIVE)
        if phase is Phase.LISTENING:
            gone = self._remove_all(entry.key for entry in list(self.entries) if isinstance(entry, NothingHeardLine))
            return (
                gone
                if isinstance(live, LiveTurn) and live.is_listening
                else [*gone, *self._remove(LIVE), *self._add(LiveTurn(LIVE))]
            )
        if not isinstance(live, LiveTurn):
            return []
        if phase is Phase.TRANSCRIBING:
            return self._put(replace(live, is_listening=False))
        if phase is Phase.IDLE:
            waiting = live.take is not None and live.take.state in (TakeState.RECORDED, TakeState.CANCELLED)
            take = live.take
            return [
                *self._remove(LIVE),
                *(self._add(WaitingTake(_take_key(take.id), take)) if waiting and take else []),
            ]
        return []

    def _on_take(self, take: Take) -> list[Change]:
        if self._is_elsewhere(take):
            return []
        self._takes[take.id] = take
        live = self.entry(LIVE)
        if isinstance(live, LiveTurn) and (live.take is None or live.take.id == take.id):
            if take.state in (TakeState.RECORDING, TakeState.RECORDED, TakeState.TRANSCRIBED):
                return self._put(replace(live, take=take))
            changes = self._remove(LIVE)
        else:
            changes = []
        changes += self._update_users(take)
        key = _take_key(take.id)
        if take.state in UNSPOKEN:
            if any(isinstance(entry, UserTurn) and entry.message.take_id == take.id for entry in self.entries):
                return changes
            card = WaitingTake(key, take)
            return changes + (self._put(card) if self.index(key) is not None else self._add(card))
        return changes + self._remove(key)

    def _is_elsewhere(self, take: Take) -> bool:
        return take.conversation_id is not None and self.head.id != 0 and take.conversation_id != self.head.id

    def _update_users(self, take: Take) -> list[Change]:
        for entry in self.entries:
            if isinstance(entry, UserTurn) and entry.message.take_id == take.id:
                return self._put(replace(entry, take=take))
        return []

    def _on_live(self, text: str) -> list[Change]:
        live = self.entry(LIVE)
        if isinstance(live, LiveTurn):
            return self._put(replace(live, text=text))
        return self._add(LiveTurn(LIVE, text, is_listening=False)) if self._phase is Phase.TRANSCRIBING else []

    def _on_message_event(self, event: Event) -> list[Change]:
        match event:
            case e.MessageAdded(message, turn) if self._belongs(message, is_new=True):
                changes = self._remove(LIVE) if message.role is Role.USER else []
                if message.role is Role.USER and message.take_id is not None:
                    changes += self._remove(_take_key(message.take_id))
                changes += self._remove_problems()
                if message.role is Role.ASSISTANT:
                    changes += self._remove_answered(message)
                return changes + self._add(self._entry_of(message, turn))
            case e.MessageChanged(message) if self._belongs(message):
                return self._on_changed(message)
            case e.ReplyDelta(message_id, _, text) if text:
                key = _message_key(message_id)
                if self.index(key) is None:
                    return []
                self._grown.setdefault(key, []).append(text)
                return [Grew(key, text)]
            case e.SpokenProgress(message_id, start, end):
                return [Spoken(_message_key(message_id), start, end)]
            case e.Interrupted(message_id, _, at_s):
                reply = self.entry(_message_key(message_id))
                return self._put(replace(reply, interrupted_at_s=at_s)) if isinstance(reply, Reply) else []
            case _:
                return []

    def _belongs(self, message: Message, *, is_new: bool = False) -> bool:
        """An empty page becomes the conversation of its first new message; what only changed is of another one."""
        if is_new and self.head.id == 0:
            self.head = replace(self.head, id=message.conversation_id)
        return message.conversation_id == self.head.id

    def _on_changed(self, message: Message) -> list[Change]:
        key = _message_key(message.id)
        entry = self.entry(key)
        self._grown.pop(key, None)
        if isinstance(entry, Reply) and not message.text.strip() and not entry.message.text.strip():
            return self._remove(key)  # it ended before its first word
        if isinstance(entry, Reply):
            timings = message.timings or entry.message.timings
            return self._put(replace(entry, message=replace(message, timings=timings)))
        if isinstance(entry, UserTurn):
            return self._put(replace(entry, message=message))
        return []

    def _remove_answered(self, message: Message) -> list[Change]:
        """An answer directly after an answer replaces it: the person asked for another one."""
        last = next((entry for entry in reversed(self.entries) if isinstance(entry, UserTurn | Reply)), None)
        return self._remove(last.key) if isinstance(last, Reply) and last.message.id != message.id else []

    def _on_failure(self, problem: Problem, take_id: int | None, message_id: int | None) -> list[Change]:
        take = self._takes.get(take_id) if take_id is not None else None
        entry = self.entry(_message_key(message_id)) if message_id is not None else None
        message = entry.message if isinstance(entry, UserTurn | Reply) else None
        changes = [*self._remove(LIVE), *self._remove_problems()]
        if isinstance(entry, Reply) and not self.text(entry.message.id).strip():
            changes += self._remove(entry.key)
        is_said = any(isinstance(item, UserTurn) and item.message.take_id == take_id for item in self.entries)
        if take is not None and take.state in UNSPOKEN and not is_said and self.index(_take_key(take.id)) is None:
            changes += self._add(WaitingTake(_take_key(take.id), take))
        self._count += 1
        return [*changes, *self._add(ProblemCard(f"problem-{self._count}", problem, take, message))]

    def _on_tool_event(self, event: ToolEvent) -> list[Change]:
        match event:
            case PermissionAsked(number):
                return self._add(Question(f"question-{number}", event))
            case PermissionSettled(number):
                return self._remove(f"question-{number}")
            case HostedWorked(_, message_id, use, is_running):
                line = ToolLine(f"tool-{message_id}-{use.call_id}", use, is_running)
                if self.index(line.key) is not None:
                    return self._put(line)
                at = self.index(_message_key(message_id))
                return [] if at is None else self._insert(at, line)
            case SourcesKnown(message_id, sources) if isinstance(reply := self.entry(_message_key(message_id)), Reply):
                return self._put(replace(reply, message=replace(reply.message, sources=sources)))
            case _:
                return []

    def _on_tool(self, used: ToolUsed) -> list[Change]:
        self._count += 1
        use = ToolUse("", used.name, used.arguments, used.result, used.is_error, used.duration_ms)
        line = ToolLine(f"tool-{used.message_id}-now-{self._count}", use)
        reply = self._reply_of_turn(used.turn)
        if reply is not None and (index := self.index(reply.key)) is not None:
            return self._insert(index, line)
        return self._add(line)

    # --- the list -----------------------------------------------------------------------------------------

    def _reply_of_turn(self, turn: int) -> Reply | None:
        for entry in reversed(self.entries):
            if isinstance(entry, Reply) and entry.turn == turn:
                return entry
        return None

    def _add(self, entry: Entry) -> list[Change]:
        self.entries.append(entry)
        return [Added(len(self.entries) - 1)]

    def _insert(self, index: int, entry: Entry) -> list[Change]:
        self.entries.insert(index, entry)
        return [Added(index)]

    def _put(self, entry: Entry) -> list[Change]:
        index = self.index(entry.key)
        if index is None or self.entries[index] == entry:
            return []
        self.entries[index] = entry
        return [Changed(entry.key)]

    def _remove(self, key: str) -> list[Change]:
        index = self.index(key)
        if index is None:
            return []
        del self.entries[index]
        return [Removed(key)]

    def _remove_problems(self) -> list[Change]:
        return self._remove_all(entry.key for entry in list(self.entries) if isinstance(entry, ProblemCard))

    def _remove_all(self, keys: Iterable[str]) -> list[Change]:
        return [change for key in keys for change in self._remove(key)]
