"""Sound in and out: rings, files, takes, and real streams through the virtual card."""
