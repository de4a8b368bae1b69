"""A set of digests in few bits each: it may take a strange digest for its own, with a known chance.

It is a Golomb-coded set: each digest is hashed to a number below N times 2^bits, the numbers are
sorted, and the gaps between them are Rice-coded. That takes some `bits` + 1.6 bits for each digest,
where a Bloom filter of the same chance, 2^-bits, takes 1.44 times `bits`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cube_airgap.digest import Digest

FEWEST_BITS, MOST_BITS = 8, 48
_MOST_DIGESTS = 1 << 24


@dataclass(frozen=True)
class DigestSet:
    """Whether digests belong to it, wrongly so for one in 2^`bits` of those that do not.

    Which those are depends on `salt` alone: another set of the same digests errs in others.
    """

    count: int
    bits: int
    salt: bytes
    numbers: frozenset[int]

    @classmethod
    def of(cls, digests: Iterable[Digest], bits: int, salt: bytes) -> Self:
        """The set of `digests`, with a chance of one in 2^`bits` (8 to 48)."""
        unique = {str(one) for one in digests}
        numbers = frozenset(_number(one, len(unique), bits, salt) for one in unique)
        return cls(len(unique), bits, salt, numbers)

    def has(self, digest: Digest) -> bool:
        """Whether `digest` is in the set, or, seldom, only seems to be."""
        return bool(self.count) and (
            _number(str(digest), self.count, self.bits, self.salt) in self.numbers
        )

    def encode(self) -> bytes:
        """The numbers, Rice-coded; decode() needs the rest besides."""
        return _rice(_gaps(sorted(self.numbers)), self.bits)

    @classmethod
    def decode(cls, raw: bytes, count: int, bits: int, salt: bytes) -> Self:
        """The set that encode() gave `raw` for. Raises ValueError for what cannot be one."""
        if not FEWEST_BITS <= bits <= MOST_BITS or not 0 <= count <= _MOST_DIGESTS:
            raise ValueError(f"a set of {count} digests with {bits} bits")
        numbers, last = set(), -1
        for gap in _unriced(raw, bits):
            last += gap + 1
            numbers.add(last)
        # Two digests may share a number, but hardly many do.
        if len(numbers) > count or last >= max(1, count << bits) or 2 * len(numbers) < count:
            raise ValueError(f"{len(numbers)} numbers up to {last} are not {count} digests")
        return cls(count, bits, salt, frozenset(numbers))


def _number(digest: str, count: int, bits: int, salt: bytes) -> int:
    """Evenly spread below count times 2^bits."""
    hashed = hashlib.sha256(salt + digest.encode()).digest()
    return int.from_bytes(hashed[:12], "big") * (count << bits) >> 96


def _gaps(ordered: Sequence[int]) -> Iterator[int]:
    last = -1
    for number in ordered:
        yield number - last - 1
        last = number


def _rice(gaps: Iterable[int], bits: int) -> bytes:
    """Each gap as so many ones as 2^bits goes into it, a zero, and the rest in `bits` bits.

    What is left of the last byte is ones, which no gap begins with that goes on to an end.
    """
    text = "".join(f"{'1' * (gap >> bits)}0{gap & (1 << bits) - 1:0{bits}b}" for gap in gaps)
    text += "1" * (-len(text) % 8)
    return int(f"1{text}", 2).to_bytes(len(text) // 8 + 1, "big")[1:]


def _unriced(raw: bytes, bits: int) -> Iterator[int]:
    text = "".join(f"{byte:08b}" for byte in raw)
    place = 0
    while (end := text.find("0", place)) >= 0:
        rest = text[end + 1 : end + 1 + bits]
        if len(rest) < bits:
            raise ValueError("it ends inside a number")
        yield (end - place << bits) + int(rest, 2)
        place = end + 1 + bits
