"""Settings from the environment (`MEETCORE_*`, `HF_TOKEN`) and a `.env` file, frozen."""

from __future__ import annotations

from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from meetcore.errors import SettingsError
from meetcore.text.languages import language_choice


def _without_port(name: str) -> str:
    """The name; ValueError where a port follows it."""
    if ":" in name:
        try:
            IPv6Address(name)
        except ValueError:
            host = name.partition(":")[0]
            raise ValueError(f"a port is not part of a name: write {host}") from None
    return name


HostName = Annotated[
    str,
    AfterValidator(_without_port),
    StringConstraints(
        to_lower=True,
        pattern=r"(?i)^(\*\.)?[a-z0-9]([a-z0-9.:_-]{0,250}[a-z0-9])?$",
        max_length=253,
    ),
]
"""A name or an IP address without a port; `*.example.org` stands for all names below it."""


class IceServer(BaseModel):
    """One STUN or TURN server, with the field names of WebRTC's RTCIceServer."""

    model_config = ConfigDict(frozen=True)
    urls: str | list[str]
    username: str | None = None
    credential: str | None = None


class Settings(BaseSettings):
    """All settings; each field's description is its row in the README's table."""

    model_config = SettingsConfigDict(
        env_prefix="MEETCORE_", env_file=".env", extra="ignore", frozen=True
    )

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("meetcore", appauthor=False)),
        description="Recordings and the database.",
    )
    cache_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("meetcore", appauthor=False)),
        description="Verified weights and what is converted from them.",
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL; default is SQLite inside the data folder."
    )
    offline: bool = Field(default=False, description="Never fetch anything.")
    recognizer: str = Field(
        default="base.en",
        description="Weight of the second pass, or a path to one. Where it is not set, or auto, a"
        " GPU takes turbo if it was pulled.",
    )
    live_recognizer: str = Field(
        default="auto",
        description="Weight while people talk, or a path to one; auto takes moonshine-base for"
        " English, else the second pass's where the machine keeps up, or a smaller one.",
    )
    rolling: bool = Field(
        default=True,
        description="Let the second pass follow a meeting while it runs, where the machine has"
        " time for it.",
    )
    remote_url: str | None = Field(
        default=None,
        description="A server with OpenAI's interface, such as `http://localhost:8000/v1`. A"
        " recording is sent there where remote is chosen as its recognizer, or set as"
        " MEETCORE_RECOGNIZER; empty sends nothing.",
    )
    remote_model: str = Field(
        default="whisper-1", min_length=1, description="The server's name of its model."
    )
    remote_key: SecretStr | None = Field(default=None, description="The server's key, if any.")
    engine: str = Field(
        default="auto",
        min_length=1,
        description="What runs the recognizer's weight: ctranslate2, openai-whisper, or an"
        " engine of another package; auto takes the first that can.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="Where models run.")
    threads: int = Field(
        default=0, ge=0, description="CPU threads per model; 0 lets Meetcore choose."
    )
    language: str | None = Field(
        default=None,
        description="ISO code or English name of the language spoken, or several with commas"
        " (`de,en`): each stretch of speech is in one of them; empty detects any language.",
    )
    diarizer: str = Field(
        default="auto",
        description="auto, open (open weights), off, a diarizer of another package, a pipeline"
        " folder, or a hub id such as pyannote/speaker-diarization-community-1 (needs HF_TOKEN).",
    )
    trusted_checkpoints: tuple[str, ...] = Field(
        default=(),
        description="sha256 of a pipeline's checkpoints to load in spite of code in them, as a"
        " JSON list; only of authors you trust.",
    )
    grace_s: float = Field(
        default=90.0,
        gt=0,
        description="Seconds without any browser before a meeting ends by itself.",
    )
    fsync_s: float = Field(
        default=1.0, gt=0, description="Longest stretch of audio a power cut may cost, in seconds."
    )
    longest_hours: float = Field(
        default=12.0, gt=0, description="Longest recording that an upload may hold, in hours."
    )
    daily_copies: int = Field(
        default=7,
        ge=0,
        description="Daily copies of the database that are kept in the data folder; 0 makes none.",
    )
    allowed_hosts: Annotated[tuple[HostName, ...], NoDecode] = Field(
        default=(),
        description="Further names that the server answers to, with commas between: those of a"
        " proxy in front of it, or of this machine on its network.",
    )
    ice_servers: tuple[IceServer, ...] = Field(
        default=(), description="STUN/TURN servers as JSON; none are needed on localhost."
    )
    hf_token: SecretStr | None = Field(
        default=None, validation_alias="HF_TOKEN", description="Only for gated hub pipelines."
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """The names of a list with commas."""
        if not isinstance(value, str):
            return value
        return tuple(filter(None, (name.strip().strip("[]") for name in value.split(","))))

    @field_validator("remote_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        """The address of a server; None where it is empty."""
        if not url or not url.strip():
            return None
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("give the address with http:// or https://, up to /v1")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("give the address alone, and the key as MEETCORE_REMOTE_KEY")
        return url.strip()

    @field_validator("language")
    @classmethod
    def _known_language(cls, language: str | None) -> str | None:
        return language_choice(language)

    @property
    def database(self) -> str:
        """The database's URL: the one that was set, else SQLite inside the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'meetcore.db'}"

    @property
    def recordings_dir(self) -> Path:
        """The folder with a subfolder of audio for each meeting."""
        return self.data_dir / "recordings"


def load_settings(**chosen: Any) -> Settings:
    """The settings read from the environment and `.env`.

    Parameters
    ----------
    chosen : values that replace those, before they are checked together

    Raises
    ------
    SettingsError
        A value cannot be used; the message names the variable and what it accepts.
    """
    try:
        return Settings(**chosen)
    except ValidationError as error:
        problems = "; ".join(
            f"MEETCORE_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(
            f"A setting does not fit ({problems}). Correct it and start again."
        ) from error
