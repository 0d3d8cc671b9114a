"""How requests come in: to the house that the server opened at its start, one message written at a time."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from ragmarket.errors import RagmarketError

if TYPE_CHECKING:
    from ragmarket.bootstrap import House

_LOG = logging.getLogger("ragmarket.api")


class Doors:
    """The house, and the desks at which messages are written.

    The embedded engine uses every core for one message, so there is one desk and briefs that arrive together wait for
    one another here instead of in each workshop; with a server that batches there are as many as it takes at a time.

    Attributes:
        house: All workshops.
        writing: A desk, held while the house writes or loads its models.
        warming: Whether the models are still being loaded.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.writing = threading.BoundedSemaphore(house.writers)
        self.warming = True

    def warm_up(self) -> None:
        """Load the models before a request has to wait for them; a brief that comes sooner waits at the desk.

        What is missing is for /readyz to tell, not a reason to stop: checks, traces and documents need no model.
        """
        try:
            with self.writing:
                self.house.warm_up()
        except RagmarketError as error:
            _LOG.warning("not ready: %s (%s)", error.message, error.hint)
        except Exception:  # noqa: BLE001  a part that fails in a way of its own must not leave the server warming up for ever
            _LOG.exception("not ready")
        finally:
            self.warming = False


def _doors(request: Request) -> Any:
    return request.app.state.doors


# FastAPI resolves annotations at run time, and `House` must not be imported for that.
Open = Annotated[Doors, Depends(_doors)]
