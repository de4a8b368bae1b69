"""What is found out about a cluster before anything is changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cube_install.deploy.prerequisites.namespaces import namespace_findings
from cube_install.deploy.prerequisites.outlook import adoption_findings, look_at_cluster
from cube_install.deploy.prerequisites.rights import rights_findings
from cube_install.deploy.prerequisites.versions import definition_findings, kind_findings
from cube_install.deploy.sightings import Sightings
from cube_install.harbor.finding import Severity
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.deploying import Lab
from tests.support.made_stack import SmallSite, component, definition, made, namespace, stack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_install.harbor.finding import Finding
    from tests.support.kubernetes.double import KubernetesDouble

SITE = SmallSite()


@pytest.fixture
def lab(kube: KubernetesDouble) -> Lab:
    return Lab(kube.connect(), kube.kubeconfig, SITE)


def told(found: Iterable[Finding]) -> list[tuple[Severity, str]]:
    return [(one.severity, f"{one.what} -> {one.remedy}") for one in found]


def others_definition(kube: KubernetesDouble, *versions: str) -> dict[str, Any]:
    """A definition that somebody else brought."""
    body = definition("Queue", SITE.group, *versions)
    del body["metadata"]["labels"]
    return kube.put(body, manager="istio-operator")


def test_a_definition_whose_stored_version_ours_lacks_is_an_error(
    kube: KubernetesDouble, lab: Lab
) -> None:
    there = others_definition(kube, "v1beta1")
    status = {**there.get("status", {}), "storedVersions": ["v1beta1"]}
    kube.set_status("CustomResourceDefinition", f"queues.{SITE.group}", "", status)
    ((severity, text),) = told(definition_findings(SITE.stack(), Sightings(lab.cluster)))
    assert severity is Severity.ERROR
    assert "objects are stored in v1beta1, which the stack's (v1) does not have" in text


def test_a_definition_that_serves_more_is_a_warning(kube: KubernetesDouble, lab: Lab) -> None:
    there = others_definition(kube, "v1", "v1alpha1")
    status = {**there.get("status", {}), "storedVersions": ["v1"]}
    kube.set_status("CustomResourceDefinition", f"queues.{SITE.group}", "", status)
    ((severity, text),) = told(definition_findings(SITE.stack(), Sightings(lab.cluster)))
    assert severity is Severity.WARNING
    assert "serves v1alpha1, which the stack's does not" in text


def test_our_own_definition_is_no_finding(lab: Lab) -> None:
    lab.deployed(SITE.stack())
    assert list(definition_findings(SITE.stack(), Sightings(lab.cluster))) == []


def test_a_kind_that_nobody_brings_is_an_error(lab: Lab) -> None:
    body = made("monitoring.coreos.com/v1", "ServiceMonitor", "web")
    ((severity, text),) = told(kind_findings(stack(component("all", body)), lab.cluster))
    assert severity is Severity.ERROR
    assert "serves no ServiceMonitor in monitoring.coreos.com/v1" in text
    assert "stack/all/objects.yaml:1" in text
    assert list(kind_findings(SITE.stack(), lab.cluster)) == []


def test_a_namespace_that_is_going_is_a_warning(lab: Lab) -> None:
    lab.deployed(SITE.stack())
    held = ObjectKey("", "ConfigMap", "infra", "settings")
    lab.cluster.patch(held, {"metadata": {"finalizers": ["example.org/held"]}})
    lab.cluster.delete(ObjectKey("", "Namespace", "", "infra"))
    ((severity, text),) = told(namespace_findings(SITE.stack(), Sightings(lab.cluster)))
    assert severity is Severity.WARNING
    assert "namespace infra is being deleted" in text


def test_who_may_everything_is_asked_no_more(kube: KubernetesDouble, lab: Lab) -> None:
    assert list(rights_findings(lab.cluster, SITE.stack())) == []
    reviews = [one for one in kube.asked if "selfsubjectaccessreviews" in one.target]
    assert len(reviews) == 1


def test_every_lacking_right_is_told_with_its_rule(kube: KubernetesDouble, lab: Lab) -> None:
    kube.withhold("*", "*.*")
    kube.withhold("patch", "deployments.apps")
    found = told(rights_findings(lab.cluster, SITE.stack()))
    assert [text for _, text in found if "patch deployments.apps in namespace infra" in text]
    assert 'apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]' in found[0][1]


def test_an_installation_by_hand_is_told_of_once(lab: Lab) -> None:
    lab.cluster.create(namespace())
    lab.make_by_hand(SITE.deployment("mysql"))
    ((severity, text),) = told(adoption_findings(SITE.stack(), Sightings(lab.cluster)))
    assert severity is Severity.NOTE
    assert text.startswith("1 objects of the stack are there already, made with kubectl")
    lab.deployed(SITE.stack())
    assert list(adoption_findings(SITE.stack(), Sightings(lab.cluster))) == []


def test_what_cannot_be_found_out_is_a_finding(kube: KubernetesDouble, lab: Lab) -> None:
    kube.withhold("*", "*.*")
    kube.withhold("list", "nodes")
    found = told(look_at_cluster(SITE.stack(), Sightings(lab.cluster)))
    assert [text for _, text in found if "lacks: list nodes" in text]
