"""The window and its parts, driven by scripted sessions."""
