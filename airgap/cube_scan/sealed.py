"""The data of a Secret as text, so that images and downloads in it are found."""

from __future__ import annotations

import base64
import binascii

from cube_scan.tree import Mapping, Node, Scalar


def unsealed(root: Mapping) -> Mapping:
    """`root` with what is in base64 below `data` decoded; what is no text there is left out."""
    opened = Mapping(root.line)
    for key, value in root.items:
        is_data = key.text == "data" and isinstance(value, Mapping)
        opened.items.append((key, _opened(value) if is_data else value))
    return opened


def _opened(data: Node) -> Node:
    opened = Mapping(data.line)
    for key, value in data.items if isinstance(data, Mapping) else ():
        text = _decoded(value.text) if isinstance(value, Scalar) else None
        if text is not None:
            opened.items.append((key, Scalar(text, value.line)))
    return opened


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
