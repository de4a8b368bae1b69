"""The tags of a repository, and telling which ones come close to one that is not there."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, MissingError
from cube_airgap.registry.pages import read_pages

if TYPE_CHECKING:
    from cube_airgap.registry.repository import Repository

_PAGE_LENGTH = 1000
_NAMED = 5
_MOST_COMPARED = 20_000
# More than any repository has that works; a hostile registry lists tags without end.
_MOST_TAGS = 100_000
_LONGEST_TAG = 128


def list_tags(repository: Repository) -> tuple[str, ...]:
    """Every tag of `repository`, or the first 100,000.

    Raises AirgapError; MissingError where there is no such repository.
    """
    call = repository.call(f"tags/list?n={_PAGE_LENGTH}")
    what = f"repository {repository.name}"
    found: dict[str, None] = {}
    for body in read_pages(repository.endpoint, call, repository.retries, what):
        tags = body.get("tags")
        found |= dict.fromkeys(filter(_is_tag, tags)) if isinstance(tags, list) else {}
        if len(found) >= _MOST_TAGS:
            break
    return tuple(found)[:_MOST_TAGS]


def _is_tag(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TAG


def no_such_tag(repository: Repository, tag: str) -> MissingError:
    """The error for a tag that is not there; it names close ones if the registry lists them."""
    try:
        tags = list_tags(repository)
    except MissingError:
        return MissingError(
            f"{repository.endpoint.host} has no repository {repository.name}",
            remedy="check the name; some registries say the same of what one may not see",
        )
    except AirgapError:
        tags = ()
    # Signatures and referrers lie under tags like this; nobody means one of them.
    tags = tuple(one for one in tags if not one.startswith("sha256-"))
    close = difflib.get_close_matches(tag, tags[:_MOST_COMPARED], _NAMED, 0.5)
    named = close or sorted(tags)[-_NAMED:]
    return MissingError(
        f"{repository} has no tag {tag}",
        remedy=f"there are: {', '.join(named)}" if named else "check the tag and the name",
    )
