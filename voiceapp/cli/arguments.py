"""What can be typed. Imports nothing heavy: help and errors come at once."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path
from typing import NoReturn, TypeAlias

from voiceapp.cli.document_arguments import add_files, add_hosted, add_stores

COMMANDS = (
    "ask",
    "talk",
    "say",
    "voices",
    "transcribe",
    "devices",
    "doctor",
    "takes",
    "search",
    "batch",
    "image",
    "moderate",
    "providers",
    "models",
    "usage",
    "tools",
    "notes",
    "clean",
    "stores",
    "files",
    "data",
    "replay",
)

JOBS = (
    "chat", "transcription", "live_transcription", "speech", "realtime", "images", "moderation", "embeddings",
)  # fmt: skip
"""As ``core.settings.Job``, which is not imported here: help must answer at once."""


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return what *words* mean; leaves with code 2 and a line on stderr where they mean nothing."""
    arguments, left = parser().parse_known_args(words)
    if left:
        arguments = parser().parse_args(_together(words, left))
    if arguments.command == "ask" and [arguments.file, arguments.text, arguments.notes].count(None) != 2:
        parser().error(_("ask needs either a sound file or --text or --notes"))
    if arguments.command == "tools" and arguments.action != "list" and not arguments.name:
        parser().error(_("tools {action} needs to know what").format(action=arguments.action))
    if arguments.command == "tools" and arguments.action == "permit" and arguments.permission is None:
        parser().error(_("tools permit needs ask, always or never"))
    if arguments.command == "data" and (arguments.action == "where") != (arguments.folder is None):
        parser().error(_("data move and data use need a folder, data where needs none"))
    if arguments.command == "notes" and (arguments.file is None) == (arguments.conversation is None):
        parser().error(_("notes needs either a file or --conversation"))
    if arguments.command == "moderate" and (arguments.what is None) == (arguments.image is None):
        parser().error(_("moderate needs either a text or file, or --image"))
    return arguments


def _together(words: Sequence[str], left: Sequence[str]) -> list[str]:
    """Put *left* before the first option: Python before 3.13 takes no names after one, as in ``--job title FOLDER``."""
    options = [word for word in words if word.startswith("-") and word != "-"]
    if not options or any(word in options for word in left):
        return list(words)
    rest = list(words)
    for word in reversed(left):
        rest.reverse()
        rest.remove(word)
        rest.reverse()
    first = rest.index(options[0])
    return [*rest[:first], *left, *rest[first:]]


class _Parser(argparse.ArgumentParser):
    """Says in one line what was wrong with the words."""

    def error(self, message: str) -> NoReturn:
        more = _("“{command} --help” says what can be written.").format(command=self.prog)
        self.exit(2, f"{self.prog}: {message}. {more}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(
        prog="voiceapp",
        description=_("Hold a key, speak, hear the answer. Without a command the window opens."),
        epilog=_("The window takes --provider, --data-dir and --debug too."),
    )
    top.add_argument("--version", action=_Version, nargs=0, help=_("say which version this is"))
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (
        _ask,
        _talk,
        _say,
        _voices,
        _transcribe,
        _devices,
        _doctor,
        _takes,
        _search,
        _batch,
        _image,
        _moderate,
        _providers,
        _models,
        _usage,
        _tools,
        _notes,
        _clean,
        _stores,
        _files,
        _data,
        _replay,
    ):
        add(commands)
    return top


Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _command(commands: Commands, name: str, help_: str, *, json: bool = True) -> argparse.ArgumentParser:
    one = commands.add_parser(name, help=help_, description=help_)
    common = one.add_argument_group(_("common options"))
    common.add_argument("--provider", default="", metavar="NAME", help=_("who does the work: local, openai, …"))
    common.add_argument("--data-dir", type=Path, metavar="DIR", help=_("keep everything below this folder"))
    common.add_argument("--debug", action="store_true", help=_("log everything, also here"))
    if json:
        common.add_argument("--json", action="store_true", help=_("write one JSON object a line"))
    else:
        one.set_defaults(json=False)
    return one


