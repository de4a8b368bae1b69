"""What of the environment counts: proxies do, netrc does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import NetworkError
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.registries import Registries
from tests.support.faulty_registry import Reply, manifest_reply
from tests.support.image_factory import image
from tests.support.real_registry import free_port
from tests.support.registry_access import IMPATIENT, plain_access, reference

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.faulty_registry import ScriptedRegistry

IMAGE = image()
PATH = "/v2/team/app/manifests/1"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def resolve(access: RegistryAccess, host: str) -> bytes:
    name = reference(host)
    with Registries(access) as registries:
        return registries.repository(name).resolve(name).raw


def test_a_proxy_is_used(scripted: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The double stands as the proxy, which is asked for whole addresses."""
    monkeypatch.setenv("http_proxy", scripted.url)
    base = "http://registry.invalid:5000"
    scripted.always(f"{base}/v2/", Reply(body=b"{}"))
    scripted.expect(f"{base}{PATH}", manifest_reply(IMAGE.root))
    assert resolve(plain_access("registry.invalid:5000"), "registry.invalid:5000") == IMAGE.root


def test_a_host_in_no_proxy_is_reached_without(
    scripted: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    scripted.expect(PATH, manifest_reply(IMAGE.root))
    assert resolve(plain_access(scripted.host), scripted.host) == IMAGE.root


def test_a_proxy_that_is_down_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://user:secret@127.0.0.1:{free_port()}")
    with pytest.raises(NetworkError, match=r"the proxy on the way to registry\.invalid") as caught:
        resolve(RegistryAccess(patience=IMPATIENT), "registry.invalid")
    assert "NO_PROXY" in caught.value.remedy
    assert "secret" not in str(caught.value)


def test_netrc_is_not_read(
    scripted: ScriptedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    scripted.expect(PATH, manifest_reply(IMAGE.root))
    assert resolve(plain_access(scripted.host), scripted.host) == IMAGE.root
    assert not any("authorization" in seen.headers for seen in scripted.seen)
