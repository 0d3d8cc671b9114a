"""The HTTP door: briefs and copy in, results, verdicts, traces and documents out, and the console at ``/``.

In: the bodies of `schemas`. Out: the same, or RFC 9457 problem documents with ``code``, ``hint`` and ``retryable``.
Promise: importing it loads no model, and no page asks any host but this one. Library that lives here: FastAPI.
Must not know: any workshop; the house comes from `bootstrap` when the server starts.
"""
