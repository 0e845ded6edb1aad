"""Punctuation of the world's scripts, as the spoken rendering needs it."""

from __future__ import annotations

import re

SPACED_ENDS = ".!?…؟।॥։።"
"""End a sentence when white space follows."""
DENSE_ENDS = "。！？｡"
"""End a sentence wherever they stand: Chinese and Japanese write no spaces."""
SPACED_PAUSES = ",;:،؛–—-"
"""Make a pause when white space follows."""
DENSE_PAUSES = "，、；：—"
"""Make a pause wherever they stand."""

CLOSING_OF = {"(": ")", "[": "]", "{": "}"}
CLOSERS = frozenset("\"'”’»)]}」』）】》〉*_~`›")
OPENERS = frozenset("\"'“‘„«([{「『（【《〈*_~`‹¿¡")

DENSE_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Kana and Han: about two characters to a word."""
LETTER_RUN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏͰ-ϿЀ-ӿ가-힣]{1,64}")
"""A stretch in which nothing needs deciding."""
