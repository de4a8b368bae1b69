"""Why a pod does not get its volumes."""

from __future__ import annotations

from cube_install.deploy.reasons.evidence import Evidence
from cube_install.deploy.reasons.volumes import volume_reasons
from tests.support.cluster_bodies import Body, event, pod

CLAIMING = pod(spec={"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]})


def claim(phase: str = "Pending", **spec: str) -> Body:
    return {"metadata": {"name": "data"}, "spec": spec, "status": {"phase": phase}}


def volume(phase: str) -> Body:
    holder = {"namespace": "infra", "name": "data"}
    return {
        "metadata": {"name": "infra-data"},
        "spec": {"claimRef": holder},
        "status": {"phase": phase},
    }


def of_mount(said: str) -> str:
    (found,) = volume_reasons(
        Evidence("infra", pods=(pod(),), events=(event("FailedMount", said),))
    )
    return f"{found.what} -> {found.remedy}"


def test_a_path_that_is_not_there() -> None:
    told = of_mount(
        'MountVolume.SetUp failed for volume "data" : hostPath type check failed: '
        "/data/k8s/infra/mysql is not a directory"
    )
    assert told.startswith("/data/k8s/infra/mysql is not there on the node")
    assert "mkdir -p /data/k8s/infra/mysql" in told
    assert "--make-directories" in told


def test_a_local_volume_whose_path_is_not_there() -> None:
    told = of_mount(
        'MountVolume.NewMounter initialization failed for volume "v" : path "/x" does not exist'
    )
    assert told.startswith("/x is not there on the node")


def test_a_disk_that_is_full_or_read_only() -> None:
    full = of_mount("MountVolume.SetUp failed: write /var/lib/x: no space left on device")
    assert full.startswith("a disk is full")
    told = of_mount("MountVolume.SetUp failed: mkdir /data: read-only file system")
    assert "mount the storage so that it can be written to" in told


def test_another_trouble_is_quoted() -> None:
    assert "the moon" in of_mount("MountVolume.SetUp failed for volume x: the moon")


def of_claim(**known: tuple[Body, ...]) -> str:
    (found,) = volume_reasons(Evidence("infra", pods=(CLAIMING,), **known))  # type: ignore[arg-type]
    return f"{found.what} -> {found.remedy}"


def test_a_claim_that_is_not_there() -> None:
    assert of_claim().startswith("claim infra/data is not there")


def test_a_volume_that_belongs_to_a_deleted_claim() -> None:
    told = of_claim(claims=(claim(),), volumes=(volume("Released"),))
    assert "volume infra-data still belongs to a claim that was deleted" in told
    assert 'kubectl patch pv infra-data --type merge -p \'{"spec":{"claimRef":null}}\'' in told


def test_a_volume_that_is_not_there() -> None:
    told = of_claim(claims=(claim(volumeName="infra-data"),))
    assert "volume infra-data is not there" in told


def test_a_storage_class_that_is_not_there() -> None:
    said = event(
        "ProvisioningFailed",
        'storageclass.storage.k8s.io "fast" not found',
        "data",
        "PersistentVolumeClaim",
    )
    told = of_claim(claims=(claim(storageClassName="fast"),), events=(said,))
    assert "there is no StorageClass fast" in told


def test_a_claim_for_which_nothing_fits() -> None:
    said = event("FailedBinding", "no volumes fit", "data", "PersistentVolumeClaim")
    assert "not bound to a volume: no volumes fit" in of_claim(claims=(claim(),), events=(said,))


def test_a_bound_claim_is_no_reason() -> None:
    assert list(volume_reasons(Evidence("infra", pods=(CLAIMING,), claims=(claim("Bound"),)))) == []
