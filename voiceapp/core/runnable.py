"""Which files run when they are opened: nobody who opens a document wants that."""

from __future__ import annotations

ENDINGS = frozenset({
    ".app", ".appimage", ".bat", ".cmd", ".com", ".command", ".cpl", ".desktop", ".exe", ".hta", ".jar", ".js", ".jse",
    ".lnk", ".msc", ".msi", ".ps1", ".py", ".pyw", ".reg", ".run", ".scf", ".scr", ".sh", ".url", ".vb", ".vbe", ".vbs",
    ".wsf", ".wsh",
})  # fmt: skip


def runs_when_opened(name: str) -> bool:
    """Tell by the ending of *name*, a file's name or path, on any system."""
    _stem, dot, ending = name.rstrip(" .").rpartition(".")  # Windows forgets blanks and dots at the end
    return f"{dot}{ending}".lower() in ENDINGS
