"""Whether a client takes a media type (RFC 9110 section 12.5.1)."""

from __future__ import annotations


def accepts(accept: str, media_type: str) -> bool:
    """Whether `accept`, the header's value, allows `media_type`; an empty one allows all."""
    ranges = [_parsed(one) for one in accept.split(",") if one.strip()]
    if not ranges:
        return True
    kind = media_type.partition("/")[0]
    for wanted in (media_type, f"{kind}/*", "*/*"):  # the most exact one counts
        weights = [weight for name, weight in ranges if name == wanted]
        if weights:
            return max(weights) > 0
    return False


def _parsed(text: str) -> tuple[str, float]:
    """Media type and weight; a weight that is no number counts as 1."""
    name, *parameters = (part.strip() for part in text.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                return name.lower(), float(value)
            except ValueError:
                break
    return name.lower(), 1.0
