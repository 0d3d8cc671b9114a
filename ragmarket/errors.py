"""One family of failures.

    RagmarketError
    ├── InvalidInput             2  a brief, a file or an option is wrong; nothing was changed
    │   ├── UnknownProduct
    │   ├── CorruptDocument
    │   ├── BadKnowledge            a rule, phrase, disclaimer or policy file is wrong; refused whole, with its line
    │   ├── NotFound
    │   │   └── RecordRemoved       its retention was over; the entry and its hash remain
    │   └── NothingToSay            no fact may be put into words; the pipeline turns it into a refusal
    ├── MissingDependency        1  an optional package is not installed
    ├── ModelMissing             1  weights are absent or do not match their card
    ├── BackendUnavailable       1  a server (Qdrant, vLLM, database) does not answer; retryable
    ├── UndecodableOutput        1  the engine answered something that the grammar forbids
    ├── AuditWriteFailed         1  the record could not be written, so nothing is returned; retryable
    └── AuditChainBroken         1  the log does not verify; nothing is appended to it

A refusal (policy, channel, no evidence) is a result, never an error. Each class has a stable ``code``, the command's
``exit_code``, a ``retryable`` answer and a ``hint`` that says what to do next.
"""

from __future__ import annotations


class RagmarketError(Exception):
    """Root of the family.

    Args:
        message: What happened, naming the field, file or server.
        hint: What the reader can do about it.
    """

    code = "error"
    exit_code = 1
    retryable = False
    default_hint = "Run with --verbose for details."

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint

    def as_dict(self) -> dict[str, object]:
        """The error as plain JSON, the same for the API and the command line."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "retryable": self.retryable}


class InvalidInput(RagmarketError):
    """The caller's input is wrong; nothing was changed."""

    code = "invalid_input"
    exit_code = 2
    default_hint = "Correct the named field and send it again."


class UnknownProduct(InvalidInput):
    """No document in force describes this product."""

    code = "unknown_product"
    default_hint = "Run `ragmarket index` and choose a product code that it lists."


class CorruptDocument(InvalidInput):
    """A corpus file cannot be read or its front matter is incomplete."""

    code = "corrupt_document"
    default_hint = "Mend the file and run `ragmarket index` again; other documents were not touched."


class BadKnowledge(InvalidInput):
    """A knowledge file (ledger, policy, rules, phrases) is wrong and was refused whole.

    Args:
        path: The file.
        line: 1-based line, or None when the fault has no single line.
        problem: What is wrong with it.
    """

    code = "bad_knowledge"
    default_hint = "Mend the file; nothing of it was loaded."

    def __init__(self, path: object, line: int | None, problem: str, *, hint: str | None = None) -> None:
        place = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{place}: {problem}", hint=hint)
        self.path = str(path)
        self.line = line


class NotFound(InvalidInput):
    """Nothing is recorded under this id."""

    code = "not_found"
    default_hint = "Check the id; `ragmarket trace` lists nothing that was never released."


class RecordRemoved(NotFound):
    """The record was removed when its retention was over; its entry and hash remain in the chain."""

    code = "record_removed"
    default_hint = "`ragmarket audit verify` shows that the chain holds without it."


class NothingToSay(InvalidInput):
    """No retrieved fact may be put into words, or policy's demands cannot all be met; `pipeline` makes it a refusal."""

    code = "nothing_to_say"
    exit_code = 3
    default_hint = "Index a document of this product that states the fact, or ask for another channel."


class MissingDependency(RagmarketError):
    """An optional package is not installed."""

    code = "missing_dependency"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"the package {package!r} is not installed", hint=f"pip install 'ragmarket[{extra}]'")


class ModelMissing(RagmarketError):
    """Model files are absent or do not match their card."""

    code = "model_missing"
    default_hint = "Reinstall the package, or train with `ragmarket train writer`."


class BackendUnavailable(RagmarketError):
    """A server or database does not answer."""

    code = "backend_unavailable"
    retryable = True
    default_hint = "Check that the configured server runs and try again."


class UndecodableOutput(RagmarketError):
    """The engine's answer does not follow the request's grammar; ``generation`` is that answer, for the record."""

    code = "undecodable_output"
    default_hint = "Check that the server supports structured output (xgrammar >= 0.2.8)."
    generation: object = None


class AuditWriteFailed(RagmarketError):
    """The audit record could not be written, so nothing was returned."""

    code = "audit_write_failed"
    retryable = True
    default_hint = "Free the disk or the database lock and send the brief again."


class AuditChainBroken(RagmarketError):
    """The audit log does not verify; nothing is appended to a broken chain."""

    code = "audit_chain_broken"
    default_hint = "Run `ragmarket audit verify` and restore the log from its last good copy."
