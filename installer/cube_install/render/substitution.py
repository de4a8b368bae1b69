"""Filling a stack's files with a site's values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_airgap.placeholders import filled
from cube_airgap.stack_values import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.stack_entries import Scalar
    from cube_install.render.site_registry import SiteRegistry
    from cube_install.render.source import StackSource


def all_values(
    chosen: Mapping[str, Scalar], registry: SiteRegistry, source: StackSource
) -> dict[str, Scalar]:
    """The site's values, and those that exist in every stack."""
    return {
        **chosen,
        "registry": registry.name,
        "registry.host": registry.host,
        "registry.project": registry.project,
        "platform": source.stack.platform,
        # What has it is another thing with each bundle, and the same with one bundle.
        "bundle": source.bundle.short,
    }


def filled_file(content: bytes, values: Mapping[str, Scalar]) -> bytes:
    """`content` with values in the place of its placeholders; what is no UTF-8 is left alone."""
    if b"${cube." not in content:
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    return filled_text(text, values).encode()


def filled_text(text: str, values: Mapping[str, Scalar]) -> str:
    """`text` with values in the place of its placeholders."""
    return filled(text, {name: as_text(value) for name, value in values.items()})


def filled_value(value: Any, values: Mapping[str, Scalar]) -> Any:  # noqa: ANN401 - whatever YAML holds
    """The same for all texts in nested lists and mappings.

    A text that is one placeholder and nothing else becomes the value itself: a number, a boolean.
    """
    if isinstance(value, str):
        whole = value.removeprefix("${cube.").removesuffix("}")
        return values[whole] if value == f"${{cube.{whole}}}" else filled_text(value, values)
    if isinstance(value, list):
        return [filled_value(one, values) for one in value]
    if isinstance(value, dict):
        return {key: filled_value(one, values) for key, one in value.items()}
    return value
