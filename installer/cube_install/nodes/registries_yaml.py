"""`registries.yaml`: where RKE2 and k3s look for images (docs.k3s.io, "Private Registry").

They make containerd's files from it, and put back what others write there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from cube_install.nodes.pull_registry import Origin, PullRegistry

_PARTS = ("mirrors", "configs")
_HEADING = "# cube-install nodes put the site's registry in, and kept all else.\n"
Json = dict[str, Any]


def merged_registries(
    text: str, registry: PullRegistry, origins: tuple[Origin, ...], ca_path: str, where: str
) -> str:
    """The file with the site's registry in it; the same text where all of it is there.

    Raises UsageError for what is no such file.
    """
    data = _read(text, where)
    before = yaml.safe_dump(data)
    mirrors, configs = (data.setdefault(part, {}) for part in _PARTS)
    for origin in origins:
        for name in origin.names:
            _put_first(mirrors, name, registry.url, rewrites(origin))
    _put_first(mirrors, registry.host, registry.url, {})
    configs[registry.host] = {**configs.get(registry.host, {}), **_access(registry, ca_path)}
    if not configs[registry.host]:
        del configs[registry.host]
    wanted: Json = {key: value for key, value in data.items() if value or key not in _PARTS}
    if text and yaml.safe_dump(wanted) == before:
        return text
    return _HEADING + yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True, width=10_000)


def rewrites(origin: Origin) -> dict[str, str]:
    """Expressions and what they make of a repository; at most one fits any of the bundle's.

    They are tried in no particular order, so that none may depend on another's failing.
    """
    paths: dict[str, list[str]] = {}
    rules: dict[str, str] = {}
    for name, target in sorted(origin.targets.items()):
        if target == name:
            continue
        if target.endswith(f"/{name}"):
            paths.setdefault(target.removesuffix(f"/{name}"), []).append(name)
        else:
            rules[f"^{re.escape(name)}$"] = target
    if len(paths) == 1 and len(next(iter(paths.values()))) == len(origin.targets):
        return {"^(.*)$": f"{next(iter(paths))}/$1"}
    for path, names in paths.items():
        rules[f"^({'|'.join(re.escape(name) for name in names)})$"] = f"{path}/$1"
    return rules


def _put_first(mirrors: Json, host: str, url: str, rules: dict[str, str]) -> None:
    entry = mirrors.get(host) or {}
    others = [one for one in entry.get("endpoint") or [] if one.rstrip("/") != url]
    kept = {key: value for key, value in entry.items() if key not in {"endpoint", "rewrite"}}
    mirrors[host] = {"endpoint": [url, *others], **({"rewrite": rules} if rules else {}), **kept}


def _access(registry: PullRegistry, ca_path: str) -> Json:
    access: Json = {}
    if registry.login is not None:
        access["auth"] = {
            "username": registry.login.username,
            "password": registry.login.password,
        }
    if registry.ca:
        access["tls"] = {"ca_file": ca_path}
    elif not registry.is_verified and not registry.is_plain:
        access["tls"] = {"insecure_skip_verify": True}
    return access


def _read(text: str, where: str) -> Json:
    try:
        data = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise _error(where, f"is not YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(data, dict):
        raise _error(where, "is no mapping")
    for part in _PARTS:
        if data.get(part) is None:
            data.pop(part, None)
        elif not isinstance(data[part], dict):
            raise _error(where, f"has {part} that are no mapping")
    return data


def _error(where: str, why: str) -> UsageError:
    return UsageError(f"{where} {why}", remedy="correct it by hand first; nothing was changed")
