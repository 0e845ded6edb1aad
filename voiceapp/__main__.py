"""``python -m voiceapp``."""

from voiceapp.cli import main

raise SystemExit(main())
