"""What is to be done to a Harbor, and what was, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cube_install.harbor_host.passwords import ADMINISTRATOR
from cube_install.harbor_host.plan import Action
from cube_install.harbor_host.steps import steps_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_install.harbor.finding import Finding
    from cube_install.harbor_host.set_up import Outlook
    from cube_install.site.site_file import SiteFile

_DONE = {
    Action.NONE: "nothing was to be done",
    Action.START: "it was started",
    Action.CONFIGURE: "its settings were changed",
    Action.INSTALL: "it was installed",
    Action.UPGRADE: "it was upgraded",
    Action.TAKE_OVER: "it was taken over",
}


@dataclass(frozen=True)
class Handed:
    """What an operator goes on with; `site` is the file that was there before, if there was one."""

    password_file: Path
    ca_file: Path | None
    bundle: Path | None
    site: SiteFile | None = None


def plan_text(outlook: Outlook, password_file: Path) -> str:
    """For people: the steps, in their order."""
    choice = outlook.choice
    if choice.action is Action.NONE:
        return f"Harbor {choice.version} is well at {outlook.host.url}: there is nothing to do"
    head = f"{choice.action}: Harbor {choice.version} at {outlook.host.url}"
    steps = steps_of(outlook, password_file)
    return "\n".join([head, *(f"  {number}. {step}" for number, step in enumerate(steps, 1))])


def plan_json(outlook: Outlook, password_file: Path) -> dict[str, Any]:
    """For machines."""
    return {**_json(outlook), "steps": list(steps_of(outlook, password_file))}


def done_text(outlook: Outlook, handed: Handed) -> str:
    """For people: where it is, how to log in, and what to type next."""
    host = outlook.host
    lines = [
        f"Harbor {outlook.choice.version} is well at {host.url}: {_DONE[outlook.choice.action]}",
        f"its administrator is admin, with the password in {handed.password_file}",
    ]
    if handed.ca_file is not None:
        lines.append(f"{handed.ca_file} is what its clients trust it by")
    if not host.https_port:
        lines.append("it speaks plain HTTP: passwords can be read on the way")
    if handed.site is None:
        lines.append("site.yaml was written, and tells the other commands of it")
    else:
        lines += _missing_lines(handed.site, _registry(outlook, handed))
    bundle = "" if handed.bundle is not None else " --bundle BUNDLE"
    return "\n".join([*lines, "", f"next: cube-install preflight{bundle}"])


def _registry(outlook: Outlook, handed: Handed) -> dict[str, str]:
    """What the site file has to say of the registry, by its keys."""
    values = {"host": outlook.host.host, "username": ADMINISTRATOR}
    values["password_file"] = str(handed.password_file)
    if handed.ca_file is not None:
        values["ca_file"] = str(handed.ca_file)
    if not outlook.host.https_port:
        values["insecure"] = "true"
    return values


def _missing_lines(site: SiteFile, wanted: dict[str, str]) -> list[str]:
    missing = [key for key, value in wanted.items() if not _says(site, key, value)]
    if not missing:
        return []
    told = [f"    {key}: {wanted[key]}" for key in missing]
    return [f"{site.path} does not say yet:", "  registry:", *told]


def _says(site: SiteFile, key: str, value: str) -> bool:
    settings = site.settings
    if key == "host":
        return str(settings.get("to", "")).partition("/")[0] == value
    if key == "insecure":
        return bool(settings.get("insecure"))
    if key == "username":  # another administrator is as good
        return any(one in settings for one in ("username", "creds_file"))
    if key == "password_file" and {"password_env", "creds_file"} & settings.keys():
        return True
    return key in settings and Path(settings[key]).absolute() == Path(value).absolute()


def done_json(outlook: Outlook, handed: Handed, findings: Sequence[Finding]) -> dict[str, Any]:
    """For machines."""
    return {
        **_json(outlook),
        "passwordFile": str(handed.password_file),
        "caFile": str(handed.ca_file) if handed.ca_file else None,
        "findings": [
            {"severity": one.severity, "what": one.what, "remedy": one.remedy} for one in findings
        ],
    }


def _json(outlook: Outlook) -> dict[str, Any]:
    choice = outlook.choice
    return {
        "action": choice.action.value,
        "version": choice.version,
        "previous": choice.previous.version if choice.previous else None,
        "url": outlook.host.url,
        "registry": outlook.host.host,
    }
