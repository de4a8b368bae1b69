"""A have-list as a set that may err, in a file, or in lines that are typed or photographed.

docs/refresh.md specifies both. That it may err is safe: whoever relies on a blob asks the registry
for it before anything is written.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.digest_set import DigestSet
from cube_airgap.errors import IntegrityError, UsageError
from cube_airgap.json_values import read_number, read_text
from cube_airgap.line_check import LinesError, decode_lines, encode_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.digest import Digest

FILE_MAGIC = b"cube-airgap-have-set 1\n"
TEXT_MAGIC = "cube-airgap have-list 1"
FILE_BITS = 28
"""One absent blob in 268 million is taken for one that is there; 10,000 take 37 kB."""
TEXT_BITS = 16
"""One in 65,536; 10,000 blobs take 22 kB, which are 36,000 letters."""
_HEAD = re.compile(
    r"(?P<told>registry (?P<registry>\S+) count (?P<count>\d{1,8}) bits (?P<bits>\d{1,2}) "
    r"salt (?P<salt>[0-9a-f]{8,32}) size (?P<size>\d{1,9})) check (?P<check>[0-9a-f]{8})"
)
_NAMED = 20


@dataclass(frozen=True)
class CompactHaveList:
    """The blobs and manifests of `registry`, wherever in it they are."""

    registry: str
    digests: DigestSet

    @classmethod
    def of(cls, registry: str, digests: Iterable[Digest], bits: int, salt: bytes) -> Self:
        """One that errs once in 2^`bits`; `salt` decides where, and should be new each time."""
        return cls(registry, DigestSet.of(digests, bits, salt))

    def has(self, digest: Digest) -> bool:
        """Whether the registry has it, or, seldom, only seems to."""
        return self.digests.has(digest)

    def encode(self) -> bytes:
        """The file: a line that names it, one of JSON, and the set."""
        one, raw = self.digests, self.digests.encode()
        head = {
            "registry": self.registry,
            "count": one.count,
            "bits": one.bits,
            "salt": one.salt.hex(),
            "sha256": hashlib.sha256(raw).hexdigest(),
        }
        return FILE_MAGIC + json.dumps(head, separators=(",", ":")).encode() + b"\n" + raw

    @classmethod
    def parse(cls, raw: bytes, *, where: str) -> Self:
        """Read a file; `where` names it in errors. Raises UsageError, IntegrityError."""
        line, _, data = raw.removeprefix(FILE_MAGIC).partition(b"\n")
        try:
            head = json.loads(line)
            if hashlib.sha256(data).hexdigest() != head["sha256"]:
                raise _damaged(where, "its bytes are not those that were written")
            return cls(read_text(head["registry"]), _set(data, head))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _damaged(where, f"{error}") from None

    def print(self) -> str:
        """The lines: what is to be typed or photographed, with a check on each."""
        one, raw = self.digests, self.digests.encode()
        told = (
            f"registry {self.registry} count {one.count} bits {one.bits} salt {one.salt.hex()} "
            f"size {len(raw)}"
        )
        head = f"{told} check {_short_check(told, raw)}"
        return "\n".join([TEXT_MAGIC, head, *encode_lines(raw), "end"]) + "\n"

    @classmethod
    def parse_text(cls, text: str, *, where: str) -> Self:
        """Read lines; `where` names them in errors. Raises UsageError naming the wrong ones."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        head = _HEAD.fullmatch(" ".join(lines[1].split()).lower()) if len(lines) > 1 else None
        if head is None:
            raise _bad_second_line(where)
        told = {name: int(head[name]) for name in ("count", "bits")}
        try:
            raw = decode_lines(lines[2:], int(head["size"]))
            if _short_check(head["told"], raw) != head["check"]:  # each other line has its own
                raise _bad_second_line(where)
            return cls(head["registry"], _set(raw, told | {"salt": head["salt"]}))
        except LinesError as error:
            raise _mistyped(where, error.numbers) from None
        except ValueError as error:
            raise _damaged(where, str(error)) from None


def _set(raw: bytes, head: dict[str, Any]) -> DigestSet:
    count, bits = read_number(head["count"]), read_number(head["bits"])
    return DigestSet.decode(raw, count, bits, bytes.fromhex(read_text(head["salt"])))


def _short_check(told: str, raw: bytes) -> str:
    """Of the second line as well: another salt or count makes another set of the same bytes."""
    return hashlib.sha256(told.encode() + raw).hexdigest()[:8]


def _bad_second_line(where: str) -> UsageError:
    return UsageError(
        f"{where}: its second line (registry, count, bits, salt, size, check) is mistyped",
        remedy="compare that line with the printed one, and correct it",
    )


def _mistyped(where: str, numbers: tuple[int, ...]) -> UsageError:
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    named = ", ".join(map(str, numbers[:_NAMED]))
    return UsageError(
        f"{where} lacks lines, or they are mistyped: {named}{more}",
        remedy="compare the lines of these numbers with the printed ones; their order does not "
        "matter",
    )


def _damaged(where: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{where} is no whole have-list: {why[:200]}",
        remedy="carry it out again, or write a new one with `cube-install have`",
    )
