"""What program and hearing worker agree on; both import it, and it imports nothing heavy."""

from __future__ import annotations

import struct

HEADER = struct.Struct("<cI")
"""Before each message: its kind (one letter) and the payload's length in bytes."""
