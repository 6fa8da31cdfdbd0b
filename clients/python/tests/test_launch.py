"""Launch and Client against `sgkeeper local`."""

from __future__ import annotations

import asyncio
import datetime
import os
import pickle
import signal
import threading
from typing import Any, Callable, Dict

import boto3
import pytest

import sgkeeper
from conftest import GROUP, PATIENCE, Tap, opened

Ended = Callable[[sgkeeper.Launch], None]
HOUR = datetime.timedelta(hours=1)


def launch(port: int, source: str = "10.0.0.0/8", **more: Any) -> sgkeeper.Launch:
    return sgkeeper.Launch(GROUP, port, source, HOUR, timeout=PATIENCE, **more)


def test_opens_and_closes(ended: Ended) -> None:
    with launch(9001) as job:
        assert (9001, 9001, "10.0.0.0/8") in opened()
        (outcome,) = job.outcomes
        assert (outcome.status, outcome.launch, outcome.group) == ("ensured", job.name, GROUP)
    ended(job)
    assert (9001, 9001, "10.0.0.0/8") not in opened()


def test_waits_for_the_end() -> None:
    with launch(9002, wait_end=True):
        assert (9002, 9002, "10.0.0.0/8") in opened()
    assert (9002, 9002, "10.0.0.0/8") not in opened()


def test_covered_by_a_wider_rule(ended: Ended) -> None:
    before = opened()
    assert (22, 22, "198.51.100.0/24") in before
    with launch(22, "198.51.100.7/32") as job:
        assert opened() == before
        assert job.outcomes[0].status == "ensured"
    ended(job)
    assert opened() == before


def test_refused_by_guardrails() -> None:
    with pytest.raises(sgkeeper.RejectedError) as caught:
        with launch(22, "0.0.0.0/0"):
            pytest.fail("the block ran")
    assert caught.value.reasons[0].field == "/rules/0/from/0"
    assert "/rules/0/from/0" in str(caught.value) and caught.value.launch in str(caught.value)
    assert not caught.value.ended
    assert (22, 22, "0.0.0.0/0") not in opened()


def test_refused_by_the_decoder() -> None:
    with pytest.raises(sgkeeper.RejectedError) as caught:
        sgkeeper.Launch(GROUP, rules=[{"port": 1, "from": ["10.0.0.0/8"]}], timeout=PATIENCE).open()
    assert any(reason.field.startswith("/rules/0") for reason in caught.value.reasons)


def test_a_launch_that_has_ended(ended: Ended) -> None:
    with launch(9003) as job:
        pass
    ended(job)
    with pytest.raises(sgkeeper.RejectedError) as caught:
        job.open()
    assert caught.value.ended


def test_timeout(tap: Tap) -> None:
    job = sgkeeper.Launch(GROUP, 9004, "10.0.0.0/8", timeout=1, client=tap.client())
    with pytest.raises(sgkeeper.LaunchTimeoutError) as caught:
        job.open()
    assert isinstance(caught.value, TimeoutError) and caught.value.reasons
    request, end = tap.event(), tap.event()
    assert (request["detail-type"], end["detail-type"]) == ("Launch Requested", "Launch Ended")
    assert request["detail"]["launch"] == end["detail"]["launch"] == job.name


def test_failed_entry(tap: Tap) -> None:
    client = sgkeeper.Client(bus=tap.bus, source="aws.ec2")  # no customer may use it
    with pytest.raises(sgkeeper.PublishError) as caught:
        with sgkeeper.Launch(GROUP, 9005, "10.0.0.0/8", client=client):
            pytest.fail("the block ran")
    assert caught.value.code and caught.value.code in str(caught.value)
    assert caught.value.accepted is False
    assert tap.empty()


def test_failed_call() -> None:
    client = sgkeeper.Client(queue_url=os.environ["AWS_ENDPOINT_URL"] + "/000000000000/none")
    with pytest.raises(sgkeeper.PublishError) as caught:
        client.end("none")
    assert "NonExistentQueue" in caught.value.code


def test_no_such_function(ended: Ended) -> None:
    job = launch(9006, client=sgkeeper.Client(function="none:wait"))
    with pytest.raises(sgkeeper.WaiterError) as caught:
        job.open()
    assert caught.value.code == "ResourceNotFoundException" and "'none:wait'" in str(caught.value)
    job.client = sgkeeper.Client()
    ended(job)


