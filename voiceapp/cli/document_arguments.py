"""What can be typed about the service's own tools and the documents that it searches. Imports nothing heavy."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def add_hosted(one: argparse.ArgumentParser) -> None:
    """Let *one* use the service's own tools."""
    group = one.add_argument_group(_("the service's own tools"))
    group.add_argument("--web", action="store_true", help=_("it may search the web"))
    group.add_argument("--code", action="store_true", help=_("it may run code, in a place of its own"))
    words = _("it may search this store of documents (voiceapp stores); repeatable")
    group.add_argument("--files", dest="stores", action="append", default=[], metavar="STORE", help=words)
    group.add_argument("--save-to", type=Path, metavar="DIR", help=_("write files that its code makes there"))
    words = _("how hard it thinks, for models that can be told")
    group.add_argument("--effort", default="", choices=EFFORTS, metavar="LEVEL", help=words)


def add_stores(one: argparse.ArgumentParser) -> None:
    """``voiceapp stores``."""
    deeds = ("list", "make", "add", "retry", "resume", "remove")
    one.add_argument("action", nargs="?", choices=deeds, default="list")
    one.add_argument("name", nargs="?", default="", metavar="STORE", help=_("its number or name"))
    one.add_argument("paths", nargs="*", default=[], metavar="FILE", help=_("make, add: files and folders"))


def add_files(one: argparse.ArgumentParser) -> None:
    """``voiceapp files``."""
    one.add_argument("action", nargs="?", choices=("list", "add", "remove"), default="list")
    one.add_argument("what", nargs="?", default="", metavar="WHAT", help=_("list, add: a store; remove: a number"))
    one.add_argument("paths", nargs="*", default=[], metavar="FILE", help=_("add: files and folders"))
