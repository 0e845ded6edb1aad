"""What the conversation that is open has cost so far, for the line above it."""

from __future__ import annotations

from voiceapp.core import events as ev
from voiceapp.core.budget import CostAdded, CostsKnown
from voiceapp.core.money import cost_words
from voiceapp.core.usage import Cost


class CostTally:
    """Adds up. No Qt: events go in, words come out."""

    def __init__(self) -> None:
        self.cost = Cost()
        self._conversation_id = 0

    @property
    def words(self) -> str:
        """The sum for people; "" while nothing was used."""
        return cost_words(self.cost)

    def apply(self, event: ev.Event) -> bool:
        """Take *event* in; return whether the sum is another one now."""
        before = self.cost
        match event:
            case ev.ConversationOpened(conversation):
                if conversation.head.id != self._conversation_id or not conversation.head.id:
                    self._conversation_id, self.cost = conversation.head.id, Cost()
            case ev.MessageAdded(message) if not self._conversation_id:
                self._conversation_id = message.conversation_id
            case CostsKnown(conversation_id, cost) if conversation_id == self._conversation_id:
                self.cost = cost
            case CostAdded(cost, _, conversation_id) if conversation_id == self._conversation_id:
                self.cost += cost
            case _:
                pass
        return self.cost != before
