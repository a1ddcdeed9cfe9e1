"""Cosignatures are gathered from witnesses over real HTTP: honest, slow, dead, lying."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from evidence.core.small_log import SmallLog, signer, suites, witness
from evidence.small_witnesses import SmallWitness, always, asks, dripping, reply_of, saying, served
from tongban.evidence import api
from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.keys import Algorithm
from tongban.evidence.core.note import Note
from tongban.evidence.core.policy import Policy, evaluate
from tongban.evidence.core.witness import CONFLICT_TYPE, answer, cosign
from tongban.evidence.witnessing.calls import Caller, Crowd, Reply, check_url
from tongban.evidence.witnessing.gathering import forget_sizes

LOG = SmallLog.counting(20)
FORK = SmallLog.counting(20, prefix="fork")
ONE, TWO, THREE = (witness(f"w{number}.example/witness") for number in (1, 2, 3))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.HOME = tmp_path
    settings.NODE = "log.example"
    forget_sizes()
    yield tmp_path
    forget_sizes()


def prove_to(size: int, log: SmallLog = LOG) -> Callable[[int], tuple[bytes, ...]]:
    return lambda old: tuple(log.consistency(old, size))


def gathered(size: int, log: SmallLog = LOG, deadline_s: float = 20.0) -> Note:
    """Gather with a deadline that a busy machine keeps: only tests of slowness set another."""
    note = api.gather(
        note=log.note(size).data,
        checkpoint=log.checkpoint(size),
        prove=prove_to(size, log),
        deadline_s=deadline_s,
    )
    return Note.parse(note)


def cosigners(note: Note) -> list[str]:
    return [one.name for one in note.signatures[1:]]


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    logged = [one.msg for one in caplog.records if one.name == "tongban.evidence"]
    return [str(one["event"]) for one in logged if isinstance(one, dict)]


def test_without_a_policy_or_an_address_the_note_stays_as_it_is() -> None:
    assert gathered(5) == LOG.note(5)
    asks(LOG, [(ONE.key, None)])
    assert gathered(5) == LOG.note(5)


def test_every_witness_cosigns_in_the_order_of_the_policy() -> None:
    small = [SmallWitness(one, LOG) for one in (THREE, ONE, TWO)]
    with ExitStack() as stack:
        policy = asks(LOG, [(one.signer.key, stack.enter_context(served(one))) for one in small])
        for size in (0, 1, 5, 12, 12, 20):
            note = gathered(size)
            assert cosigners(note) == [one.signer.key.name for one in small]
            assert len(evaluate(note, policy, suites).cosigned) == 3


def test_a_witness_is_asked_from_the_size_that_it_held_last() -> None:
    small = SmallWitness(ONE, LOG)
    with served(small) as url:
        asks(LOG, [(ONE.key, url + "/")])
        for size in (5, 12):
            gathered(size)
        forget_sizes()
        gathered(20)
    assert [(one.old, one.checkpoint.size) for one in small.requests] == [
        (0, 5),
        (5, 12),
        (0, 20),
        (12, 20),
    ]


def test_attack_14_a_witness_that_forgot_is_told_in_the_log_and_starts_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    small = SmallWitness(ONE, LOG)
    with served(small) as url:
        asks(LOG, [(ONE.key, url)])
        gathered(12)
        small.forget()
        assert cosigners(gathered(20)) == [ONE.key.name]
    assert events(caplog) == ["witness_went_back"]
    assert [one.old for one in small.requests] == [0, 12, 0]


def test_a_witness_that_is_ahead_of_the_log_is_asked_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    small = SmallWitness(ONE, LOG)
    with served(small) as url:
        asks(LOG, [(ONE.key, url)])
        gathered(20)
        for _ in range(2):
            assert gathered(12) == LOG.note(12)
    assert events(caplog) == ["witness_is_ahead"] * 2
    assert small.size_of(LOG) == 20


def test_this_node_is_no_witness_of_its_own_log(caplog: pytest.LogCaptureFixture) -> None:
    own = SmallWitness(witness("log.example/witness"), LOG)
    with served(own) as url:
        asks(LOG, [(own.signer.key, url)])
        assert gathered(5) == LOG.note(5)
    assert events(caplog) == ["witness_is_this_node"]
    assert own.requests == []


def test_attack_15_one_colluding_witness_gives_a_fork_no_quorum() -> None:
    honest = [SmallWitness(one, LOG) for one in (ONE, TWO)]
    false = SmallWitness(THREE, LOG, colludes=True)
    with ExitStack() as stack:
        small = [*honest, false]
        asks(LOG, [(one.signer.key, stack.enter_context(served(one))) for one in small])
        policy = Policy.k_of_n([LOG.signer.key], [one.signer.key for one in small])
        assert evaluate(gathered(12), policy, suites).quorum_reached
        forget_sizes()
        for size in (12, 20):
            split = gathered(size, FORK)
            assert cosigners(split) == [THREE.key.name]
            assert not evaluate(split, policy, suites).quorum_reached
        assert [one.size_of(LOG) for one in honest] == [12, 12]
        assert evaluate(gathered(20), policy, suites).quorum_reached


def cosigned(size: int, by: object = ONE, log: SmallLog = LOG) -> bytes:
    assert isinstance(by, type(ONE))
    return answer((cosign(by, log.checkpoint(size), 9),))


def bad_signature() -> bytes:
    return answer((cosign(ONE, FORK.checkpoint(5), 9),))


TIMELESS = ONE.sign(b"cosignature/v1\ntime 0\n" + LOG.checkpoint(5).text.encode())
LIES: dict[str, tuple[list[bytes], str]] = {
    "a bad signature": (reply_of(200, bad_signature()), "witness_cosignature_bad"),
    "another name": (
        reply_of(200, cosigned(5, witness("w9.example/witness", seed="w1.example/witness"))),
        "witness_cosignature_bad",
    ),
    "another witness": (reply_of(200, cosigned(5, TWO)), "witness_cosignature_bad"),
    "another size": (reply_of(200, cosigned(4)), "witness_cosignature_bad"),
    "another log": (
        reply_of(200, cosigned(5, log=SmallLog.counting(5, origin="example.org/b"))),
        "witness_cosignature_bad",
    ),
    "no time": (
        reply_of(
            200,
            cosign(ONE, LOG.checkpoint(5), 9)._replace(signature=bytes(8) + TIMELESS).line.encode(),
        ),
        "witness_cosignature_bad",
    ),
    "good beside bad": (reply_of(200, cosigned(5) + bad_signature()), "witness_cosignature_bad"),
    "nothing": (reply_of(200, b""), "witness_cosignature_bad"),
    "a page": (reply_of(200, b"<html>\n", "text/html"), "witness_cosignature_bad"),
    "the whole note": (reply_of(200, LOG.cosigned(5, ONE).data), "witness_cosignature_bad"),
    "a huge answer": (reply_of(200, b"a" * 2**17), "witness_unreachable"),
    "a huge head": (reply_of(200, b"", more=f"X: {'a' * 2**17}\r\n"), "witness_unreachable"),
    "no HTTP": ([b"SSH-2.0-X\r\n"], "witness_unreachable"),
    "cut off": ([b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n"], "witness_unreachable"),
    "silence": ([], "witness_unreachable"),
    "an error": (reply_of(500, b""), "witness_refused"),
    "a redirect": (
        reply_of(302, b"", more="Location: http://127.0.0.1:1/\r\n"),
        "witness_refused",
    ),
    "a size without its type": (reply_of(409, b"3\n"), "witness_size_unreadable"),
    "a size without its newline": (reply_of(409, b"3", CONFLICT_TYPE), "witness_size_unreadable"),
    "no size": (reply_of(409, b"-1\n", CONFLICT_TYPE), "witness_size_unreadable"),
    "no ASCII": (reply_of(409, b"\xff\n", CONFLICT_TYPE), "witness_size_unreadable"),
    "a size beyond": (reply_of(409, b"99\n", CONFLICT_TYPE), "witness_is_ahead"),
    "the size asked with": (reply_of(409, b"0\n", CONFLICT_TYPE), "witness_contradicts_itself"),
    "for ever another size": (reply_of(409, b"3\n", CONFLICT_TYPE), "witness_refused"),
}


@pytest.mark.parametrize(("lie", "event"), LIES.values(), ids=LIES)
def test_a_lying_witness_is_passed_over_and_its_lie_has_a_name(
    lie: list[bytes], event: str, caplog: pytest.LogCaptureFixture
) -> None:
    honest = SmallWitness(TWO, LOG)
    with saying(always(lie)) as liar, served(honest) as url:
        asks(LOG, [(ONE.key, liar), (TWO.key, url)])
        assert cosigners(gathered(5)) == [TWO.key.name]
    assert events(caplog) == [event]


def test_a_redirect_is_not_followed() -> None:
    elsewhere = SmallWitness(ONE, LOG)
    with served(elsewhere) as target:
        more = f"Location: {target}/add-checkpoint\r\n"
        for status in (301, 302, 303, 307, 308):
            with saying(always(reply_of(status, b"", more=more))) as url:
                asks(LOG, [(ONE.key, url)])
                assert gathered(5) == LOG.note(5)
    assert elsewhere.requests == []


ENDLESS: dict[str, Callable[[bytes], Iterable[bytes]]] = {
    "no answer": lambda _: dripping(b""),
    "in the head": lambda _: dripping(b"HTTP/1.1 200 X\r\nX-Long: "),
    "in the body": lambda _: dripping(b"HTTP/1.1 200 X\r\nContent-Length: 9000\r\n\r\n"),
    "without an end": lambda _: dripping(b"HTTP/1.1 200 X\r\n\r\n"),
    "always going on": lambda _: dripping(b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
}


@pytest.mark.parametrize("reply", ENDLESS.values(), ids=ENDLESS)
def test_an_endless_answer_holds_nobody_up(
    reply: Callable[[bytes], Iterable[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    honest = SmallWitness(TWO, LOG)
    with saying(reply) as slow, served(honest) as url:
        asks(LOG, [(ONE.key, slow), (TWO.key, url)])
        assert cosigners(gathered(5, deadline_s=1.5)) == [TWO.key.name]
    assert set(events(caplog)) <= {"witness_too_slow", "witness_unreachable"}
    assert len(events(caplog)) == 1


def test_who_is_too_slow_is_cut_off_and_can_be_asked_again() -> None:
    crowd: Crowd[Reply | str] = Crowd()
    with saying(ENDLESS["in the body"]) as slow:
        assert crowd.ask({"slow": lambda caller: caller.call("GET", slow)}, 0.3) == {"slow": None}
        for _ in range(100):
            if crowd.ask({"slow": lambda _: "back"}, 0.3) == {"slow": "back"}:
                return
            time.sleep(0.1)
    pytest.fail("the call went on for ten seconds")


def test_a_dead_witness_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
    honest = SmallWitness(TWO, LOG)
    with served(honest) as url:
        asks(LOG, [(ONE.key, dead), (TWO.key, url)])
        assert cosigners(gathered(5)) == [TWO.key.name]
    assert events(caplog) == ["witness_unreachable"]


def test_who_still_hangs_is_not_asked_a_second_time() -> None:
    crowd: Crowd[int] = Crowd()
    began, go_on = threading.Event(), threading.Event()
    asked = []

    def hang(_caller: Caller) -> int:
        asked.append("hanging")
        began.set()
        go_on.wait(30)
        return 1

    assert crowd.ask({"hanging": hang}, 0.01) == {"hanging": None}
    assert began.wait(30)
    assert crowd.ask({"hanging": hang, "other": lambda _: 2}, 20) == {"hanging": None, "other": 2}
    assert asked == ["hanging"]
    go_on.set()


@pytest.mark.parametrize(
    "address",
    [
        "ftp://w.example",
        "file:///etc/passwd",
        "//w.example",
        "w.example",
        "http://",
        "http://user@w.example",
        "http://w.example:99999",
        "http://w.example/?a=b",
        "http://w.example/#a",
        "http://[::1",
        "http://wörter.example",
    ],
)
def test_an_address_that_is_not_plainly_http_is_not_called(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    asks(LOG, [(ONE.key, address)])
    assert gathered(5) == LOG.note(5)
    assert events(caplog) == ["witness_address_bad"]


def test_addresses_of_http_and_https_are_fine() -> None:
    for address in ("http://w.example", "https://w.example:8443/witness/", "http://[::1]:8000"):
        check_url(address)
    for address in ("http://a b", "http://a\nb", "http://w.example:0"):
        with pytest.raises(Malformed):
            check_url(address)


def test_nothing_is_raised_whatever_is_wrong_here(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_old: int) -> tuple[bytes, ...]:
        raise OSError

    data = LOG.note(5).data
    small = SmallWitness(ONE, LOG)
    with served(small) as url:
        asks(LOG, [(ONE.key, url)])
        gathered(3)
        note = api.gather(note=data, checkpoint=LOG.checkpoint(5), prove=broken)
        assert note == data
        wrong = api.gather(note=data, checkpoint=LOG.checkpoint(6), prove=prove_to(6))
        assert wrong == data
        unread = api.gather(note=b"no note", checkpoint=LOG.checkpoint(5), prove=prove_to(5))
        assert unread == b"no note"
    (home / "log" / "policy").write_text("quorum nobody\n")
    assert gathered(5) == LOG.note(5)
    assert events(caplog) == ["witness_ask_failed", *["witnesses_not_asked"] * 3]
    assert small.size_of(LOG) == 3


def test_a_witness_may_sign_by_ml_dsa_44() -> None:
    small = SmallWitness(signer("w1.example/witness", Algorithm.ML_DSA_44), LOG)
    with served(small) as url:
        asks(LOG, [(small.signer.key, url)])
        assert cosigners(gathered(5)) == [small.signer.key.name]


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from([200, 409]))
def test_no_bytes_of_a_witness_are_taken_for_a_cosignature(body: bytes, status: int) -> None:
    forget_sizes()
    with saying(always(reply_of(status, body, CONFLICT_TYPE))) as url:
        asks(LOG, [(ONE.key, url)])
        assert gathered(5) == LOG.note(5)
