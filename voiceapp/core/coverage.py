"""Whether a cleaned text still holds the words of what was dictated."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

WORD = re.compile(r"\w+(?:['’]\w+)*")
FILLERS = frozenset({
    "um", "umm", "uh", "uhh", "uhm", "er", "erm", "ah", "hm", "hmm", "mhm", "äh", "ähm", "öh", "öhm", "tja", "eh",
    "euh", "este", "음", "어", "그",
})  # fmt: skip
LEAST_COVERAGE = 0.85
"""Of the words that are no fillers; a spoken correction or a false start takes some, a summary takes most."""
LONGEST_GAP_WORDS = 20
"""A whole sentence may not be missing in a row, however long the text."""


def words(text: str) -> list[str]:
    """Return the words of *text* that count, in order, folded."""
    found = [word.casefold().replace("’", "'") for word in WORD.findall(text)]
    kept = [word for word in found if word not in FILLERS]
    return [word for at, word in enumerate(kept) if at == 0 or word != kept[at - 1]]  # a stutter is one word


def is_covered(raw: str, cleaned: str) -> bool:
    """Tell whether *cleaned* keeps the words of *raw*, in order."""
    said, kept = words(raw), words(cleaned)
    if not said:
        return True
    blocks = SequenceMatcher(None, said, kept, autojunk=False).get_matching_blocks()
    ends = [0, *(block.a + block.size for block in blocks)]
    gap = max(block.a - end for block, end in zip(blocks, ends, strict=False))
    return sum(block.size for block in blocks) / len(said) >= LEAST_COVERAGE and gap <= LONGEST_GAP_WORDS
