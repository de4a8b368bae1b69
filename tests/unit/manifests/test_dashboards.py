"""Grafana's dashboards are those that the platform links to, and it asks nobody outside."""

from __future__ import annotations

import configparser
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.promtool import faults_of
from tests.support.stack_objects import MANIFESTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINKED = {"all-node", "dcgm", "istio-service", "node", "pod-info"}
"""Dashboards to which the platform's settings link."""
_VARIABLES = {"$__rate_interval": "5m", "$node": "192.0.2.1", "$namespace": "service"}


@cache
def _dashboards() -> dict[str, dict[str, Any]]:
    return {
        path.name: json.loads(path.read_text())
        for path in sorted((MANIFESTS / "grafana" / "dashboards").iterdir())
    }


def _queries(dashboard: dict[str, Any]) -> Iterator[str]:
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def _without_variables(query: str) -> str:
    for name, example in _VARIABLES.items():
        query = query.replace(name, example)
    return re.sub(r"\$\w+", "any", query)


def test_prometheus_accepts_every_query(tmp_path: Path) -> None:
    recorded = [
        {"record": f"asked:{number}", "expr": _without_variables(query)}
        for dashboard in _dashboards().values()
        for number, query in enumerate(_queries(dashboard))
    ]

    assert faults_of(tmp_path, {"groups": [{"name": "dashboards", "rules": recorded}]}) == ""


def test_the_dashboards_that_the_platform_links_to_are_there() -> None:
    assert {one["uid"] for one in _dashboards().values()} >= _LINKED


def test_a_dashboard_is_named_for_its_file() -> None:
    for name, dashboard in _dashboards().items():
        assert name == f"{dashboard['uid']}.json"


def test_panels_of_a_dashboard_lie_side_by_side() -> None:
    for name, dashboard in _dashboards().items():
        places = [
            (x, y)
            for panel in dashboard["panels"]
            for place in (panel["gridPos"],)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(places) == len(set(places)), name
        assert max(x for x, _ in places) < 24, name


def test_dashboards_ask_the_data_source_that_is_provided() -> None:
    provided = yaml.safe_load((MANIFESTS / "grafana/provisioning/prometheus.yaml").read_text())
    uid = provided["datasources"][0]["uid"]

    for name, dashboard in _dashboards().items():
        assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {uid}, name


def test_variables_of_links_are_in_the_dashboards() -> None:
    """The platform links to /grafana/d/pod-info/pod-info?var-pod=NAME, and so on."""
    variables = {
        dashboard["uid"]: {one["name"] for one in dashboard["templating"]["list"]}
        for dashboard in _dashboards().values()
    }

    assert variables["pod-info"] == {"pod"}
    assert variables["node"] == {"node"}
    assert variables["istio-service"] == {"namespace", "service"}


def test_grafana_asks_and_tells_nobody_outside() -> None:
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(MANIFESTS / "grafana" / "grafana.ini")

    asking = {
        ("analytics", "reporting_enabled"), ("analytics", "check_for_updates"),
        ("analytics", "check_for_plugin_updates"), ("analytics", "feedback_links_enabled"),
        ("news", "news_feed_enabled"), ("snapshots", "external_enabled"),
        ("plugins", "plugin_admin_enabled"),
    }  # fmt: skip
    assert {settings[section][key] for section, key in asking} == {"false"}
    assert settings["security"]["disable_gravatar"] == "true"
