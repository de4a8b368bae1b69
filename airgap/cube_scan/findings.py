"""What a scan finds: a text in a place, what it is taken for, and the way it asks for an image."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cube_airgap.reference import Reference


class Way(StrEnum):
    """How a text comes to be pulled or fetched."""

    CONTAINER = "container image"
    CRD_FIELD = "field of a custom resource"
    CRD_DEFAULT = "default in a custom resource definition"
    ARGUMENT = "argument, joined by ="
    ARGUMENT_PAIR = "argument, in the next item"
    ENVIRONMENT = "environment variable"
    PARTS = "put together from parts"
    EMBEDDED = "text inside a value"
    VALUE = "value that reads as a reference"
    FIELD = "field named for an image"
    ARGUMENT_DEFAULT = "default of an argument"
    KUSTOMIZE = "kustomize images"
    OPERATOR_DEFAULT = "default compiled into an operator"
    PYTHON = "Python value"
    DOCKERFILE = "Dockerfile"
    SHELL = "shell command"
    LINE = "line of a plain list"
    ROW = "cell of a table"
    HELM = "Helm chart"


class Claim(StrEnum):
    """How strongly the place says that the text is an image."""

    IMAGE = "image"
    CONTAINED = "in a container of images"
    MAYBE = "maybe"
    PARTIAL = "partly known"
    FETCHED = "address of a file that is fetched"
    ENDPOINT = "address of a service that is asked"
    LINK = "address for people"

    @property
    def is_address(self) -> bool:
        """Whether the text is an address rather than an image."""
        return self in {Claim.FETCHED, Claim.ENDPOINT, Claim.LINK}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A text that may ask for an image or a download, before it is judged.

    `reference` is what it means once put together, where that is not the text itself. Of several
    parts, the first of the name has as `rest` what follows it there; others have None.
    """

    text: str
    line: int
    field: str
    way: Way
    claim: Claim
    reference: str = ""
    note: str = ""
    rest: str | None = None


class Kind(StrEnum):
    """What a text was judged to be."""

    REFERENCE = "reference"
    PLACEHOLDER = "placeholder"
    INVALID = "not a reference a registry can serve"
    UNKNOWN = "cannot tell"
    ASSET = "asset"
    ENDPOINT = "endpoint"
    LINK = "link"


class State(StrEnum):
    """When the file in which a text stands has an effect on site."""

    APPLIED = "applied"
    UNAPPLIED = "unapplied"
    RUNTIME = "runtime"
    BOOTSTRAP = "bootstrap"
    BUILD = "build"
    LISTED = "listed"
    OPTIONAL = "optional"
    UNPLACED = "unplaced"

    @property
    def is_used(self) -> bool:
        """Whether a site can come to ask for it; what no recipe knows counts as used."""
        return self in {State.APPLIED, State.RUNTIME, State.BOOTSTRAP, State.UNPLACED}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """File (relative to what was scanned), line counted from 1, and path inside the document."""

    file: str
    line: int
    field: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A judged text: `text` as it stands there; `reference` for references only.

    `rest` is set where `text` is the first part of a name of several: what follows it in the name.
    """

    kind: Kind
    text: str
    place: Place
    way: Way
    state: State
    reference: Reference | None = None
    note: str = ""
    suggestion: str = ""
    rest: str | None = None