def test_ends_after_an_exception(ended: Ended) -> None:
    with pytest.raises(ZeroDivisionError):
        with launch(9007) as job:
            raise ZeroDivisionError
    ended(job)


def test_ends_after_ctrl_c(ended: Ended) -> None:
    with pytest.raises(KeyboardInterrupt):
        with launch(9008) as job:
            signal.raise_signal(signal.SIGINT)
    ended(job)


def test_ends_after_ctrl_c_in_the_wait(tap: Tap) -> None:
    seen: Dict[str, Any] = {}

    def interrupt() -> None:
        seen.update(tap.event())
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        with sgkeeper.Launch(GROUP, 9009, "10.0.0.0/8", client=tap.client(), timeout=PATIENCE):
            pytest.fail("the block ran")
    other.join()
    end = tap.event()
    assert (seen["detail-type"], end["detail-type"]) == ("Launch Requested", "Launch Ended")
    assert end["detail"]["launch"] == seen["detail"]["launch"]


def test_an_end_that_fails_does_not_hide_the_exception(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError):
        with launch(9010) as job:
            job.client = sgkeeper.Client(queue_url=os.environ["AWS_ENDPOINT_URL"] + "/000000000000/none")
            raise ZeroDivisionError
    assert job.name in caplog.text and "stay open until" in caplog.text
    job.client = sgkeeper.Client()
    job.end()


def test_async(ended: Ended) -> None:
    async def run() -> sgkeeper.Launch:
        async with launch(9011) as job:
            assert (9011, 9011, "10.0.0.0/8") in opened()
        return job

    ended(asyncio.run(run()))
    assert (9011, 9011, "10.0.0.0/8") not in opened()


def test_async_refused() -> None:
    async def run() -> None:
        async with launch(22, "0.0.0.0/0"):
            pytest.fail("the block ran")

    with pytest.raises(sgkeeper.RejectedError):
        asyncio.run(run())


def test_async_cancelled_in_the_block(ended: Ended) -> None:
    job = launch(9012)

    async def run() -> None:
        async with job:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
    ended(job)


def test_async_cancelled_in_the_wait(tap: Tap) -> None:
    async def enter() -> None:
        async with sgkeeper.Launch(GROUP, 9013, "10.0.0.0/8", client=tap.client(), timeout=PATIENCE):
            pytest.fail("the block ran")

    async def run() -> Dict[str, Any]:
        task = asyncio.ensure_future(enter())
        request = await asyncio.get_running_loop().run_in_executor(None, tap.event)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return request

    request = asyncio.run(run())
    end = tap.event()
    assert end["detail-type"] == "Launch Ended" and end["detail"]["launch"] == request["detail"]["launch"]


