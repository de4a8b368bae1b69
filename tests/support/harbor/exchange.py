"""One question to a Harbor with its answer, and what of an answer does not vary between runs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

# What tells Harbors apart; dates, request numbers and the like are left out.
KEPT_HEADERS = (
    "www-authenticate",
    "location",
    "range",
    "docker-content-digest",
    "docker-upload-uuid",
    "oci-subject",
    "oci-filters-applied",
    "x-total-count",
    "link",
    "content-type",
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STATE = re.compile(r"_state=[^&\"\s]*")
_NUMBERED = re.compile(
    r"(/(?:projects|robots|registries|policies|executions|immutabletagrules|retentions|gc)/)\d+"
)
# Texts in which numbers and people's names vary.
_COUNTED = re.compile(r"(under the repository|for project:|robot account|robot|registry) \d+")
_SIZE = re.compile(r"\d+(?:\.\d+)? [KMGT]?i?B")


@dataclass(frozen=True)
class Names:
    """What a run is about: where Harbor is, and how its projects are called in this run."""

    base: str
    projects: dict[str, str]
    external_url: str = ""

    def filled(self, template: str) -> str:
        """A path with this run's names in place of `{p1}` and the like."""
        for placeholder, name in self.projects.items():
            template = template.replace(f"{{{placeholder}}}", name)
        return template

    def emptied(self, text: str) -> str:
        """A text with placeholders where this run's own values were."""
        # A token service may be announced with the scheme of one address and the host of another.
        for address in (self.base, self.external_url or self.base):
            host = re.escape(address.partition("://")[2])
            text = re.sub(rf"https?://{host}(?![\w:.-])", "{base}", text)
        for placeholder, name in self.projects.items():
            text = re.sub(
                rf"(?<![A-Za-z0-9.-]){re.escape(name)}(?![A-Za-z0-9-])", f"{{{placeholder}}}", text
            )
        text = _NUMBERED.sub(r"\1{number}", _STATE.sub("_state={state}", text))
        text = _COUNTED.sub(r"\1 {number}", _UUID.sub("{uuid}", text))
        return _SIZE.sub("{size}", text)


@dataclass(frozen=True)
class Exchange:
    """What was asked and answered; `seen` names the same exchange in the transcript, if any."""

    name: str
    method: str
    path: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seen: str = ""

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON can be anything
        return json.loads(self.body)

    def fixed(self, names: Names) -> dict[str, Any]:
        """What the answer must be in every run: status, telling headers, and the body's shape."""
        headers = {
            name: names.emptied(text)
            for name, text in self.headers.items()
            if name in KEPT_HEADERS and not (name == "content-type" and not self.body)
        }
        body = fixed_body(self.body, names)
        if "{p" not in self.path and isinstance(body, list):
            # What the whole Harbor has of something depends on its past.
            headers.pop("link", None)
            headers["x-total-count"], body = "{number}", "a list"
        return {"status": self.status, "headers": headers, "body": body}


def fixed_body(raw: bytes, names: Names) -> Any:  # noqa: ANN401 - JSON can be anything
    """Errors word by word; of other JSON the keys and types; of a page or text its first line."""
    try:
        value = json.loads(raw)
    except ValueError:
        return names.emptied(raw.decode(errors="replace").strip().partition("\n")[0].strip())
    if isinstance(value, dict) and "errors" in value:
        return json.loads(names.emptied(raw.decode()))
    return shape(value)


def shape(value: object) -> Any:  # noqa: ANN401 - JSON can be anything
    """The keys and the kinds of values, with one item for each list."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__
