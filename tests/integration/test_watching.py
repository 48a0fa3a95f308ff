"""What a machine that watches a node sees on its loopback port: metrics, alive, ready."""

from __future__ import annotations

import ipaddress
import urllib.error
import urllib.request

import pytest

from node.cli.running import running
from tests.support.federation import RunningFederation


def fetch(pair: RunningFederation, path: str, node_id: str = "th") -> tuple[int, str]:
    """Status and body."""
    found = running(pair.node(node_id).home)
    assert found is not None
    try:
        with urllib.request.urlopen(f"http://{found.metrics}{path}", timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(("path", "body"), [("/healthz", "alive\n"), ("/readyz", "ready\n")])
def test_a_serving_node_is_alive_and_ready(pair: RunningFederation, path: str, body: str) -> None:
    assert fetch(pair, path) == (200, body)


def test_metrics_are_in_prometheus_form_and_move(pair: RunningFederation) -> None:
    status, before = fetch(pair, "/metrics", "cn")
    assert status == 200
    assert "# TYPE lancang_calls_total counter" in before
    assert 'lancang_index_as_of_seconds{owner="th"}' in before
    pair.search("cn", {"names": [{"text": "Metric Person"}]})
    _, after = fetch(pair, "/metrics", "cn")
    assert _value(after, "lancang_searches_total{") == _value(before, "lancang_searches_total{") + 1


def test_every_other_path_is_not_there(pair: RunningFederation) -> None:
    for path in ("/", "/metrics/", "/healthz/../../etc/passwd", "/node.toml"):
        assert fetch(pair, path)[0] == 404


def test_only_this_machine_can_watch(pair: RunningFederation) -> None:
    found = running(pair.node("th").home)
    assert found is not None
    assert ipaddress.ip_address(found.metrics.rpartition(":")[0]).is_loopback


def _value(page: str, series: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith(series))