def test_thirty_launches_at_once() -> None:
    async def one(n: int) -> str:
        async with sgkeeper.Launch(GROUP, [8000, 9100 + n // 4], "0.0.0.0/0", HOUR, timeout=60) as job:
            return job.outcomes[0].status

    async def run() -> Any:
        return await asyncio.gather(*(one(n) for n in range(30)))

    assert asyncio.run(run()) == ["ensured"] * 30


def test_extends(tap: Tap) -> None:
    with launch(9014) as job:
        outcomes = job.extend(2 * HOUR)
        assert [outcome.status for outcome in outcomes] == ["ensured"]
    other = sgkeeper.Launch(GROUP, 9014, "10.0.0.0/8", HOUR, client=tap.client(), timeout=0)
    for extend in (other.open, lambda: other.extend(2 * HOUR)):
        with pytest.raises(sgkeeper.LaunchTimeoutError):
            extend()
    first, _, second = tap.event(), tap.event(), tap.event()
    times = [datetime.datetime.strptime(e["detail"]["expiresAt"], "%Y-%m-%dT%H:%M:%SZ") for e in (first, second)]
    assert HOUR <= times[1] - times[0] < HOUR + datetime.timedelta(minutes=1)


def test_an_extension_that_fails(ended: Ended) -> None:
    with pytest.raises(sgkeeper.PublishError):
        with launch(9020) as job:
            good, job.client = job.client, sgkeeper.Client(source="aws.ec2")
            try:
                job.extend(2 * HOUR)
            finally:
                job.client = good
    ended(job)
    assert (9020, 9020, "10.0.0.0/8") not in opened()


def test_an_addition_that_is_refused(ended: Ended) -> None:
    with launch(9021) as job:
        job._rules = [{"ports": 22, "from": ["0.0.0.0/0"]}]
        with pytest.raises(sgkeeper.RejectedError):
            job.open()
    ended(job)
    assert (9021, 9021, "10.0.0.0/8") not in opened()


def test_full_rules(ended: Ended, tap: Tap) -> None:
    rules = [{"protocol": "udp", "ports": "9015-9016", "from": ["10.0.0.0/8"]}, {"ports": 443, "to": ["10.0.0.0/8"]}]
    more: Dict[str, Any] = {"rules": rules, "requester": "team", "reason": "a test", "ticket": "OPS-1"}
    with sgkeeper.Launch({"id": GROUP}, timeout=PATIENCE, name="udp", **more) as job:
        assert (9015, 9016, "10.0.0.0/8") in opened()
        assert job.name.startswith("udp-")
    ended(job)
    with pytest.raises(sgkeeper.LaunchTimeoutError):
        sgkeeper.Launch(GROUP, client=tap.client(), timeout=0, **more).open()
    detail = tap.event()["detail"]
    assert {key: detail[key] for key in more} == more


def test_by_a_queue(ended: Ended) -> None:
    with launch(9017, client=sgkeeper.Client(queue_url=os.environ["SGKEEPER_LAUNCHES"])) as job:
        assert (9017, 9017, "10.0.0.0/8") in opened()
    ended(job)
    with pytest.raises(sgkeeper.RejectedError):
        launch(22, "0.0.0.0/0", client=job.client).open()


def test_a_bus_by_its_arn(ended: Ended) -> None:
    arn = boto3.client("events").describe_event_bus(Name="sgkeeper")["Arn"]
    with launch(9018, client=sgkeeper.Client(bus=arn)) as job:
        assert job.outcomes[0].status == "ensured"
    ended(job)


def test_step_by_step() -> None:
    client = sgkeeper.Client()
    name = sgkeeper.incarnation("steps")
    detail = {"launch": name, "group": GROUP, "rules": [{"ports": 9019, "from": ["10.0.0.0/8"]}]}
    (open_,) = client.wait(client.request(detail), PATIENCE)
    assert open_.status == "ensured" and (9019, 9019, "10.0.0.0/8") in opened()
    (end,) = client.wait(client.end(name, GROUP), PATIENCE)
    assert end.status == "released"
    again = client.wait(client.end(name), PATIENCE)
    assert {outcome.status for outcome in again} == {"released"}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"ports": 1}, "sources"),
        ({"sources": "10.0.0.0/8"}, "ports"),
        ({"ports": [], "sources": "10.0.0.0/8"}, "ports"),
        ({"ports": 1, "sources": "10.0.0.0/8", "rules": [{}]}, "rules"),
        ({"rules": []}, "rules"),
        ({"rules": {"ports": 1}}, "rules"),
        ({"ports": 1, "sources": "10.0.0.0/8", "expires": datetime.datetime(2030, 1, 1)}, "expires"),
        ({"ports": 1, "sources": "10.0.0.0/8", "expires": datetime.timedelta(0)}, "expires"),
        ({"ports": 1, "sources": "10.0.0.0/8", "name": "my job"}, "name"),
        ({"ports": 1, "sources": "10.0.0.0/8", "name": "-job"}, "name"),
        ({"ports": 1, "sources": "10.0.0.0/8", "name": ""}, "name"),
    ],
)
def test_wrong_arguments(arguments: Dict[str, Any], field: str) -> None:
    with pytest.raises(sgkeeper.InputError, match=f"^{field}: found .*: "):
        sgkeeper.Launch(GROUP, **arguments)


def test_names() -> None:
    names = {sgkeeper.incarnation("x" * 200) for _ in range(100)}
    assert len(names) == 100 and {len(name) for name in names} == {128}


def test_errors_survive_pickling() -> None:
    reasons = [sgkeeper.Reason("/rules/0", "bad")]
    for error in (
        sgkeeper.RejectedError("refused", "job", reasons),
        sgkeeper.LaunchTimeoutError("late", "job", reasons),
        sgkeeper.PublishError("failed", "Code", None),
        sgkeeper.WaiterError("failed", "Code"),
    ):
        copy = pickle.loads(pickle.dumps(error))
        assert (str(copy), vars(copy)) == (str(error), vars(error))
