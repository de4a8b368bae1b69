from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AirgapError, AuthenticationError, NetworkError
from cube_install.kubernetes.cluster import Cluster
from cube_install.kubernetes.refusals import (
    InvalidError,
    OutdatedError,
    RefusalError,
    ServerFailsError,
    WebhookAwayError,
    WebhookRefusedError,
)
from tests.support.kubernetes import faults
from tests.support.kubernetes.answers import Answer, status, text_answer
from tests.support.kubernetes.double import QUICK, TOKEN, USER
from tests.support.kubernetes.objects import config_map
from tests.support.kubernetes.plugins import credential, printing, runs

if TYPE_CHECKING:
    from tests.support.kubernetes.double import KubernetesDouble

PATCH = r"PATCH .*/configmaps/settings"
BODY = config_map("settings", "default", a="1")
CONFLICT = status(409, "Conflict", "Operation cannot be fulfilled: the object has been modified")


@pytest.mark.parametrize(
    "answer",
    [
        faults.too_many(0),
        faults.unavailable(),
        faults.behind_balancer(502),
        faults.behind_balancer(503),
        status(504, "Timeout", "Timeout: request did not complete within requested timeout", {}),
        faults.webhook_away("check.example.com"),
        faults.etcd("leader changed"),
        faults.etcd("request timed out"),
        faults.etcd("too many requests"),
        CONFLICT,
        None,
    ],
)
def test_what_passes_by_itself_is_tried_again(
    kube: KubernetesDouble, answer: Answer | None
) -> None:
    kube.faults.plan(PATCH, answer, times=2)

    kube.connect().apply(BODY)

    codes = [one.code for one in kube.asked if one.method == "PATCH"]
    assert len(codes) == 3
    assert codes[-1] == 201
    assert kube.get("ConfigMap", "settings", "default")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status(500, "", "failed to create typed patch object (x): .a: no"), InvalidError),
        (faults.internal("something"), ServerFailsError),
        (faults.etcd("mvcc: database space exceeded"), ServerFailsError),
        (faults.etcd("request is too large"), ServerFailsError),
        (faults.webhook_denies("check.example.com", "no"), WebhookRefusedError),
        (status(422, "Invalid", "no"), InvalidError),
        (status(400, "BadRequest", "no"), InvalidError),
        (status(403, "Forbidden", "no"), RefusalError),
        (status(405, "MethodNotAllowed", "no"), RefusalError),
        (text_answer(404, "404 page not found\n"), RefusalError),
        (text_answer(200, "not JSON"), NetworkError),
        (Answer(302, b"", {"Location": "/login"}), NetworkError),
    ],
)
def test_what_does_not_pass_is_tried_once(
    kube: KubernetesDouble, answer: Answer, kind: type[AirgapError]
) -> None:
    kube.faults.plan(PATCH, answer, times=5)

    with pytest.raises(kind):
        kube.connect().apply(BODY)

    assert len([one for one in kube.asked if one.method == "PATCH"]) == 1


def test_a_webhook_that_stays_away_is_told_in_the_end(kube: KubernetesDouble) -> None:
    kube.faults.plan(PATCH, faults.webhook_away("check.example.com"), times=10**6)

    with pytest.raises(WebhookAwayError, match=r"check\.example\.com"):
        kube.connect(QUICK.at_most(0.05)).apply(BODY)


def test_a_server_that_stays_away_is_told_in_the_end(kube: KubernetesDouble) -> None:
    cluster = kube.connect(QUICK.at_most(0.05))
    kube.faults.plan(r"/configmaps", None, times=10**6)

    with pytest.raises(NetworkError, match="breaks the connection"):
        cluster.apply(BODY)


def test_a_409_is_no_reason_to_replace_again(kube: KubernetesDouble) -> None:
    body = kube.put(BODY)
    kube.faults.plan(r"PUT ", CONFLICT)

    with pytest.raises(OutdatedError):
        kube.connect().replace(body)


def test_a_server_that_asks_to_wait_is_waited_for(kube: KubernetesDouble) -> None:
    cluster = kube.connect(QUICK.at_most(0.5))
    kube.faults.plan(PATCH, faults.too_many(600))

    with pytest.raises(RefusalError):  # longer than our patience
        cluster.apply(BODY)

    assert len([one for one in kube.asked if one.method == "PATCH"]) == 1


def test_an_expired_token_is_told_and_not_tried_again(kube: KubernetesDouble) -> None:
    cluster = kube.connect()
    kube.expire_token()
    before = len(kube.asked)

    with pytest.raises(AuthenticationError, match="does not accept the token") as caught:
        cluster.apply(BODY)

    assert TOKEN not in str(caught.value) + caught.value.remedy
    assert len(kube.asked) == before + 1


def test_a_token_that_was_renewed_in_its_file_is_shown(kube: KubernetesDouble) -> None:
    file = kube.directory / "token"
    file.write_text(TOKEN)
    cluster = Cluster.connect(kube.written_kubeconfig("c", {"tokenFile": "token"}), patience=QUICK)
    kube.server.tokens = {"another": USER}
    file.write_text("another")

    cluster.apply(BODY)
    cluster.close()

    assert kube.get("ConfigMap", "settings", "default")


def test_a_plugin_is_asked_again_when_its_token_is_refused(kube: KubernetesDouble) -> None:
    path = kube.directory / "plugin"
    exec_fields = printing(path, credential(token=TOKEN))
    cluster = Cluster.connect(kube.written_kubeconfig("c", {"exec": exec_fields}), patience=QUICK)
    kube.server.tokens = {"another": USER}
    printing(path, credential(token="another"))

    cluster.apply(BODY)
    cluster.close()

    assert runs(path) == 2


def test_a_failing_plugin_is_told_before_anything_is_asked(kube: KubernetesDouble) -> None:
    exec_fields = printing(kube.directory / "plugin", "nothing of use")

    with pytest.raises(AuthenticationError, match="something else than JSON"):
        Cluster.connect(kube.written_kubeconfig("c", {"exec": exec_fields}))

    assert kube.asked == []
