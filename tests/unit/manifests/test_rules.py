"""Prometheus accepts the rules, and an alert comes for what it is for and for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.promtool import faults_of, unexpected
from tests.support.stack_objects import objects_of

if TYPE_CHECKING:
    from pathlib import Path


def _rules() -> dict[str, Any]:
    (one,) = objects_of("PrometheusRule")
    return one.spec


def test_prometheus_accepts_the_rules(tmp_path: Path) -> None:
    assert faults_of(tmp_path, _rules()) == ""


def test_rules_that_prometheus_would_refuse_are_found(tmp_path: Path) -> None:
    wrong = {"groups": [{"name": "one", "rules": [{"record": "one", "expr": "sum by (a"}]}]}

    assert "could not parse expression" in faults_of(tmp_path, wrong)


_WAITING = (
    'kube_pod_container_status_waiting_reason{job="kube-state-metrics",pod="a",reason="%s"} 1'
)


@pytest.mark.parametrize(
    ("alert", "series"),
    [
        ("NodeDown", ['up{job="node-exporter",node="a",instance="192.0.2.1:9100"} 0']),
        (
            "NodeDiskFull",
            [
                'node_filesystem_avail_bytes{job="node-exporter",node="a",mountpoint="/"} 9',
                'node_filesystem_size_bytes{job="node-exporter",node="a",mountpoint="/"} 100',
                'node_filesystem_readonly{job="node-exporter",node="a",mountpoint="/"} 0',
            ],
        ),
        ("ImageMissing", [_WAITING % "ImagePullBackOff"]),
        ("PodCrashLooping", [_WAITING % "CrashLoopBackOff"]),
        ("GpuError", ['DCGM_FI_DEV_XID_ERRORS{job="dcgm-exporter",node="a",gpu="0"} 79']),
        (
            "VolumeFull",
            [
                'kubelet_volume_stats_available_bytes{job="kubelet",persistentvolumeclaim="a"} 5',
                'kubelet_volume_stats_capacity_bytes{job="kubelet",persistentvolumeclaim="a"} 100',
            ],
        ),
    ],
)
def test_an_alert_fires_for_what_it_is_for(tmp_path: Path, alert: str, series: list[str]) -> None:
    assert alert in unexpected(tmp_path, _rules(), alert, series)


@pytest.mark.parametrize(
    ("alert", "series"),
    [
        ("GpuError", ['DCGM_FI_DEV_XID_ERRORS{job="dcgm-exporter",node="a",gpu="0"} 0']),
        ("GpuError", ['DCGM_FI_DEV_XID_ERRORS{job="dcgm-exporter",node="a",gpu="0"} 13']),
        ("TargetDown", ['up{job="kube-scheduler",instance="192.0.2.1:10259"} 0']),
        (
            "NodeDiskFull",
            [
                'node_filesystem_avail_bytes{job="node-exporter",node="a",mountpoint="/cd"} 0',
                'node_filesystem_size_bytes{job="node-exporter",node="a",mountpoint="/cd"} 100',
                'node_filesystem_readonly{job="node-exporter",node="a",mountpoint="/cd"} 1',
            ],
        ),
    ],
)
def test_an_alert_keeps_still_where_nobody_can_do_anything(
    tmp_path: Path, alert: str, series: list[str]
) -> None:
    assert unexpected(tmp_path, _rules(), alert, series) == ""


def test_an_alert_of_each_name_has_its_own_condition() -> None:
    conditions = [
        (rule["alert"], rule["expr"])
        for group in _rules()["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]

    assert len({name for name, _ in conditions}) == len(conditions)
    assert len({condition for _, condition in conditions}) == len(conditions)