def _ask(commands: Commands) -> None:
    one = _command(commands, "ask", _("Ask by a recording or a text; hear or read the reply."))
    one.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_("a recorded question"))
    one.add_argument("--text", metavar="TEXT", help=_("a written question; - reads it from standard input"))
    one.add_argument("--notes", metavar="QUESTION", help=_("answer from what you said and wrote before, and cite it"))
    one.add_argument("--out", type=Path, metavar="FILE", help=_("write the spoken reply there instead of playing it"))
    one.add_argument("--silent", action="store_true", help=_("reply in writing only"))
    one.add_argument("--model", default="", metavar="NAME", help=_("who answers; default: as set"))
    one.add_argument("--trace", type=Path, metavar="FILE", help=_("write every decision there, for replay"))
    one.add_argument("--allow", action="append", default=[], metavar="TOOL", help=_("let the model use it this once"))
    for option, where, words in (
        ("--image", "images", _("show it this picture; repeatable")),
        ("--file", "documents", _("give it this PDF, text or picture; repeatable")),
    ):
        one.add_argument(option, dest=where, type=Path, action="append", default=[], metavar="FILE", help=words)
    add_hosted(one)
    _heard_live(one)
    _pays(one)


def _talk(commands: Commands) -> None:
    one = _command(commands, "talk", _("Talk: Enter begins, Enter sends; a typed line is asked in writing."))
    one.add_argument("--silent", action="store_true", help=_("reply in writing only"))
    one.add_argument("--model", default="", metavar="NAME", help=_("who answers; default: as set"))
    one.add_argument("--trace", type=Path, metavar="FILE", help=_("write every decision there, for replay"))
    _heard_live(one)
    add_hosted(one)
    _pays(one)


def _heard_live(one: argparse.ArgumentParser) -> None:
    words = _("send speech while it is spoken, so that its words are there sooner; costs more")
    one.add_argument("--live", action="store_true", help=words)


def _say(commands: Commands) -> None:
    one = _command(commands, "say", _("Speak a text."))
    one.add_argument("text", metavar="TEXT", help=_("what to say; - reads it from standard input"))
    one.add_argument("--out", type=Path, metavar="FILE", help=_("write the speech there instead of playing it"))
    one.add_argument("--voice", default="", help=_("a voice of the engine; voiceapp voices lists them"))
    one.add_argument("--model", default="", metavar="NAME", help=_("who speaks; default: as set"))
    one.add_argument("--speed", type=_speed, default=0.0, metavar="N", help=_("0.5 to 2; default: as set"))
    one.add_argument("--style", metavar="TEXT", help=_("how it is to sound, for models that can be told"))
    _pays(one)


def _voices(commands: Commands) -> None:
    one = _command(commands, "voices", _("List the voices, or hear one."))
    one.add_argument("--preview", default="", metavar="NAME", help=_("let this voice say a sentence"))
    one.add_argument("--model", default="", metavar="NAME", help=_("whose voices; default: as set"))
    one.add_argument("--out", type=Path, metavar="FILE", help=_("write the sentence there instead of playing it"))
    _pays(one)


def _speed(word: str) -> float:
    """Read a speed of speech."""
    speed = float(word)
    if not 0.5 <= speed <= 2.0:
        raise argparse.ArgumentTypeError(_("the speed must lie between 0.5 and 2"))
    return speed


def _transcribe(commands: Commands) -> None:
    one = _command(commands, "transcribe", _("Turn recordings into text or subtitles."))
    one.add_argument("files", nargs="+", type=Path, metavar="FILE")
    one.add_argument("--format", choices=("txt", "md", "srt", "vtt", "json"), default="txt")
    one.add_argument("--out", type=Path, metavar="FILE", help=_("write there; a folder takes one file per recording"))
    one.add_argument("--model", default="", metavar="NAME", help=_("who hears; default: as set"))
    _heard_so(one)
    _pays(one)


def _heard_so(one: argparse.ArgumentParser) -> None:
    """Let *one* say how speech is to be heard."""
    one.add_argument("--language", default="", metavar="CODE", help=_("of the speech: en, de, ko, …"))
    one.add_argument("--prompt", default="", metavar="TEXT", help=_("what it is about"))
    one.add_argument("--keywords", action="append", default=[], metavar="A,B", help=_("names and terms in it"))
    one.add_argument("--translate", action="store_true", help=_("in English, whatever is spoken"))
    one.add_argument("--speakers", action="store_true", help=_("with who says what"))


def _devices(commands: Commands) -> None:
    _command(commands, "devices", _("List microphones and loudspeakers."))


def _doctor(commands: Commands) -> None:
    _command(commands, "doctor", _("Check sound, display, engines, keyring, network and disk."))


