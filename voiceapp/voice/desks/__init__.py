"""Desks: families of commands beside the turn, each carried out in a task of its own; see ``voice.parts.Desk``."""
