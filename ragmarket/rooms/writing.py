"""Who writes: the engine, in process or behind a server, and the drafter."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.rooms.reading import ReadingRoom

if TYPE_CHECKING:
    from ragmarket.generation.drafter import GroundedDrafter
    from ragmarket.generation.engines.embedded import EmbeddedEngine
    from ragmarket.generation.engines.vllm import VllmEngine

WRITER_WEIGHTS = Path(__file__).parents[1] / "generation" / "writer" / "weights"
CONCURRENT_BRIEFS = 32
FREE_ATTEMPTS = 2


class WritingRoom(ReadingRoom):
    """The writer and the engine behind it."""

    @cached_property
    def engine(self) -> EmbeddedEngine | VllmEngine:
        """The model that writes: behind the configured server, else in this process."""
        options = self.settings.generation
        if options.base_url:
            from ragmarket.generation.engines.vllm import VllmEngine

            return VllmEngine(
                options.base_url,
                options.model,
                api_key=options.api_key.get_secret_value() if options.api_key else None,
                timeout_s=options.timeout_s,
                retries=options.retries,
            )
        from ragmarket.generation.engines.embedded import EmbeddedEngine

        return EmbeddedEngine(options.model_dir or WRITER_WEIGHTS, threads=options.threads)

    @property
    def writers(self) -> int:
        """How many messages are worth writing at a time: a server batches them, the engine in process does not."""
        options = self.settings.generation
        return options.workers or (CONCURRENT_BRIEFS if options.base_url else 1)

    @cached_property
    def drafter(self) -> GroundedDrafter:
        """Prompt, grammar and engine."""
        from ragmarket.generation.drafter import GroundedDrafter

        return GroundedDrafter(
            self.engine, self.packs, self.angles, self.free_attempts, self.catalogue, aside=self.turn.left
        )

    @property
    def free_attempts(self) -> int:
        """How often words of the writer's own are tried: not at all where nobody would look at them."""
        return FREE_ATTEMPTS if self.settings.compliance.not_verified == "review" else 0
