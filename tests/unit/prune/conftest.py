"""A double of Kubernetes for each test."""

from __future__ import annotations

from tests.support.kubernetes.fixtures import kube

__all__ = ["kube"]
