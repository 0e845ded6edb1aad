"""A server of tools: ``python -m tests.mcp.server`` over stdio, with a port as argument over streamable HTTP."""

from __future__ import annotations

import asyncio
import os
import sys

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("shed")


@server.tool()
def add(a: int, b: int) -> str:
    """Add two numbers."""
    return str(a + b)


@server.tool(name="odd.name/x")
def odd_name() -> str:
    """A name that services do not accept."""
    return os.environ.get("SHED_WORD", "no word")


@server.tool()
def fail() -> str:
    """Fail on purpose."""
    raise ToolError("the shed is locked")


@server.tool()
def crash() -> str:
    """End the process in the middle of a call."""
    os._exit(3)


@server.tool()
async def sleep() -> str:
    """Never answer."""
    await asyncio.Event().wait()
    return ""


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
