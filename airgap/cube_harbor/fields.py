"""Reading the JSON objects of Harbor's API: each value of its type, or a clear error."""

from __future__ import annotations

from typing import Any, TypeVar

from cube_airgap.errors import NetworkError

Value = TypeVar("Value")


class Fields:
    """The keys of one JSON object; `what` names it in errors.

    What is absent or null has the empty value of its type, since Harbor leaves such values out.
    """

    def __init__(self, value: Any, what: str) -> None:  # noqa: ANN401 - JSON can be anything
        """Raises NetworkError when `value` is no object."""
        if not isinstance(value, dict):
            raise _strange(what, f"a {type(value).__name__} where an object belongs")
        self._value: dict[str, Any] = value
        self._what = what

    def text(self, key: str) -> str:
        """A text. Raises NetworkError."""
        return self._of_type(key, str, "")

    def number(self, key: str) -> int:
        """A whole number. Raises NetworkError."""
        return self._of_type(key, int, 0)

    def truth(self, key: str) -> bool:
        """A truth value; project metadata write it as a text. Raises NetworkError."""
        value = self._value.get(key)
        return value == "true" if isinstance(value, str) else self._of_type(key, bool, False)  # noqa: FBT003

    def known_truth(self, key: str) -> bool | None:
        """A truth value, or None when it is not told. Raises NetworkError."""
        return None if self._value.get(key) is None else self.truth(key)

    def inner(self, key: str) -> Fields:
        """An object. Raises NetworkError."""
        return Fields(self._value.get(key) or {}, f"{self._what}, {key}")

    def objects(self, key: str) -> list[Fields]:
        """A list of objects. Raises NetworkError."""
        return read_list(self._value.get(key), f"{self._what}, {key}")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts. Raises NetworkError."""
        return tuple(str(text) for text in self._of_type(key, list, []))

    def _of_type(self, key: str, kind: type[Value], empty: Value) -> Value:
        value = self._value.get(key)
        if value is None:
            return empty
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _strange(self._what, f"a {type(value).__name__} for {key}")
        return value


def read_list(value: Any, what: str) -> list[Fields]:  # noqa: ANN401 - JSON can be anything
    """A list of objects; null is an empty one. Raises NetworkError."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise _strange(what, f"a {type(value).__name__} where a list belongs")
    return [Fields(item, what) for item in value]


def _strange(what: str, why: str) -> NetworkError:
    return NetworkError(
        f"Harbor's answer about {what} has {why}",
        remedy="check that the host is a Harbor of version 2.9 or newer, and that no proxy "
        "answers in its place",
    )
