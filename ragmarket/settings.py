"""Settings, read once at a door and handed on as plain values.

Every setting is an environment variable that reads like an address: ``RAGMARKET_<SECTION>__<NAME>``, for example
``RAGMARKET_RETRIEVAL__QDRANT_URL``. Sections are named as the workshops.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ragmarket.errors import InvalidInput
from ragmarket.knowledge.files import ledger_folder


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RetrievalSettings(_Section):
    """Where evidence is indexed and how it is embedded."""

    qdrant_url: str | None = Field(default=None, description="A Qdrant server; none keeps the index in RAGMARKET_HOME.")
    qdrant_api_key: SecretStr | None = None
    embedding_model: Path | None = Field(default=None, description="A folder; none uses the packaged MiniLM.")
    top_k: int = Field(default=12, ge=4, le=12)


class GenerationSettings(_Section):
    """Who writes."""

    base_url: str | None = Field(
        default=None, pattern=r"^https?://", description="A vLLM server's OpenAI root (…/v1); none writes in process."
    )
    model: str | None = Field(default=None, description="Served model or adapter; none takes the only one.")
    api_key: SecretStr | None = None
    timeout_s: float = Field(default=60.0, gt=0)
    retries: int = Field(default=3, ge=0, le=10)
    workers: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="Briefs written at a time; none: 1 in process, 32 served.",
    )
    model_dir: Path | None = Field(default=None, description="A model folder; none uses the packaged weights.")
    threads: int | None = Field(default=None, ge=1, le=64)
    rewrites: int = Field(default=2, ge=0, le=5)


class PredictionSettings(_Section):
    """Who the customer is."""

    model_dir: Path | None = Field(
        default=None, description="A checkpoint's folder (`ragmarket train intents`); none uses the packaged weights."
    )
    max_signal_age_days: int = Field(default=180, ge=1, description="Older signals give the neutral prediction.")
    max_model_age_days: int = Field(default=365, ge=1, description="An older checkpoint serves on, with a warning.")


class ComplianceSettings(_Section):
    """Where the ledger is."""

    disclaimers_dir: Path = Field(default_factory=ledger_folder)
    claims_model_dir: Path | None = Field(
        default=None, description="Weights of the classifier of paraphrased claims; none takes the shipped ones."
    )
    rewrites: Literal["phrasebook", "writer"] = Field(
        default="phrasebook", description="Who proposes lawful sentences: the phrasebook alone, or the writer first."
    )
    decisions_file: Path | None = Field(
        default=None, description="Who approved, expired and superseded what; none keeps it in RAGMARKET_HOME."
    )
    not_verified: Literal["refuse", "review"] = Field(
        default="refuse", description="A claim that neither phrasebook nor verifier proves: refuse, or ask a person."
    )
    support_model_dir: Path | None = Field(
        default=None, description="Weights of the model that judges what claims say; none takes the shipped ones."
    )
    nli_model: Path | None = Field(
        default=None, description="A transformers folder for natural-language inference, to judge claims instead."
    )


class AuditSettings(_Section):
    """Where the log is."""

    url: SecretStr | None = Field(default=None, description="SQLAlchemy URL; none keeps SQLite in RAGMARKET_HOME.")
    key_file: Path | None = Field(
        default=None, description="Private key that signs checkpoints and exports (`ragmarket audit keygen`)."
    )
    checkpoint_every: int | None = Field(
        default=1000, ge=1, description="With a key: after how many entries a checkpoint is made unasked."
    )


class ApiSettings(_Section):
    """The HTTP door."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)


class Settings(BaseSettings):
    """Everything that can be set from outside."""

    model_config = SettingsConfigDict(
        env_prefix="RAGMARKET_", env_nested_delimiter="__", frozen=True, extra="ignore", env_file=None
    )

    env: Literal["development", "production"] = "development"
    home: Path = Path(".ragmarket")
    corpus_dir: Path = Path("corpus")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    log_json: bool = False
    retrieval: RetrievalSettings = RetrievalSettings()
    generation: GenerationSettings = GenerationSettings()
    prediction: PredictionSettings = PredictionSettings()
    compliance: ComplianceSettings = Field(default_factory=ComplianceSettings)
    audit: AuditSettings = AuditSettings()
    api: ApiSettings = ApiSettings()

    @property
    def decisions_file(self) -> Path:
        """Where decisions about wordings are kept."""
        return self.compliance.decisions_file or self.home / "decisions.jsonl"

    @property
    def production(self) -> bool:
        """Whether demo approvals are refused."""
        return self.env == "production"


def read_settings() -> Settings:
    """Read the environment once.

    Raises:
        InvalidInput: A variable is wrong; names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "RAGMARKET_" + "__".join(str(step) for step in first["loc"]).upper()
        raise InvalidInput(f"{name}: {first['msg']}", hint="Correct or unset the variable.") from error
