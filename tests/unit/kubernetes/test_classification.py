"""The bodies are those of real API servers, where no other source is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AirgapError, NetworkError
from cube_install.kubernetes.classification import refusal
from cube_install.kubernetes.refusals import (
    AdmissionError,
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NamespaceTerminatingError,
    NotFoundError,
    NotServedError,
    OutdatedError,
    QuotaError,
    Right,
    ServerFailsError,
    WebhookAwayError,
    WebhookRefusedError,
)
from cube_install.kubernetes.status import Reply
from tests.support.kubernetes import faults
from tests.support.kubernetes.answers import status

if TYPE_CHECKING:
    from tests.support.kubernetes.answers import Answer


def judged(answer: Answer) -> AirgapError:
    headers = {name.lower(): text for name, text in answer.headers.items()}
    reply = Reply(answer.code, answer.body, headers)
    return refusal(reply, "apply Secret infra/s", "https://one.example")


def plain(code: int, message: str, reason: str = "") -> AirgapError:
    return judged(status(code, reason, message))


def test_a_plain_404_is_a_path_that_is_not_served() -> None:
    error = judged(faults.not_served())

    assert isinstance(error, NotServedError)
    assert str(error) == "the cluster cannot apply Secret infra/s: it serves no such kind"


def test_a_404_without_details_is_a_kind_that_is_not_served() -> None:
    answer = status(404, "NotFound", "the server could not find the requested resource", {})

    assert isinstance(judged(answer), NotServedError)


def test_a_missing_namespace_is_told() -> None:
    details = {"name": "infra", "kind": "namespaces"}

    error = judged(status(404, "NotFound", 'namespaces "infra" not found', details))

    assert isinstance(error, NotFoundError)
    assert error.remedy == "make the namespace first"


def test_a_missing_object_is_told() -> None:
    details = {"name": "s", "kind": "secrets"}

    error = judged(status(404, "NotFound", 'secrets "s" not found', details))

    assert isinstance(error, NotFoundError)
    assert error.remedy.startswith("check the name")


@pytest.mark.parametrize(
    ("message", "right"),
    [
        (
            (
                'secrets "s" is forbidden: User "eve" cannot patch resource "secrets" in API '
                'group "" in the namespace "infra"'
            ),
            Right("patch", "secrets", "", "infra"),
        ),
        (
            (
                'deployments.apps is forbidden: User "eve" cannot list resource "deployments" in '
                'API group "apps" at the cluster scope'
            ),
            Right("list", "deployments", "apps", ""),
        ),
        (
            (
                'pods "x" is forbidden: User "eve" cannot get resource "pods/log" in API '
                'group "" in the namespace "infra": Azure does not have opinion for this user.'
            ),
            Right("get", "pods/log", "", "infra"),
        ),
        ('forbidden: User "eve" cannot get path "/metrics"', Right("get", "/metrics")),
    ],
)
def test_a_lacking_right_is_taken_from_the_message(message: str, right: Right) -> None:
    error = plain(403, message, "Forbidden")

    assert isinstance(error, ForbiddenError)
    assert error.right == right


def test_a_lacking_right_is_told_with_the_rule_that_gives_it() -> None:
    right = Right("patch", "secrets", "", "infra")

    assert str(right) == "patch secrets in namespace infra"
    assert right.remedy.endswith(
        'have a Role in infra give this user: {apiGroups: [""], resources: ["secrets"], verbs: '
        '["patch"]}'
    )


def test_a_namespace_that_is_going_is_told() -> None:
    cause = {"reason": "NamespaceTerminating", "message": "namespace infra is being terminated"}

    error = judged(status(403, "Forbidden", "no", {"causes": [cause]}))

    assert isinstance(error, NamespaceTerminatingError)


def test_a_quota_is_told() -> None:
    error = plain(403, 'configmaps "q" is forbidden: exceeded quota: q, requested: configmaps=1')

    assert isinstance(error, QuotaError)
    assert "exceeded quota: q" in str(error)


@pytest.mark.parametrize(
    "message",
    [
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
        'pods "x" is forbidden: [minimum memory usage per Container is 1Gi]',
        'pods "x" is forbidden: error looking up service account infra/none: not found',
        'pods "x" is forbidden: some plugin says no',
    ],
)
def test_what_a_rule_of_the_cluster_refuses_is_told(message: str) -> None:
    error = plain(403, message, "Forbidden")

    assert isinstance(error, AdmissionError)
    assert message in str(error)


def test_what_a_validating_policy_refuses_is_told() -> None:
    message = (
        "deployments.apps \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' "
        "denied request: expression 'object.spec.replicas <= 5' resulted in a failure"
    )

    assert isinstance(plain(422, message, "Invalid"), AdmissionError)


@pytest.mark.parametrize("code", [400, 403, 422, 500])
def test_what_a_webhook_refuses_is_told_in_its_words(code: int) -> None:
    error = judged(faults.webhook_denies("check.example.com", "no latest tags", code))

    assert isinstance(error, WebhookRefusedError)
    assert (error.webhook, error.told) == ("check.example.com", "no latest tags")
    assert str(error) == (
        "the webhook check.example.com refuses to let this command apply Secret infra/s: no latest "
        "tags"
    )


def test_a_webhook_that_gives_no_reason_is_told() -> None:
    error = plain(400, 'admission webhook "w.example" denied the request without explanation')

    assert isinstance(error, WebhookRefusedError)
    assert error.told == "without explanation"


def test_a_webhook_that_cannot_be_called_is_told() -> None:
    error = judged(faults.webhook_away("check.example.com"))

    assert isinstance(error, WebhookAwayError)
    assert error.webhook == "check.example.com"
    assert "no endpoints available" in str(error)


def test_conflicts_are_told_with_managers_and_fields() -> None:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{manager}" using apps/v1',
            "field": f".spec.f{number}",
        }
        for number, manager in enumerate(["helm", "kubectl", "helm", "a", "b", "c"])
    ]

    error = judged(status(409, "Conflict", "Apply failed", {"causes": causes}))

    assert isinstance(error, ConflictError)
    assert {one.manager for one in error.conflicts} == {"a", "b", "c", "helm", "kubectl"}
    assert "others manage spec.f0 (helm), spec.f1 (kubectl)" in str(error)
    assert str(error).endswith("and 1 more")


def test_what_exists_and_is_going_is_told() -> None:
    message = 'object is being deleted: jobs.batch "j" already exists'

    error = plain(409, message, "AlreadyExists")

    assert isinstance(error, AlreadyExistsError)
    assert "object is being deleted" in str(error)


@pytest.mark.parametrize(
    "message",
    [
        'Operation cannot be fulfilled on secrets "s": the object has been modified; please apply',
        'Operation cannot be fulfilled on Secret "s": the UID in the precondition (a) does not',
    ],
)
def test_what_was_changed_meanwhile_is_told(message: str) -> None:
    assert isinstance(plain(409, message, "Conflict"), OutdatedError)


def invalid(*causes: tuple[str, str]) -> InvalidError:
    listed = [{"reason": "FieldValueInvalid", "field": at, "message": told} for at, told in causes]
    details = {"name": "s", "kind": "Secret", "causes": listed}
    error = judged(status(422, "Invalid", "all of it, with geheim", details))
    assert isinstance(error, InvalidError)
    return error


def test_all_causes_are_told_without_the_message() -> None:
    error = invalid(("spec.a", "Required value"), ("spec.b", "Forbidden: no"))

    assert (
        str(error) == "the cluster cannot apply Secret infra/s: spec.a: Required value; spec.b: no"
    )
    assert not error.is_immutable
    assert error.remedy == "correct these fields"


def test_what_cannot_be_changed_in_place_is_told_as_that() -> None:
    error = invalid(("type", 'Invalid value: "x": field is immutable'))

    assert error.is_immutable
    assert "cannot be changed in place" in error.remedy


def test_what_would_be_refused_anew_is_not_immutable_alone() -> None:
    error = invalid(
        ("spec.selector", "Invalid value: {}: field is immutable"),
        ("spec.template", "Invalid value: {}: `selector` does not match template `labels`"),
    )

    assert not error.is_immutable


@pytest.mark.parametrize("where", [" (/d; apps/v1, Kind=Deployment)", ""])
def test_a_field_that_is_not_in_the_schema_is_told(where: str) -> None:
    told = ".spec.replica: field not declared in schema"

    error = plain(500, f"failed to create typed patch object{where}: {told}")

    assert isinstance(error, InvalidError)
    assert str(error) == f"the cluster cannot apply Secret infra/s: {told}"


def test_an_unknown_field_in_a_new_object_is_told() -> None:
    message = (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'unknown field "date"'
    )

    error = plain(400, message, "BadRequest")

    assert isinstance(error, InvalidError)
    assert 'unknown field "date"' in str(error)


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("etcdserver: mvcc: database space exceeded", "etcd is full"),
        ("etcdserver: request is too large", "make it smaller"),
        ("something else", "the log of the API server"),
    ],
)
def test_what_the_server_cannot_do_is_told(message: str, remedy: str) -> None:
    error = plain(500, message)

    assert isinstance(error, ServerFailsError)
    assert remedy in error.remedy


def test_an_object_that_is_too_large_is_told() -> None:
    answer = status(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")

    assert "make it smaller" in judged(answer).remedy


@pytest.mark.parametrize("code", [200 + 102, 403, 400])
def test_a_web_page_is_no_api(code: int) -> None:
    error = judged(faults.behind_balancer(code))

    assert isinstance(error, NetworkError)
    assert "not as a Kubernetes API server does" in str(error)


def test_a_load_balancer_without_servers_is_told() -> None:
    error = judged(faults.behind_balancer(502))

    assert isinstance(error, ServerFailsError)
    assert "https://one.example fails to apply Secret infra/s (status 502)" in str(error)


def test_every_refusal_has_the_exit_code_of_clusters() -> None:
    assert plain(500, "x").exit_code == json.loads("8")
