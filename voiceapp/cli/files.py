"""``voiceapp files``: the documents in stores, one by one."""

from __future__ import annotations

import argparse
from gettext import gettext as _

from voiceapp.cli.running import Context, run_job
from voiceapp.cli.stores import office
from voiceapp.core.errors import ConfigError


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: files(context, arguments))


async def files(context: Context, arguments: argparse.Namespace) -> int:
    """List the documents of all stores or one, put files into a store, or delete a document."""
    async with office(context) as desk:
        documents = desk.documents
        match arguments.action:
            case "add":
                store = await desk.named(arguments.what)
                await desk.allow(store.provider)
                return await desk.moved(await documents.add(store.id, arguments.paths))
            case "remove":
                if not arguments.what.isdigit():
                    raise ConfigError(_("Which document? Give its number."), hint=_("“voiceapp files” lists them."))
                document = await documents.rows.document(int(arguments.what))
                await documents.remove(desk.settings, document.id)
                context.output.event("removed", id=document.id)
                context.output.text(_("{name} is deleted. Your own file stays.").format(name=document.name))
                return 0
        wanted = [await desk.named(arguments.what)] if arguments.what else await documents.rows.stores()
        for store in wanted:
            desk.tell(store)
            desk.tell_documents(store)
        if not wanted:
            context.output.text(_("No documents yet. Make a store: voiceapp stores make NAME FILE…"))
        return 0
