"""Reading, listing, changing and deleting objects, and what controllers make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.kubernetes.listing import list_all
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.kubernetes.objects import (
    changed,
    claim,
    config_map,
    definition,
    deployment,
    job,
    named,
    volume,
)
from tests.support.kubernetes.polling import eventually

if TYPE_CHECKING:
    from tests.contract.kubernetes.conftest import Site


def maps(site: Site, **labels: str) -> None:
    for number in range(5):
        body = config_map(f"m{number}", site.namespace)
        body["metadata"]["labels"] = {**labels, "number": str(number)}
        site.cluster.apply(body)


def test_a_version_is_two_numbers(site: Site) -> None:
    assert (1, 19) < site.cluster.version < (2, 0)


def test_kinds_are_found_with_their_paths_and_scope(site: Site) -> None:
    ingress = site.cluster.kind("networking.k8s.io/v1", "Ingress")
    node = site.cluster.kind("v1", "Node")

    assert ingress
    assert ingress.path("x", "y") == "/apis/networking.k8s.io/v1/namespaces/x/ingresses/y"
    assert {"get", "list", "patch"} <= ingress.verbs
    assert node
    assert node.path("", "y") == "/api/v1/nodes/y"


def test_kinds_that_are_not_served_are_none(site: Site) -> None:
    assert site.cluster.kind("none.example.com/v1", "Thing") is None
    assert site.cluster.kind("apps/v1", "Thing") is None
    assert site.cluster.get(ObjectKey("none.example.com", "Thing", "x", "y")) is None
    assert site.cluster.list("none.example.com", "Thing") == []
    assert not site.cluster.delete(ObjectKey("none.example.com", "Thing", "x", "y"))


def test_what_does_not_exist_is_none(site: Site) -> None:
    assert site.cluster.get(ObjectKey("", "ConfigMap", site.namespace, "none")) is None
    assert site.cluster.get(ObjectKey("", "ConfigMap", "there-is-none", "none")) is None


def test_listed_objects_say_what_they_are(site: Site) -> None:
    maps(site, app="x")

    found = site.cluster.list("", "ConfigMap", namespace=site.namespace, labels="app=x")

    assert [one["metadata"]["name"] for one in found] == ["m0", "m1", "m2", "m3", "m4"]
    assert {(one["apiVersion"], one["kind"]) for one in found} == {("v1", "ConfigMap")}


def test_all_pages_of_a_list_are_read(site: Site) -> None:
    maps(site, app="x")
    kind = site.cluster.kind("v1", "ConfigMap")
    assert kind

    selectors = {"labelSelector": "app=x"}
    found = list_all(site.cluster.api, kind, site.namespace, selectors, page=2)

    assert [one["metadata"]["name"] for one in found] == ["m0", "m1", "m2", "m3", "m4"]


def test_labels_select_by_sets(site: Site) -> None:
    maps(site)

    few = site.cluster.list("", "ConfigMap", namespace=site.namespace, labels="number in (1, 3)")
    rest = site.cluster.list(
        "", "ConfigMap", namespace=site.namespace, labels="number,number notin (1,3),number!=0"
    )

    assert [one["metadata"]["name"] for one in few] == ["m1", "m3"]
    assert [one["metadata"]["name"] for one in rest] == ["m2", "m4"]


def test_fields_select_by_name(site: Site) -> None:
    maps(site)

    found = site.cluster.list("", "ConfigMap", namespace=site.namespace, fields="metadata.name=m3")

    assert [one["metadata"]["name"] for one in found] == ["m3"]


def test_a_merge_patch_sets_and_deletes(site: Site) -> None:
    body = config_map("settings", site.namespace, a="1", b="2")
    site.cluster.apply(body)

    patched = site.cluster.patch(ObjectKey.of(body), {"data": {"a": None, "c": "3"}})

    assert patched["data"] == {"b": "2", "c": "3"}


def test_a_label_of_a_node_like_object_is_patched(site: Site) -> None:
    key = ObjectKey("", "Namespace", "", site.namespace)

    patched = site.cluster.patch(key, {"metadata": {"labels": {"gpu": "true"}}})

    assert patched["metadata"]["labels"]["gpu"] == "true"


def test_a_secrets_texts_are_kept_in_base64(site: Site) -> None:
    body = named("v1/Secret", "login", site.namespace, stringData={"user": "root"})

    created = site.cluster.create(body)

    assert created["data"] == {"user": "cm9vdA=="}
    assert "stringData" not in created


def test_what_is_deleted_is_gone_and_not_deleted_twice(site: Site) -> None:
    body = config_map("settings", site.namespace)
    site.cluster.apply(body)

    assert site.cluster.delete(ObjectKey.of(body))
    assert site.cluster.get(ObjectKey.of(body)) is None
    assert not site.cluster.delete(ObjectKey.of(body))


def test_another_object_of_the_same_name_is_not_deleted(site: Site) -> None:
    body = config_map("settings", site.namespace)
    uid = site.cluster.apply(body).body["metadata"]["uid"]

    assert not site.cluster.delete(ObjectKey.of(body), uid=uid[::-1])
    assert site.cluster.get(ObjectKey.of(body))
    assert site.cluster.delete(ObjectKey.of(body), uid=uid)


def test_finalizers_hold_a_deleted_object(site: Site) -> None:
    body = config_map("held", site.namespace)
    body["metadata"]["finalizers"] = ["test.example/hold"]
    site.cluster.apply(body)

    assert site.cluster.delete(ObjectKey.of(body))
    live = site.cluster.get(ObjectKey.of(body))
    assert live
    assert live["metadata"]["deletionTimestamp"]
    site.cluster.patch(ObjectKey.of(body), {"metadata": {"finalizers": None}})
    assert site.cluster.get(ObjectKey.of(body)) is None


def test_what_a_deployment_made_goes_with_it(site: Site) -> None:
    body = deployment("web", site.namespace)
    site.cluster.apply(body)
    eventually(lambda: site.cluster.list("", "Pod", namespace=site.namespace))

    site.cluster.delete(ObjectKey.of(body))

    eventually(lambda: not site.cluster.list("apps", "ReplicaSet", namespace=site.namespace))
    eventually(lambda: not site.cluster.list("", "Pod", namespace=site.namespace))


def test_pods_are_of_replica_sets_of_their_deployment(site: Site) -> None:
    deployed = site.cluster.apply(deployment("web", site.namespace)).body

    pod = eventually(lambda: site.cluster.list("", "Pod", namespace=site.namespace))[0]
    sets = site.cluster.list("apps", "ReplicaSet", namespace=site.namespace)

    owner = pod["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["uid"]) == ("ReplicaSet", sets[0]["metadata"]["uid"])
    assert sets[0]["metadata"]["ownerReferences"][0]["uid"] == deployed["metadata"]["uid"]
    assert pod["metadata"]["labels"]["app"] == "program"


def test_the_controller_says_which_generation_it_has_seen(site: Site) -> None:
    body = deployment("web", site.namespace)
    key = ObjectKey.of(body)
    site.cluster.apply(body)
    applied = site.cluster.apply(changed(body, "spec.replicas", 2)).body
    assert applied["metadata"]["generation"] == 2

    def counted() -> bool:
        status = (site.cluster.get(key) or {})["status"]
        return bool(status.get("observedGeneration") == 2 and status.get("updatedReplicas") == 2)

    # The generation is seen before its replicas are counted.
    assert eventually(counted)


def test_the_pod_of_a_job_has_the_jobs_name_as_label(site: Site) -> None:
    site.cluster.apply(job("setup", site.namespace))

    found = eventually(
        lambda: site.cluster.list("", "Pod", namespace=site.namespace, labels="job-name=setup")
    )

    assert found[0]["metadata"]["ownerReferences"][0]["kind"] == "Job"


def test_a_claim_is_bound_to_the_volume_that_names_it(site: Site) -> None:
    site.cluster.apply(site.keep(volume(site.unique, site.namespace, "data")))
    body = claim("data", site.namespace)
    site.cluster.apply(body)

    bound = eventually(
        lambda: (
            (live := site.cluster.get(ObjectKey.of(body)) or {}).get("status", {}).get("phase")
            == "Bound"
            and live
        )
    )

    assert bound["spec"]["volumeName"] == site.unique


def test_a_namespace_has_its_name_as_label_and_is_active(site: Site) -> None:
    live = site.cluster.get(ObjectKey("", "Namespace", "", site.namespace))

    assert live
    assert live["metadata"]["labels"]["kubernetes.io/metadata.name"] == site.namespace
    assert live["status"]["phase"] == "Active"


def test_with_a_deleted_namespace_goes_all_that_is_in_it(site: Site) -> None:
    maps(site)
    key = ObjectKey("", "Namespace", "", site.namespace)

    assert site.cluster.delete(key)

    eventually(lambda: not site.cluster.list("", "ConfigMap", namespace=site.namespace))
    # Something else in the cluster, such as an APIService without a backend, may hold it.
    left = site.cluster.get(key)
    assert left is None or left["status"]["phase"] == "Terminating"


def test_a_definition_is_established_and_takes_its_objects_along(site: Site) -> None:
    group = f"{site.unique}.example.com"
    body = site.keep(definition(group))
    site.cluster.apply(body)
    site.cluster.apply(named(f"{group}/v1/Thing", "one", site.namespace))

    live = site.cluster.get(ObjectKey.of(body))
    assert live
    types = {one["type"]: one["status"] for one in live["status"]["conditions"]}
    assert types["Established"] == "True"
    site.cluster.delete(ObjectKey.of(body))
    eventually(lambda: site.cluster.get(ObjectKey(group, "Thing", site.namespace, "one")) is None)


def test_an_object_is_read_in_each_version_of_its_group(site: Site) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 2}
    body = named("autoscaling/v1/HorizontalPodAutoscaler", "web", site.namespace, spec=spec)

    applied = site.cluster.apply(body).body
    live = site.cluster.get(ObjectKey.of(body))

    assert applied["apiVersion"] == "autoscaling/v1"
    assert live
    assert live["metadata"]["uid"] == applied["metadata"]["uid"]


def test_there_is_no_log_of_a_pod_that_has_not_started_or_does_not_exist(site: Site) -> None:
    body = deployment("web", site.namespace)
    body["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such-node"}
    site.cluster.apply(body)
    pod = eventually(lambda: site.cluster.list("", "Pod", namespace=site.namespace))[0]

    name = pod["metadata"]["name"]
    assert site.cluster.logs(site.namespace, name, "main", lines=5) == ""
    assert site.cluster.logs(site.namespace, name, "main", lines=5, of_previous=True) == ""
    assert site.cluster.logs(site.namespace, "none", "main", lines=5) == ""


def test_events_are_found_by_the_object_that_they_are_about(site: Site) -> None:
    body = deployment("web", site.namespace)
    body["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such-node"}
    site.cluster.apply(body)
    pod = eventually(lambda: site.cluster.list("", "Pod", namespace=site.namespace))[0]

    about = f"involvedObject.uid={pod['metadata']['uid']},type=Warning"
    found = eventually(
        lambda: site.cluster.list("", "Event", namespace=site.namespace, fields=about)
    )

    assert found[0]["reason"] == "FailedScheduling"
