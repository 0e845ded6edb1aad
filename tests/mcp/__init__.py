"""Real servers of tools, over stdio and streamable HTTP, made with the official package."""
