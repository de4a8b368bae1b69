"""Writing a commented site file from a few answers."""

from __future__ import annotations

import json
from dataclasses import dataclass

import yaml

from cube_airgap.relocation import DEFAULT_PROJECT


@dataclass(frozen=True)
class Answers:
    """What is asked for; an empty text is no answer, and leaves an example in a comment."""

    host: str = ""
    project: str = DEFAULT_PROJECT
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    bundle: str = ""
    is_insecure: bool = False
    creates_project: bool = False
    kubeconfig: str = ""
    entry_address: str = ""
    storage_root: str = ""
    has_gpus: bool = False
    trusted_keys: tuple[str, ...] = ()


def site_text(answers: Answers) -> str:
    """The file's text: what was answered, and everything else as comments. Always a site file."""
    lines = [*_head(answers), *_registry(answers), *_cluster(answers), *_stack(answers), *_REST]
    return "\n".join(lines) + "\n"


def _head(answers: Answers) -> list[str]:
    return [
        "# The site that cube-install works for. It is read from the current directory, or given",
        "# with --site. Options and variables (CUBE_INSTALL_…) win over it. It holds no passwords.",
        "# Paths are taken from this file's directory.",
        "version: 1",
        _line("bundle", answers.bundle, "cube-studio.tar.zst", "the bundle to install", ""),
        _keys(answers.trusted_keys or ("site.pub",), "" if answers.trusted_keys else "# "),
        "",
    ]


def _keys(paths: tuple[str, ...], mark: str) -> str:
    told = ", ".join(map(_flow_scalar, paths))
    return f"{mark}trusted_keys: [{told}]  # take only bundles that one of these public keys signed"


def _registry(answers: Answers) -> list[str]:
    if not answers.host:
        return ["# No registry: cube-install serves the bundle from this machine (see `serve`).",
                "# registry:", "#   host: harbor.example"]  # fmt: skip
    return [
        "registry:",
        _line("host", answers.host, "", "HOST or HOST:PORT; Harbor, or any other registry"),
        _line("project", answers.project, "", "images go to HOST/PROJECT/…"),
        _truth("create_project", "in Harbor: make it if it is not there", answers.creates_project),
        "  # public: true  # let everyone pull from a project that is made",
        _line("ca_file", answers.ca_file, "site-ca.pem", "trusted beside the system's CAs"),
        _truth("insecure", "no verified TLS, or plain HTTP", answers.is_insecure),
        "  # Who pushes. The password is in a file of mode 0600, or in a variable; without any of",
        "  # these, the logins of `docker login` are used.",
        _line("username", answers.username, "admin", ""),
        _line("password_file", answers.password_file, "harbor-password", ""),
        "  # password_env: HARBOR_PASSWORD",
        "  # creds_file: logins.yaml  # several logins: {HOST: {username: …, password: …}}",
    ]


def _cluster(answers: Answers) -> list[str]:
    mark = "" if answers.kubeconfig else "# "
    return [
        "",
        f"{mark}cluster:  # by default it is found as kubectl finds it",
        _line("kubeconfig", answers.kubeconfig, "kubeconfig", ""),
        "  # context: site  # by default the file's current one",
    ]


def _stack(answers: Answers) -> list[str]:
    """The few values that nearly every site sets; cube-install render tells of all others."""
    is_told = answers.entry_address or answers.storage_root or answers.has_gpus
    mark = "" if is_told else "# "
    return [
        "",
        "# What this site chooses of the platform; docs/stack-components.md tells all there is.",
        f"{mark}stack:",
        f"{mark}  values:",
        _inner(
            "entry", "address", answers.entry_address, "10.0.0.10  how users reach the platform"
        ),
        _inner("storage", "root", answers.storage_root, "/data/k8s  shared storage on every node"),
        f"    {'' if answers.has_gpus else '# '}gpu: true  # nodes have NVIDIA GPUs",
        "  # profiles:",
        "  #   logging: true  # groups of components beyond the usual ones, or false for fewer",
    ]


_REST = """
# push:
#   jobs: 4
#   sparse_index: auto  # auto, keep or narrow: indexes of which platforms were left out
#   relocation_out: relocation.yaml

# Where images go; the longest origin wins. By default the platform's own go to PROJECT/NAME, and
# all others to PROJECT/ORIGIN-HOST/NAME.
# relocation:
#   - {origin: quay.io, target: mirror/quay.io}

# robots:
#   make: true  # accounts for loading and for pulling; by default where the login may make them
#   load_login: harbor-load.yaml
#   pull_secret: hubsecret.yaml

# Further Harbors that get a copy after each push. Their logins are in registry.creds_file.
# replication:
#   - {name: hall-b, url: "https://harbor-b.example", project: cube-studio}

# P2P engines that spread the images to nodes after each push.
# preheat:
#   - {vendor: dragonfly, endpoint: "http://dragonfly-manager.example:8080"}

# The Harbor that `cube-install harbor` brings up on this host; registry.host is its name and port.
# harbor:
#   data_volume: /data/harbor
#   http_port: 80
#   certificate: harbor.crt  # the site's own; without it one is made
#   private_key: harbor.key
#   trivy: true

# serve:
#   listen: 127.0.0.1:5000
#   tls_cert: registry.crt
#   tls_key: registry.key
""".splitlines()


def _line(key: str, value: str, example: str, why: str, indent: str = "  ") -> str:
    told = f"  # {why}" if why else ""
    if value:
        return f"{indent}{key}: {_scalar(value)}{told}"
    return f"{indent}# {key}: {example}{told}"


def _inner(key: str, inner: str, value: str, example: str) -> str:
    """A value of the stack; `example` has one and, behind two blanks, what it is."""
    instead, _, why = example.partition("  ")
    mark = "" if value else "# "
    return f"    {mark}{key}: {{{inner}: {_flow_scalar(value or instead)}}}  # {why}"


def _truth(key: str, why: str, value: bool) -> str:  # noqa: FBT001 - it is a value to write
    mark = "" if value else "# "
    return f"  {mark}{key}: true  # {why}"


def _flow_scalar(text: str) -> str:
    """The same inside braces, where more would end it."""
    return _scalar(text) if not set(text) & set(",[]{}") else json.dumps(text)


def _scalar(text: str) -> str:
    """A text as YAML writes it: quoted where it would be read as something else."""
    dumped: str = yaml.safe_dump(text, allow_unicode=True, width=10_000)
    return dumped.removesuffix("...\n").strip()
