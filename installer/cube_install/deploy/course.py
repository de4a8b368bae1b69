"""Which components are up, at work or given up, while all that may run side by side do."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, AuthenticationError, NetworkError, UsageError
from cube_airgap.threads import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cube_install.stack.rendered import RenderedComponent

_PATIENCE = 0.5
# With these no other component can get further either.
_FATAL = (AuthenticationError, NetworkError)


class State(StrEnum):
    """What became of a component."""

    UP = "up"
    FAILED = "failed"
    LEFT = "left"  # not begun: something that it needs is not up, or all was stopped


@dataclass(frozen=True)
class ComponentOutcome:
    """A component's end; `needs` are those for which it was left."""

    name: str
    state: State
    error: AirgapError | None = None
    needs: tuple[str, ...] = ()
    seconds: float = 0.0


class Course:
    """Runs components, each in a thread of its own, as soon as all that it needs is up."""

    def __init__(self, components: Sequence[RenderedComponent]) -> None:
        """Raises UsageError where a component needs one that does not come before it."""
        _check(components)
        self._components = components
        self._changed = threading.Condition()
        self._ended: dict[str, ComponentOutcome] = {}
        self.stop = threading.Event()
        """Set when what runs should end soon."""

    def run(self, work: Callable[[RenderedComponent], None]) -> tuple[ComponentOutcome, ...]:
        """Carry out `work` for each; what became of them, in their order.

        An AirgapError fails the component, and leaves those that need it. Any other exception ends
        all. Raises KeyboardInterrupt.
        """
        workers = Workers(len(self._components))
        try:
            workers.run([partial(self._take, one, work) for one in self._components])
        except BaseException:
            self.stop.set()
            raise
        return tuple(self._ended[one.name] for one in self._components)

    def _take(
        self, component: RenderedComponent, work: Callable[[RenderedComponent], None]
    ) -> None:
        missing = self._await_needs(component)
        if missing or self.stop.is_set():
            self._end(ComponentOutcome(component.name, State.LEFT, needs=missing))
            return
        began = time.monotonic()
        try:
            work(component)
        except AirgapError as error:
            seconds = time.monotonic() - began
            self._end(ComponentOutcome(component.name, State.FAILED, error, seconds=seconds))
            if isinstance(error, _FATAL):
                self.stop.set()
            return
        seconds = time.monotonic() - began
        self._end(ComponentOutcome(component.name, State.UP, seconds=seconds))

    def _await_needs(self, component: RenderedComponent) -> tuple[str, ...]:
        """Those of its needs that will not be up; waits until that is known of all."""
        with self._changed:
            while not all(name in self._ended for name in component.needs):
                if self.stop.is_set():
                    return ()
                self._changed.wait(_PATIENCE)
            return tuple(
                name for name in component.needs if self._ended[name].state is not State.UP
            )

    def _end(self, outcome: ComponentOutcome) -> None:
        with self._changed:
            self._ended[outcome.name] = outcome
            self._changed.notify_all()


def _check(components: Sequence[RenderedComponent]) -> None:
    known: set[str] = set()
    for one in components:
        strange = [name for name in one.needs if name not in known]
        if strange:
            raise UsageError(
                f"component {one.name} needs {strange[0]}, which does not come before it",
                remedy="have the stack name it, and no two components need each other",
            )
        known.add(one.name)
