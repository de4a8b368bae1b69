"""Monitors measure what rules, dashboards and the backend ask Prometheus for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.support.stack_objects import MANIFESTS, objects_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEASURED = {
    "dcgm-exporter", "kube-state-metrics", "kubelet", "node-exporter", "prometheus-k8s",
}  # fmt: skip


def _queries() -> Iterator[str]:
    for path in (MANIFESTS / "grafana" / "dashboards").iterdir():
        for panel in json.loads(path.read_text())["panels"]:
            yield from (target["expr"] for target in panel["targets"])
    for one in objects_of("PrometheusRule"):
        for group in one.spec["groups"]:
            yield from (rule["expr"] for rule in group["rules"])


def test_every_monitor_is_one_that_prometheus_takes() -> None:
    for one in objects_of("ServiceMonitor", "PodMonitor"):
        assert "k8s-app" in one.body["metadata"]["labels"], str(one)


def test_the_jobs_that_rules_and_dashboards_ask_for_are_measured() -> None:
    asked = {job for query in _queries() for job in re.findall(r'job="([^"]+)"', query)}

    assert asked == _MEASURED


def test_what_the_backend_asks_prometheus_for_is_kept() -> None:
    """Names in the queries of v2026.03.01."""
    asked = (
        "container_memory_working_set_bytes",
        "container_cpu_usage_seconds_total",
        "DCGM_FI_DEV_GPU_UTIL",
        "istio_requests_total",
        "kubelet_running_pods",
    )
    rules = [
        (rule["action"], re.compile(rule["regex"]))
        for one in objects_of("ServiceMonitor", "PodMonitor")
        for endpoint in one.spec.get("endpoints") or one.spec["podMetricsEndpoints"]
        for rule in endpoint.get("metricRelabelings", ())
    ]
    for name in asked:
        assert not any(action == "drop" and one.fullmatch(name) for action, one in rules), name
    keeping = [one for action, one in rules if action == "keep"]
    assert all(one.fullmatch("istio_requests_total") for one in keeping)


def test_the_count_of_pods_has_the_name_too_that_the_backend_knows() -> None:
    """It asks for sum(kubelet_running_pod_count) by (node)."""
    recorded = {
        rule.get("record"): rule["expr"]
        for one in objects_of("PrometheusRule")
        for group in one.spec["groups"]
        for rule in group["rules"]
    }

    assert "by (node) (kubelet_running_pods" in recorded["kubelet_running_pod_count"]
