"""``gateway demo``, ``serve`` and ``simulator``, started as a person starts them."""

from __future__ import annotations

import itertools
import re
import signal
from pathlib import Path

import httpx

from gateway.simulator.app import create
from gateway.simulator.server import Server
from tests.cli.processes import PATIENCE, first_line, gateway

CANARY = "canary-key-5d20"


def printed(text: str) -> str:
    """The address in a line."""
    found = re.search(r"http://127\.0\.0\.1:\d+", text)
    assert found is not None, text
    return found[0]


def asked(url: str, query: str) -> httpx.Response:
    """The answer of a gateway."""
    return httpx.post(f"{url}/graphql", json={"query": query}, timeout=PATIENCE)


def test_the_demo_prints_its_address_and_three_queries_that_work() -> None:
    with gateway("demo", "--port", "0", "--calls", "300") as process:
        url = printed(first_line(process))
        assert process.stdout is not None
        text = "".join(itertools.takewhile(lambda line: "The first of them" not in line, process.stdout))
        queries = [block for block in text.split("\n\n") if block.startswith("   {")]
        answers = [asked(url, query).json() for query in queries]
    assert len(answers) == 3
    assert all("errors" not in answer for answer in answers)
    assert answers[0]["data"]["call"]["customer"]["plan"] in ("FREE", "PRO", "ENTERPRISE")
    assert len(answers[1]["data"]["calls"]["nodes"]) == 5
    assert answers[2]["data"]["call"]["freshness"]["state"] in ("FRESH", "STALE")


def test_serve_answers_in_front_of_any_vapi_and_says_which(tmp_path: Path) -> None:
    with Server(create(calls=50, private_key=CANARY)) as vapi:
        call_id = vapi.app.state.simulator.ids(0, 1)[0]
        about = {"GATEWAY_UPSTREAM_URL": vapi.url, "VAPI_API_KEY": CANARY, "GATEWAY_DATA_DIR": str(tmp_path)}
        with gateway("serve", "--port", "0", **about) as process:
            line = first_line(process)
            assert vapi.url in line
            answer = asked(printed(line), f'{{ call(id: "{call_id}") {{ id }} }}')
            assert httpx.get(f"{printed(line)}/livez").json() == {"status": "live"}
            assert httpx.get(f"{printed(line)}/readyz").json() == {"status": "ready"}
    assert answer.json() == {"data": {"call": {"id": call_id}}}


def test_serve_with_a_wrong_key_says_so_and_shows_the_key_nowhere(tmp_path: Path) -> None:
    with Server(create(calls=50)) as vapi:
        call_id = vapi.app.state.simulator.ids(0, 1)[0]
        about = {"GATEWAY_UPSTREAM_URL": vapi.url, "VAPI_API_KEY": CANARY, "GATEWAY_DATA_DIR": str(tmp_path)}
        with gateway("serve", "--port", "0", **about, GATEWAY_LOG_LEVEL="debug") as process:
            answer = asked(printed(first_line(process)), f'{{ call(id: "{call_id}") {{ id }} }}')
            process.terminate()
            out, err = process.communicate(timeout=PATIENCE)
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == "UPSTREAM_UNAUTHORIZED"
    assert "GATEWAY_UPSTREAM_KEY" in error["message"]
    assert "UpstreamAnswered" in err
    assert CANARY not in answer.text + out + err


def test_serve_without_a_key_ends_with_status_2_and_says_what_to_set(tmp_path: Path) -> None:
    with gateway("serve", "--port", "0", GATEWAY_DATA_DIR=str(tmp_path)) as process:
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert err.startswith("gateway: GATEWAY_UPSTREAM_KEY (or VAPI_API_KEY)")


def test_the_simulator_runs_alone() -> None:
    with Server(create(calls=1)) as taken:  # a port that was free a moment ago
        port = taken.url.rpartition(":")[2]
    with gateway("simulator", "--port", port, "--calls", "7", "--live", "0", "--seed", "3") as process:
        url = printed(first_line(process))
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(transport=transport, headers={"Authorization": "Bearer sim-private-key"}) as client:
            calls = client.get(f"{url}/call").json()
    assert len(calls) == 7


def test_a_port_in_use_is_named_with_its_setting(tmp_path: Path) -> None:
    about = {"VAPI_API_KEY": CANARY, "GATEWAY_DATA_DIR": str(tmp_path)}
    with Server(create(calls=1)) as taken, gateway("serve", "--port", taken.url.rpartition(":")[2], **about) as process:
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert err.startswith("gateway: GATEWAY_HOST, GATEWAY_PORT: cannot listen on 127.0.0.1")


def test_ctrl_c_ends_it_without_a_complaint(tmp_path: Path) -> None:
    with gateway("serve", "--port", "0", VAPI_API_KEY=CANARY, GATEWAY_DATA_DIR=str(tmp_path)) as process:
        url = printed(first_line(process))
        assert httpx.get(f"{url}/livez", timeout=PATIENCE).status_code == 200
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert err == ""
