"""Names for what JSON holds."""

from __future__ import annotations

from typing import Any

Json = Any
Body = dict[str, Any]
