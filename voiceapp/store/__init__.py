"""What is kept: conversations, takes, settings, keys. Sole owner of sqlite3, keyring, TOML.

May import: core, ports.
"""
