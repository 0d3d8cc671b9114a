"""Any OpenAI-compatible vLLM server: the same prompt and the same grammar, continued elsewhere.

The server batches what arrives together, so one engine serves many threads. Retries with exponential backoff are the
client's own; a circuit breaker stops asking a server that keeps failing, so a queue of briefs fails fast and names it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import BackendUnavailable, MissingDependency, ModelMissing, UndecodableOutput
from ragmarket.generation.engines.folder import revision_of
from ragmarket.schemas.draft import Generation
from ragmarket.schemas.message import ModelInfo

if TYPE_CHECKING:
    from openai.types import Completion

PROBE_GRAMMAR = 'root ::= "structured"\n'
PROBE_PROMPT = "Answer: "
PROBE_ANSWER = "structured"
FAILURES_UNTIL_OPEN = 5


class VllmEngine:
    """Keeps the `Engine` promise over HTTP.

    Args:
        base_url: The server's OpenAI root, for example ``http://localhost:8001/v1``.
        model: Name under which the server serves the writer (a LoRA adapter's name, too); None takes the only one.
        api_key: Sent as bearer token; vLLM asks for none by default.
        timeout_s: Seconds for one answer, connecting included.
        retries: How often a request that failed for the server's reasons is sent again.
        pause_s: Seconds without a request once the server failed `FAILURES_UNTIL_OPEN` times in a row.
    """

    def __init__(
        self,
        base_url: str,
        model: str | None = None,
        *,
        api_key: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 3,
        pause_s: float = 20.0,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._wanted = model
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._retries = retries
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._ready = False

    def warm_up(self) -> None:
        """Find the model and make sure that the server keeps to a grammar; safe to call again.

        Raises:
            MissingDependency: The extra ``generation`` is not installed.
            BackendUnavailable: The server does not answer.
            ModelMissing: It serves another model.
            UndecodableOutput: It ignores or refuses structured output.
        """
        with self._lock:
            if self._ready:
                return
            try:
                import openai
                from circuitbreaker import CircuitBreaker
            except ImportError as error:
                raise MissingDependency("openai, circuitbreaker", "generation") from error
            self._client = openai.OpenAI(
                base_url=self._base_url,
                api_key=self._api_key or "none",
                timeout=self._timeout_s,
                max_retries=self._retries,
            )

            def failed(_: type[BaseException], error: BaseException) -> bool:
                # A server that answers "your request is wrong" is up.
                return not (isinstance(error, openai.APIStatusError) and error.status_code < 429)

            self._breaker: Any = CircuitBreaker(FAILURES_UNTIL_OPEN, self._pause_s, expected_exception=failed)
            self._model, self._revision = self._served()
            answer = self._complete(PROBE_PROMPT, PROBE_GRAMMAR, seed=0, max_tokens=16, temperature=0.0)
            if answer.choices[0].text.strip() != PROBE_ANSWER:
                raise UndecodableOutput(
                    f"the server at {self._base_url} ignores grammars: it answered {answer.choices[0].text[:40]!r}",
                    hint='Start vLLM with --structured-outputs-config \'{"backend": "xgrammar"}\' ',
                )
            self._ready = True

    @property
    def identity(self) -> ModelInfo:
        """Which model answers; asks the server once."""
        self.warm_up()
        return ModelInfo(name=self._model, revision=self._revision, engine="vllm")

    def _served(self) -> tuple[str, str]:
        """Name and revision of the model: the hash of its files where they can be read here, else its served name."""
        models = {model.id: model for model in self._guarded(self._client.models.list).data}
        wanted = self._wanted or (next(iter(models)) if len(models) == 1 else None)
        if wanted is None or wanted not in models:
            asked = f"no model {wanted!r}" if wanted else "several models"
            raise ModelMissing(
                f"the server at {self._base_url} serves {asked}; it has: {', '.join(sorted(models)) or 'none'}",
                hint="Set RAGMARKET_GENERATION__MODEL to one of them.",
            )
        root = Path(str(getattr(models[wanted], "root", "") or ""))
        try:
            return wanted, revision_of(root)
        except ModelMissing:
            return wanted, f"served:{root.name or wanted}"

    def _guarded(self, call: Callable[[], Any]) -> Any:
        """Run a request behind the circuit breaker and name what went wrong."""
        import openai

        if self._breaker.opened:
            raise BackendUnavailable(
                f"the server at {self._base_url} failed {FAILURES_UNTIL_OPEN} times in a row",
                hint=f"Nothing is sent to it for {self._pause_s:g} s after a failure. Look at the server's log.",
            )
        try:
            # As a context: the breaker holds no lock while the request is under way, so the server can batch.
            with self._breaker:
                return call()
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise BackendUnavailable(
                f"the server at {self._base_url} refused the key", hint="Set RAGMARKET_GENERATION__API_KEY."
            ) from error
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise UndecodableOutput(f"the server at {self._base_url} refused the request: {error.message}") from error
        except openai.NotFoundError as error:
            raise ModelMissing(
                f"the server at {self._base_url} does not know the model or the address: {error.message}",
                hint="RAGMARKET_GENERATION__BASE_URL ends in /v1; RAGMARKET_GENERATION__MODEL is a served name.",
            ) from error
        except openai.APIError as error:
            raise BackendUnavailable(
                f"the server at {self._base_url} does not answer: {error.message}",
                hint="Start it with `make vllm`, or unset RAGMARKET_GENERATION__BASE_URL to write in process.",
            ) from error

    def _complete(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Completion:
        answer: Completion = self._guarded(
            lambda: self._client.completions.create(
                model=self._model,
                prompt=prompt,
                max_tokens=max_tokens,
                temperature=temperature,
                seed=seed,
                extra_body={
                    "structured_outputs": {"grammar": grammar},
                    "skip_special_tokens": True,
                    "spaces_between_special_tokens": False,
                },
            )
        )
        return answer

    def generate(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Generation:
        """One continuation under ``grammar``; temperature 0 takes the likeliest token at each step.

        Raises:
            BackendUnavailable: The server does not answer, or failed too often of late; retryable.
            UndecodableOutput: The server refused the grammar, or the text did not end within ``max_tokens``.
        """
        if not self._ready:
            self.warm_up()
        answer = self._complete(prompt, grammar, seed=seed, max_tokens=max_tokens, temperature=temperature)
        choice = answer.choices[0]
        if choice.finish_reason != "stop":
            raise UndecodableOutput(f"the text did not end within {max_tokens} tokens ({choice.finish_reason})")
        usage = answer.usage
        return Generation(
            raw=choice.text,
            prompt=prompt,
            prompt_tokens=usage.prompt_tokens if usage else 0,
            completion_tokens=usage.completion_tokens if usage else 0,
            model=self._model,
            revision=self._revision,
            engine="vllm",
            seed=seed,
        )