def _takes(commands: Commands) -> None:
    one = _command(commands, "takes", _("List, play, answer again, turn into words or export recordings."))
    deeds = ("list", "play", "retry", "transcribe", "words", "export")
    one.add_argument("action", nargs="?", choices=deeds, default="list")
    one.add_argument("id", nargs="?", type=int, help=_("number of the recording"))
    out = _("export: .wav, .flac, .ogg; words: .txt, .md, .srt, .vtt, .json")
    one.add_argument("out", nargs="?", type=Path, metavar="FILE", help=out)
    one.add_argument("--silent", action="store_true", help=_("retry: reply in writing only"))
    _heard_so(one)
    _pays(one)


def _image(commands: Commands) -> None:
    one = _command(commands, "image", _("Draw an image, or change one."))
    one.add_argument("prompt", metavar="PROMPT", help=_("what it should show; - reads it from standard input"))
    one.add_argument("--out", type=Path, metavar="FILE", required=True, help=_("write it there: .png, .jpg, .webp"))
    one.add_argument("--edit", type=Path, metavar="FILE", action="append", help=_("work from this image; repeatable"))
    one.add_argument("--mask", type=Path, metavar="PNG", help=_("draw only where this image is transparent"))
    one.add_argument("--model", default="", help=_("who draws; default: as set"))
    one.add_argument("--size", default="", metavar="WxH", help=_("1024x1024, auto, …"))
    one.add_argument("--quality", default="", help=_("low, medium, high, …"))
    one.add_argument("--background", default="", help=_("auto, opaque, transparent"))
    one.add_argument("--format", default="", choices=("png", "jpeg", "webp"), help=_("default: by the file's ending"))
    one.add_argument("--count", type=int, default=1, metavar="N", help=_("further ones get a number in their name"))
    one.add_argument("--reveal", action="store_true", help=_("write pictures that moderation keeps from view, too"))
    _pays(one)


def _moderate(commands: Commands) -> None:
    one = _command(commands, "moderate", _("Check a text, the lines of a file, or a picture; 3 when it is too much."))
    one.add_argument("what", nargs="?", metavar="TEXT|FILE|-", help=_("a text, a file of lines, or - for input"))
    one.add_argument("--image", type=Path, metavar="FILE", help=_("a picture: PNG, JPEG, WebP, GIF"))
    _pays(one)


def _providers(commands: Commands) -> None:
    one = _command(commands, "providers", _("List, add, set, remove or test who does the work."))
    one.add_argument("action", nargs="?", choices=("list", "add", "set", "remove", "test"), default="list")
    one.add_argument("name", nargs="?", metavar="NAME")
    words = _("set: who remembers conversations: resent = only this computer, held = the service too")
    one.add_argument("--memory", choices=("resent", "held"), help=words)
    one.add_argument("--images", action="store_true", help=_("test: draw an image too, which costs money"))
    new = one.add_argument_group(_("add"))
    new.add_argument("--base-url", default="", metavar="URL", help=_("its address; a full endpoint is understood"))
    new.add_argument("--azure", action="store_true", help=_("it is Azure OpenAI"))
    new.add_argument("--api-version", default="", metavar="DATE", help=_("Azure: 2025-04-01-preview, …"))
    new.add_argument("--deployment", action="append", metavar="JOB=NAME", help=_("Azure: who does a job"))
    new.add_argument("--path", action="append", metavar="JOB=PATH", help=_("where an endpoint is, if not as usual"))
    new.add_argument("--key", action="store_true", help=_("read a key from standard input and keep it"))
    command = _("prints the key; asked again before a token ends")
    new.add_argument("--key-command", default="", metavar="COMMAND", help=command)


def _models(commands: Commands) -> None:
    one = _command(commands, "models", _("List models with their jobs, prices, limits and ends."))
    one.add_argument("--job", default="", choices=JOBS, metavar="JOB", help=", ".join(JOBS))
    one.add_argument("--all", action="store_true", help=_("also those that have ended"))


def _search(commands: Commands) -> None:
    one = _command(commands, "search", _("Search conversations and recordings, by words and by meaning."))
    one.add_argument("query", metavar="QUERY", help=_("what to look for"))
    how = one.add_mutually_exclusive_group()
    how.add_argument("--semantic", action="store_true", help=_("by meaning only"))
    how.add_argument("--text", action="store_true", help=_("by words only"))
    one.add_argument("--limit", type=int, default=10, metavar="N", help=_("show at most so many (10)"))
    _pays(one)


