"""A page as one HTML file that fetches nothing, and reads without its script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from cube_console.amounts import count_text, size_text

if TYPE_CHECKING:
    from cube_bundle.report.page import Page


def page_html(page: Page) -> bytes:
    """The file's bytes; the same page gives the same bytes.

    Every text of `page` is escaped, and the page's policy lets no script run but its own.
    """
    environment = _environment()
    script = environment.get_template("page.js").render()
    digest = hashlib.sha256(script.encode()).digest()
    template = environment.get_template("page.html.j2")
    return template.render(page=page, script_hash=base64.b64encode(digest).decode()).encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cube_bundle.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["size"] = size_text
    environment.filters["count"] = count_text
    return environment
