"""``gateway demo``, ``serve`` and ``simulator``, started as a person starts them."""

from __future__ import annotations

import itertools
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

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


def eventually(found: Callable[[], bool]) -> None:
    """Wait until it is so, for as long as a process may take."""
    end = time.monotonic() + PATIENCE
    while not found() and time.monotonic() < end:
        time.sleep(0.05)
    assert found()


def is_complete(url: str) -> bool:
    """Whether a gateway has walked through all of history."""
    return bool(asked(url, "{ mirror { coverage { complete } } }").json()["data"]["mirror"]["coverage"]["complete"])


def is_ready(url: str) -> bool:
    """Whether a gateway says that it is."""
    return bool(httpx.get(f"{url}/readyz", timeout=PATIENCE).json() == {"status": "ready"})


def test_the_demo_prints_its_address_and_four_queries_that_work_and_leaves_nothing_behind(tmp_path: Path) -> None:
    about = {"XDG_DATA_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with gateway("demo", "--port", "0", "--calls", "300", **about) as process:
        url = printed(first_line(process))
        assert process.stdout is not None
        text = "".join(itertools.takewhile(lambda line: "The first of them" not in line, process.stdout))
        queries = [block for block in text.split("\n\n") if block.startswith("   {")]
        eventually(lambda: is_complete(url))
        answers = [asked(url, query).json() for query in queries]
    assert len(answers) == 4
    assert all("errors" not in answer for answer in answers)
    first, calls, customers, live = (answer["data"] for answer in answers)
    assert first["call"]["customer"]["plan"] in ("FREE", "PRO", "ENTERPRISE")
    assert calls["calls"]["totalCount"] >= len(calls["calls"]["edges"])
    costs = [customer["totalCost"] for customer in customers["customers"]["nodes"]]
    assert len(costs) == 3
    assert costs == sorted(costs, reverse=True)
    assert live["call"]["freshness"]["state"] in ("FRESH", "STALE")
    assert list(tmp_path.iterdir()) == []


def test_serve_answers_in_front_of_any_vapi_and_says_which(tmp_path: Path) -> None:
    with Server(create(calls=50, private_key=CANARY)) as vapi:
        call_id = vapi.app.state.simulator.ids(0, 1)[0]
        about = {"GATEWAY_UPSTREAM_URL": vapi.url, "VAPI_API_KEY": CANARY, "GATEWAY_DATA_DIR": str(tmp_path)}
        with gateway("serve", "--port", "0", **about) as process:
            line = first_line(process)
            assert vapi.url in line
            answer = asked(printed(line), f'{{ call(id: "{call_id}") {{ id }} }}')
            assert httpx.get(f"{printed(line)}/livez").json() == {"status": "live"}
            url = printed(line)
            eventually(lambda: is_ready(url) and is_complete(url))
            total = asked(url, "{ calls { totalCount } }").json()["data"]["calls"]["totalCount"]
    assert answer.json()["data"] == {"call": {"id": call_id}}
    assert total == len(vapi.app.state.simulator.ids(0, 100))


def test_serve_asks_everybody_for_the_key_that_was_made_in_its_folder(tmp_path: Path) -> None:
    with Server(create(calls=20, private_key=CANARY)) as vapi:
        about = {
            "GATEWAY_UPSTREAM_URL": vapi.url,
            "VAPI_API_KEY": CANARY,
            "GATEWAY_DATA_DIR": str(tmp_path),
            "GATEWAY_ALLOW_ANONYMOUS": "0",
        }
        with gateway("keys", "create", "--name", "reports", **about) as making:
            token, _ = making.communicate(timeout=PATIENCE)
        with gateway("serve", "--port", "0", "--host", "0.0.0.0", **about) as process:  # noqa: S104  # that is the point
            found = re.search(r":(\d+)/", first_line(process))
            assert found is not None
            url = f"http://127.0.0.1:{found[1]}"
            assert httpx.get(f"{url}/livez", timeout=PATIENCE).status_code == 200
            refused = asked(url, "{ calls { totalCount } }")
            let_in = httpx.post(
                f"{url}/graphql",
                json={"query": "{ calls { totalCount } }"},
                headers={"Authorization": f"Bearer {token.strip()}"},
                timeout=PATIENCE,
            )
    assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert set(let_in.json()["data"]) == {"calls"}


def test_serve_without_a_way_in_refuses_beyond_the_machine_and_gives_advice_on_it(tmp_path: Path) -> None:
    about = {"VAPI_API_KEY": CANARY, "GATEWAY_DATA_DIR": str(tmp_path), "GATEWAY_ALLOW_ANONYMOUS": "0"}
    with gateway("serve", "--port", "0", "--host", "0.0.0.0", **about) as process:  # noqa: S104  # what is refused
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (2, "")
    assert "gateway keys create" in err
    with gateway("serve", "--port", "0", **about) as process:
        assert asked(printed(first_line(process)), "{ __typename }").status_code == 401
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
    assert err.startswith("gateway: Nobody is let in yet. Let people in by API keys (gateway keys create)")


@pytest.mark.parametrize("proxies", ["127.0.0.0/8,192.0.2.9", ""])
def test_the_address_of_a_caller_comes_from_trusted_proxies_alone(tmp_path: Path, proxies: str) -> None:
    about = {
        "VAPI_API_KEY": CANARY,
        "GATEWAY_DATA_DIR": str(tmp_path),
        "GATEWAY_ALLOW_ANONYMOUS": "0",
        "GATEWAY_SYNC": "0",
        "GATEWAY_RATE_PER_ADDRESS_PER_MINUTE": "1",
        "GATEWAY_TRUSTED_PROXIES": proxies,
    }
    with gateway("serve", "--port", "0", **about) as process:
        url = printed(first_line(process))

        def status(*forwarded: str) -> int:
            headers = [("X-Forwarded-For", each) for each in forwarded]
            return httpx.post(f"{url}/graphql", headers=headers, timeout=PATIENCE).status_code

        first = status("203.0.113.1")
        claimed = status("203.0.113.2, 203.0.113.1")  # what a client wrote there stands to the left
        through_two = status("203.0.113.1, 192.0.2.9")
        in_two_headers = status("203.0.113.2", "203.0.113.1")
        another = status("203.0.113.2")
    assert [first, claimed, through_two, in_two_headers] == [401, 429, 429, 429]
    assert another == (401 if proxies else 429)


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
    with Server(create(calls=20, private_key=CANARY)) as vapi:
        about = {"GATEWAY_UPSTREAM_URL": vapi.url, "VAPI_API_KEY": CANARY, "GATEWAY_DATA_DIR": str(tmp_path)}
        with gateway("serve", "--port", "0", **about) as process:
            url = printed(first_line(process))
            assert httpx.get(f"{url}/livez", timeout=PATIENCE).status_code == 200
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert [line for line in err.splitlines() if " INFO " not in line] == []


def test_a_database_that_cannot_be_reached_is_told_before_anything_listens(tmp_path: Path) -> None:
    url = "postgresql://gateway:canary-pass@127.0.0.1:1/mirror"
    about = {"VAPI_API_KEY": CANARY, "GATEWAY_DATA_DIR": str(tmp_path), "GATEWAY_DATABASE_URL": url}
    with gateway("serve", "--port", "0", **about) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    assert out == ""
    assert err == "gateway: The mirror's database did not do what was asked of it: it cannot be reached.\n"
