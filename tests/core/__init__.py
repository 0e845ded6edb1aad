"""Pure decisions: tables of examples and properties."""
