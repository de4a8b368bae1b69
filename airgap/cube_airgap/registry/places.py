"""Several places for one thing: mirrors, which are asked first, and the origin, which is last."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from cube_airgap.errors import AuthenticationError, IntegrityError, MissingError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from cube_airgap.errors import AirgapError

Place = TypeVar("Place")
Result = TypeVar("Result")

# Whatever is wrong with a mirror, the origin may still do.
_NEXT = (AuthenticationError, IntegrityError, MissingError, NetworkError)


def answers(places: Iterable[Place], ask: Callable[[Place], Result]) -> Iterator[Result]:
    """What each place answers that answers at all; each is asked when its turn comes.

    Raises AirgapError where none does.
    """
    errors: list[AirgapError] = []
    is_answered = False
    for place in places:
        try:
            answer = ask(place)
        except _NEXT as error:
            errors.append(error)
        else:
            is_answered = True
            yield answer
    if not is_answered:
        raise _all_failed(errors)


def first_answer(places: Iterable[Place], ask: Callable[[Place], Result]) -> Result:
    """What the first place answers that answers at all. Raises AirgapError where none does."""
    return next(answers(places, ask))


def streamed(
    places: Iterable[Place], read: Callable[[Place, int], Generator[bytes, None, None]], start: int
) -> Generator[bytes, None, None]:
    """The bytes from `start` on; the next place goes on where one gave up. Raises AirgapError."""
    position = start
    errors: list[AirgapError] = []
    for place in places:
        try:
            with closing(read(place, position)) as pieces:
                for piece in pieces:
                    position += len(piece)
                    yield piece
        except _NEXT as error:
            errors.append(error)
        else:
            return
    raise _all_failed(errors)


def _all_failed(errors: list[AirgapError]) -> AirgapError:
    """The origin's error, which tells of the mirrors' too, and what to do about each."""
    *others, last = errors
    told = "".join(f"; its mirror, asked before: {error}" for error in others)
    ways = dict.fromkeys(error.remedy for error in others if error.remedy != last.remedy)
    more = "".join(f"; for the mirror: {way}" for way in ways)
    return type(last)(f"{last}{told}", remedy=f"{last.remedy}{more}")
