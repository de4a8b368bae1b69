"""A command line: commands that load when they are called, and failures told to an operator."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from cube_airgap.errors import (
    AirgapError,
    Interrupted,
    SeveralErrors,
    SpaceError,
    exit_code_of,
)
from cube_airgap.near_names import did_you_mean
from cube_console.plain_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_GARBAGE_THRESHOLDS = (50_000, 20, 50)
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # as their descriptors 0, 1 and 2
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class Entry(NamedTuple):
    """A command: the module that has it, under its own name, and what it does in one line."""

    module: str
    summary: str


class LazyGroup(click.Group):
    """A group that imports a command when it is called; its own help needs none of them."""

    def __init__(self, entries: Mapping[str, Entry], **settings: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(**settings)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """The commands in the order in which they are mostly used."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of that name."""
        if cmd_name not in self.entries:
            if not cmd_name.startswith("-"):
                ctx.fail(f"No such command {cmd_name!r}: {did_you_mean(cmd_name, self.entries)}")
            return None
        module = import_module(self.entries[cmd_name].module)
        found: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])


def run(group: click.Group) -> NoReturn:
    """Run the command line of this process, and end it with the exit code of what happened.

    AirgapErrors are told with their remedy; a bug shows its traceback. SIGTERM is taken as Ctrl-C.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _open_closed_streams()
    # Reading a large catalogue makes 100,000 values that live: looking through them again and again
    # for garbage takes as long as the reading.
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    try:
        result = group(standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = _told(Interrupted("stopped", remedy="run the same command again when it suits"))
    except BrokenPipeError:
        code = 1  # whoever read the output has gone
    except AirgapError as error:
        code = _told(error)
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:  # no fault of stdout
            raise
        code = _told(_unwritten(error))
    _end(code)


def _open_closed_streams() -> None:
    """Let nothing else become descriptor 0, 1 or 2: what is said would go into a bundle."""
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - stays open
            setattr(sys, name, nowhere)


def _unwritten(error: OSError) -> SpaceError:
    return SpaceError(
        f"the result cannot be written to where stdout goes: {error.strerror}",
        remedy="free some space there, then run the same command again: what it did stays done",
    )


def _told(error: AirgapError) -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # all is done: who is impatient sees no traceback
    show_error(error)
    return exit_code_of(error)


def show_error(error: AirgapError) -> None:
    """Tell on stderr what failed and what to do now."""
    parts = error.errors if isinstance(error, SeveralErrors) else (error,)
    with suppress(OSError):  # the exit code tells the same
        for part in parts:
            click.secho("error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(plain_text(part.what), err=True)
            click.echo(f"  what to do: {plain_text(part.remedy)}", err=True)
        if len(parts) > 1:
            click.echo(f"{error.what}: {error.remedy}", err=True)


def _end(code: int) -> NoReturn:
    """End now: a thread that is stuck in a read of a stalled network must not hold the process."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)
