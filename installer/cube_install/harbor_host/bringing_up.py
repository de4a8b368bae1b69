"""Bringing a Harbor to what it is to be; every step may be done again after it was stopped."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cube_airgap.disk import writing_to
from cube_airgap.errors import MissingError, UsageError
from cube_harbor.secret import write_privately
from cube_install.harbor_host.certificates import make_certificate
from cube_install.harbor_host.harbor_yml import FirstPasswords, read_settings, settings_text
from cube_install.harbor_host.health import LocalHarbor
from cube_install.harbor_host.installer_archive import Unpacked, unpack
from cube_install.harbor_host.passwords import ADMINISTRATOR, first_passwords
from cube_install.harbor_host.plan import Action
from cube_install.harbor_host.programs import run_program
from cube_install.harbor_host.state import (
    Started,
    fingerprint,
    newest,
    write_mark,
    write_previous,
)
from cube_install.site.secret_sources import login_from_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cube_install.harbor_host.set_up import Outlook

_COMPOSE = ("docker", "compose")
# What a new version changes for good, and what the database cannot be read without.
_KEPT = ("database", "secret")


@dataclass(frozen=True)
class Work:
    """How to go about it: where the administrator's password is, how long to wait in seconds until
    Harbor is well, and whom to tell of each step.
    """

    password_file: Path
    seconds: float
    say: Callable[[str], None]


class BringingUp:
    """The changes that an outlook asks for."""

    def __init__(self, outlook: Outlook, work: Work) -> None:
        self._outlook = outlook
        self._work = work
        self._directory = outlook.order.directory
        self._log = self._directory / "install.log"

    def run(self) -> None:
        """Make the changes, and see that Harbor is well and takes the administrator's login.

        Raises AirgapError. It may be run again at any time, and goes on where it was stopped.
        """
        with writing_to(self._directory):
            self._directory.mkdir(parents=True, exist_ok=True)
        with _alone_in(self._directory):
            self._run_alone()

    def _run_alone(self) -> None:
        outlook, action = self._outlook, self._outlook.choice.action
        if outlook.certificate_due:
            self._say(f"making a certificate for {', '.join(outlook.host.names)}")
            make_certificate(outlook.order.certificates, outlook.host.names, datetime.now(UTC))
        if outlook.choice.installs:
            self._install()
        elif action is Action.CONFIGURE:
            self._configure(self._present)
        elif action is Action.START:
            self._say("starting what does not run")
            self._compose(self._present, "up", "-d")
        if action is not Action.NONE:
            self._wait()
        if self._work.password_file.exists():
            harbor = LocalHarbor(outlook.host, outlook.ca_file)
            harbor.check_login(login_from_file(ADMINISTRATOR, self._work.password_file))

    @property
    def _present(self) -> Unpacked:
        found = newest(self._directory, finished=True)
        if found is None:  # somebody deleted it since it was looked at
            raise MissingError(
                f"{self._directory} has no Harbor any more", remedy="run the same command again"
            )
        return found

    def _install(self) -> None:
        choice, archive = self._outlook.choice, self._outlook.order.archive
        assert archive is not None  # choose() sees to it  # noqa: S101
        self._say(f"unpacking {archive.name}")
        version = unpack(archive, self._directory)
        images = version.images  # before anything is stopped
        previous = choice.previous
        if previous is None:
            self._write_settings(version, self._first(version))
        else:
            self._say(f"loading the images of Harbor {version.version}")
            self._run(version, "docker", "load", "-i", str(images))
            self._translate_settings(previous, version)
            self._stop(previous, version)
        self._say(f"loading and starting Harbor {version.version}")
        options = ("--with-trivy",) if self._outlook.host.scans else ()
        self._run(version, "./install.sh", *options)
        self._mark(version)

    def _first(self, version: Unpacked) -> FirstPasswords | None:
        """Passwords for a Harbor without a database; one that was begun with has its own."""
        if version.settings.exists():
            return None
        if (self._outlook.host.data / "database").exists():
            raise MissingError(
                f"{self._outlook.host.data} has the database of another Harbor, and nothing here "
                "knows its password",
                remedy=f"put that Harbor's harbor.yml into {version.directory}, or give another "
                "--data-volume",
            )
        made = not self._work.password_file.exists()
        passwords = first_passwords(self._work.password_file)
        if made:
            self._say(f"the administrator's password was made: {self._work.password_file}")
        return passwords

    def _write_settings(self, version: Unpacked, first: FirstPasswords | None) -> None:
        path = version.settings if version.settings.exists() else version.template
        outlook = self._outlook
        text = settings_text(read_settings(path), outlook.host, outlook.certified, first)
        write_privately(version.settings, text)

    def _translate_settings(self, previous: Unpacked, version: Unpacked) -> None:
        """Give `version` the settings of `previous`, in the form that it wants them."""
        if not version.settings.exists():
            draft = version.directory / "harbor.yml.draft"
            write_privately(draft, read_settings(previous.settings))
            if previous.release != version.release:
                self._say(f"translating the settings of Harbor {previous.version}")
                mounts = ("--rm", "--network", "none", "-v", "/:/hostfs")
                program = (version.prepare_image, "migrate", "-i", str(draft.resolve()))
                self._run(version, "docker", "run", *mounts, *program)
            write_privately(version.settings, read_settings(draft))
            draft.unlink()
        self._write_settings(version, None)

    def _stop(self, previous: Unpacked, version: Unpacked) -> None:
        """Stop `previous`, and keep a copy of what `version` is going to change."""
        if self._outlook.choice.action is Action.TAKE_OVER:
            write_previous(version, previous.directory)
        self._say(f"stopping Harbor {previous.version}")
        self._compose(previous, "down")
        kept = version.directory.parent / "before"
        if kept.exists():
            return  # the new version may have changed the database since
        self._say(f"keeping its database in {kept}")
        part = kept.with_name("before.part")
        with writing_to(kept):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(mode=0o700)
            shutil.copy2(previous.settings, part)
        for name in _KEPT:
            source = self._outlook.host.data / name
            if source.exists():
                # By cp, which keeps owners, and copies nothing where the file system can share.
                self._run(version, "cp", "-a", "--reflink=auto", str(source), str(part))
        with writing_to(kept):
            part.rename(kept)

    def _configure(self, version: Unpacked) -> None:
        self._say("changing the settings, and restarting")
        self._write_settings(version, None)
        options = ("--with-trivy",) if self._outlook.host.scans else ()
        self._run(version, "./prepare", *options)
        self._compose(version, "down")
        self._compose(version, "up", "-d")
        self._mark(version)

    def _mark(self, version: Unpacked) -> None:
        seen = fingerprint(read_settings(version.settings), self._outlook.certified)
        write_mark(version, Started(seen, self._outlook.host.scans))

    def _wait(self) -> None:
        self._say("waiting until all of it is well")
        LocalHarbor(self._outlook.host, self._outlook.ca_file).wait(self._work.seconds)

    def _compose(self, version: Unpacked, *arguments: str) -> None:
        self._run(version, *_COMPOSE, *arguments)

    def _run(self, version: Unpacked, *command: str) -> None:
        run_program(command, version.directory, self._log)

    def _say(self, text: str) -> None:
        self._work.say(text)


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Let no other run work in `directory` meanwhile. Raises UsageError where one does."""
    with writing_to(directory):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UsageError(
            f"another cube-install harbor works on {directory}",
            remedy="wait until it is done, then run the same command again",
        ) from None
    finally:
        os.close(descriptor)