def _tools(commands: Commands) -> None:
    one = _command(commands, "tools", _("List what the model may call; decide about it; add servers of tools."))
    deeds = ("list", "permit", "add", "remove", "share", "unshare")
    one.add_argument("action", nargs="?", choices=deeds, default="list")
    one.add_argument("name", nargs="?", default="", metavar="WHAT", help=_("a tool, a server, or a file or folder"))
    one.add_argument("permission", nargs="?", choices=("ask", "always", "never"), help=_("permit: what holds from now"))
    one.add_argument("--url", default="", help=_("add: the server's address"))
    one.add_argument("--command", dest="program", default="", metavar="WORDS", help=_("add: the server's program"))
    one.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help=_("add: for its program"))
    one.add_argument("--key", action="store_true", help=_("add: ask for its key and keep that in the keyring"))


def _notes(commands: Commands) -> None:
    one = _command(commands, "notes", _("Write the notes of a meeting: summary, decisions, action items."))
    one.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_("a transcript: txt, md, srt, vtt"))
    one.add_argument("--conversation", type=int, metavar="ID", help=_("a stored conversation instead"))
    one.add_argument("--format", choices=("md", "json"), default="md")
    one.add_argument("--out", type=Path, metavar="FILE", help=_("write there instead of printing"))
    _pays(one)


def _clean(commands: Commands) -> None:
    one = _command(commands, "clean", _("Clean up a dictation without losing a word of it."))
    one.add_argument("file", type=Path, metavar="FILE", help=_("a text; - reads it from standard input"))
    one.add_argument("--out", type=Path, metavar="FILE", help=_("write there instead of printing"))
    _pays(one)


def _usage(commands: Commands) -> None:
    one = _command(commands, "usage", _("Tell what was used and what it cost; set the budget; write a table."))
    one.add_argument("--by", choices=("day", "month", "job", "provider", "model", "conversation"), default="day")
    one.add_argument("--month", default="", metavar="YYYY-MM", help=_("another month than this one"))
    one.add_argument("--csv", type=Path, metavar="FILE", help=_("write every call, or those of --month, as a table"))
    one.add_argument("--budget", metavar="USD", help=_("what may be spent a month; none = no limit"))


def _pays(one: argparse.ArgumentParser) -> None:
    """Let *one* go on when the budget is spent."""
    one.add_argument("--over-budget", action="store_true", help=_("go on although this month's budget is spent"))


def _batch(commands: Commands) -> None:
    one = _command(commands, "batch", _("Title, summarise or clean many transcripts at half the price, within a day."))
    one.add_argument("action", nargs="?", choices=("start", "status", "results", "cancel"), default="status")
    one.add_argument("what", nargs="*", metavar="WHAT", help=_("start: files, folders, conversation:12; else a number"))
    one.add_argument("--job", choices=("title", "summary", "clean"), default="summary", help=_("what to make of them"))
    one.add_argument("--estimate", action="store_true", help=_("only say what it would take"))
    one.add_argument("--yes", action="store_true", help=_("start without asking"))
    one.add_argument("--wait", action="store_true", help=_("stay until it is done"))
    _pays(one)


def _stores(commands: Commands) -> None:
    one = _command(commands, "stores", _("Keep documents at the service, for it to search."))
    add_stores(one)
    _pays(one)


def _files(commands: Commands) -> None:
    one = _command(commands, "files", _("List, add or delete the documents of stores."))
    add_files(one)
    _pays(one)


def _data(commands: Commands) -> None:
    one = _command(commands, "data", _("Say where the data lies; move it to another folder, or use another one."))
    words = _("move: take everything along to DIR; use: DIR as it is, empty or with its history")
    one.add_argument("action", nargs="?", choices=("where", "move", "use"), default="where", help=words)
    one.add_argument("folder", nargs="?", type=Path, metavar="DIR")


def _replay(commands: Commands) -> None:
    one = _command(commands, "replay", _("Put a trace's decisions to today's program."))
    one.add_argument("trace", type=Path, metavar="TRACE")


class _Version(argparse.Action):
    """Looks the version up only when asked: that costs more than all other arguments together."""

    def __call__(self, parser: argparse.ArgumentParser, *_others: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        number = "?"
        with contextlib.suppress(PackageNotFoundError):
            number = version("voiceapp")
        print(f"voiceapp {number}")  # the parser's own exit would write to the stream for errors
        parser.exit(0)
