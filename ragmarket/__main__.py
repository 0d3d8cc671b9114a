"""`python -m ragmarket` is the command `ragmarket`."""

from __future__ import annotations

from ragmarket.cli.app import main

if __name__ == "__main__":
    main()
