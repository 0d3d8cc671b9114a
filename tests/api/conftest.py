from __future__ import annotations

from tests.served_house import client, house

__all__ = ["client", "house"]
