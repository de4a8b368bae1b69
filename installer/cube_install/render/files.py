"""The files of a rendered stack: filled with values, settings set, and references rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, collected_in, raise_all
from cube_install.render.python_settings import with_settings
from cube_install.render.rewriting import replacements, rewritten
from cube_install.render.substitution import filled_file, filled_value
from cube_scan.scan import scan_contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cube_airgap.stack_entries import Component, Scalar
    from cube_install.render.places import Places
    from cube_install.render.source import StackSource


def rendered_files(
    source: StackSource,
    components: Iterable[Component],
    values: Mapping[str, Scalar],
    places: Places,
) -> dict[str, bytes]:
    """The files of `components`, and the seed data if one of them takes it.

    Names are as in the bundle: stack/NAME. Raises UsageError for settings that cannot be set.
    """
    filled = _filled(source, list(components), values)
    report = scan_contents(filled, listed=places.known)
    wanted = replacements(report.findings, places)
    for name, ones in wanted.items():
        filled[name] = rewritten(filled[name].decode(), ones).encode()
    return filled


def _filled(
    source: StackSource, components: list[Component], values: Mapping[str, Scalar]
) -> dict[str, bytes]:
    stack = source.stack
    found: dict[str, bytes] = {}
    errors: list[AirgapError] = []
    for component in components:
        mapped = [name for rule in component.config_maps for name in rule.keys.values()]
        for name in (*component.manifests, *mapped):
            found[f"{stack.origin}/{name}"] = filled_file(stack.files[name], values)
        for rule in component.settings:
            name = f"{stack.origin}/{rule.file}"
            with collected_in(errors):
                found[name] = with_settings(found[name], filled_value(rule.values, values), name)
        if any(rule.takes_seeds for rule in component.config_maps):
            found.update(source.seeds)
    raise_all(errors)
    return found
