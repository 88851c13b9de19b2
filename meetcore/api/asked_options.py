"""An upload's header and the options of a job: typed, within ranges, no path among them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Self
from urllib.parse import unquote

from pydantic import AfterValidator, Field, ValidationError, model_validator

from meetcore.api.change_endpoints import Body
from meetcore.api.responses import RefusedError
from meetcore.records import JobOptions
from meetcore.text.languages import MOST_CANDIDATES
from meetcore.text.lines import typed_line
from meetcore.weights.catalogue import load_catalogue
from meetcore.weights.names import WITHOUT_FILES

LONGEST_PROMPT = 600
MOST_SPEAKERS = 30
LONGEST_PATH = 4096
"""Characters of a file's name as a browser may send it."""
_FURTHER = rf"(,[a-z]{{2,3}}){{0,{MOST_CANDIDATES - 1}}}"
Language = Annotated[str, Field(pattern=rf"^([a-z]{{2,3}}{_FURTHER}|auto)$")]
"""A code, several with commas between, or "auto"; the service says which it accepts."""
Count = Annotated[int, Field(ge=1, le=MOST_SPEAKERS)]


@cache
def offered_recognizers() -> frozenset[str]:
    """The names of the catalogue; the command line and the settings take paths too."""
    weights = load_catalogue().weights.values()
    return frozenset(weight.name for weight in weights if weight.role == "recognizer")


def _offered(name: str) -> str:
    if name and name not in (*offered_recognizers(), *WITHOUT_FILES):
        raise ValueError("this recognizer is not one of those offered")
    return name


def _lines(text: str) -> str:
    """Each line without control characters; empty lines are left out."""
    return "\n".join(filter(None, map(typed_line, text.splitlines())))


class AskedOptions(Body):
    """The options that an upload, or a meeting that is transcribed again, may have."""

    language: Language | None = None
    recognizer: Annotated[str, Field(max_length=60), AfterValidator(_offered)] = ""
    speakers: bool = True
    n_speakers: Count | None = None
    max_speakers: Count | None = None
    prompt: Annotated[str, AfterValidator(_lines), Field(max_length=LONGEST_PROMPT)] = ""

    @model_validator(mode="after")
    def _one_count(self) -> Self:
        if self.n_speakers is not None and self.max_speakers is not None:
            raise ValueError("give either n_speakers or max_speakers, not both")
        return self

    def record(self) -> JobOptions:
        """The same as the record that jobs are stored with."""
        return JobOptions(**self.model_dump())


class AskedUpload(Body):
    """What the header of an upload says."""

    name: Annotated[str, Field(max_length=LONGEST_PATH)]
    options: AskedOptions = AskedOptions()
    modified: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """The file's last change, in milliseconds since 1970."""

    @property
    def modified_at(self) -> datetime | None:
        """The file's last change; None where the browser gives none, or no time at all."""
        if self.modified is None:
            return None
        try:
            return datetime.fromtimestamp(self.modified / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None


def asked_upload(header: str) -> AskedUpload:
    """The percent-encoded JSON of an upload's header.

    Raises
    ------
    RefusedError
        A value is none that the Upload page sends.
    """
    try:
        return AskedUpload.model_validate_json(unquote(header))
    except ValidationError as error:
        raise RefusedError("The upload's options make no sense: reload the page.", 422) from error


def asked_options(**values: object) -> JobOptions:
    """Options chosen on a page.

    Raises
    ------
    RefusedError
        A value is none that the page offers; reload the page.
    """
    try:
        return AskedOptions.model_validate(values).record()
    except ValidationError as error:
        raise RefusedError("These options make no sense: reload the page.", 422) from error
