"""Policies: their file, and what they say of cosigned checkpoints."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.core.small_log import SmallLog, signer, suites, witness
from tongban.evidence.core.faults import BadSignature, Malformed
from tongban.evidence.core.keys import Algorithm, NoteKey, Signer
from tongban.evidence.core.note import Note, sign
from tongban.evidence.core.policy import (
    Group,
    LogLine,
    Policy,
    Verdict,
    WitnessLine,
    default_quorum,
    evaluate,
    strength_of,
    withstands,
)
from tongban.evidence.core.witness import cosign

LOG = SmallLog.counting(9)
LOG_KEY = LOG.signer.key
X1, X2, X3, Y1, Y2, Y3 = SIX = [
    witness(f"example.org/{name}") for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")
]
EXAMPLE = f"""\
# The example of tlog-policy, Example policy.
log {LOG_KEY.vkey}

witness X1 {X1.key.vkey}
witness X2 {X2.key.vkey}
\t witness  X3\t{X3.key.vkey} https://x3.example/ \t
  # indented
group X-witnesses 2 X1 X2 X3

witness Y1 {Y1.key.vkey}
witness Y2 {Y2.key.vkey}
witness Y3 {Y3.key.vkey}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def verdict(policy: Policy, *witnesses: Signer) -> Verdict:
    return evaluate(LOG.cosigned(9, *witnesses), policy, suites)


def of_three(quorum: int | None = None) -> Policy:
    return Policy.k_of_n([LOG_KEY], [one.key for one in (X1, X2, X3)], quorum)


def test_the_example_of_the_specification_is_read() -> None:
    policy = Policy.parse(EXAMPLE.encode())
    lines = [WitnessLine(one.key.name[-2:], one.key) for one in SIX]
    lines[2] = lines[2]._replace(url="https://x3.example/")
    assert policy == Policy(
        (LogLine(LOG_KEY),),
        tuple(lines),
        (
            Group("X-witnesses", 2, ("X1", "X2", "X3")),
            Group("Y-witnesses", 1, ("Y1", "Y2", "Y3")),
            Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
        ),
        "X-and-Y",
    )
    assert Policy.parse(policy.data) == policy


def test_the_example_of_the_specification_means_what_it_says() -> None:
    policy = Policy.parse(EXAMPLE.encode())
    for count in range(len(SIX) + 1):
        for some in itertools.combinations(SIX, count):
            found = verdict(policy, *some)
            reached = len({*map(id, some)} & {id(X1), id(X2), id(X3)}) >= 2
            reached = reached and bool({*map(id, some)} & {id(Y1), id(Y2), id(Y3)})
            assert found.quorum_reached is reached
            assert [line.name for line, _ in found.cosigned] == [one.key.name[-2:] for one in some]


def test_a_single_witness_or_none_can_be_the_quorum() -> None:
    lines = f"log {LOG_KEY.vkey}\nwitness W {X1.key.vkey}\n"
    single = Policy.parse(f"{lines}quorum W\nlog {signer('later').key.vkey}\n".encode())
    assert (verdict(single).quorum_reached, verdict(single, X1).quorum_reached) == (False, True)
    none = Policy.parse(f"{lines}quorum none\n".encode())
    assert verdict(none) == Verdict(LOG.checkpoint(9), LOG_KEY, (), quorum_reached=True)
    assert none == Policy((LogLine(LOG_KEY),), (WitnessLine("W", X1.key),))


W = X1.key.vkey
V = X2.key.vkey
BAD_POLICIES = {
    "empty": "",
    "no quorum": f"witness W {W}\n",
    "two quorums": "quorum none\nquorum none\n",
    "no newline at the end": "quorum none",
    "carriage return": "quorum none\r\n",
    "form feed": "# \f\nquorum none\n",
    "DEL": "# \x7f\nquorum none\n",
    "NUL": "# \0\nquorum none\n",
    "unknown line": "quorums none\n",
    "quorum of two names": "quorum none none\n",
    "quorum of none": "quorum\n",
    "unknown quorum": "quorum W\n",
    "quorum before its definition": f"quorum W\nwitness W {W}\n",
    "comment at the end of a line": f"log {LOG_KEY.vkey} https://log #comment\nquorum none\n",
    "log without a key": "log\nquorum none\n",
    "log with a bad key": "log aaaa\nquorum none\n",
    "log with a key of a witness": f"log {W}\nquorum none\n",
    "witness with a key of a log": f"witness W {LOG_KEY.vkey}\nquorum none\n",
    "log twice": f"log {LOG_KEY.vkey}\nlog {LOG_KEY.vkey}\nquorum none\n",
    "witness twice": f"witness W {W}\nwitness V {W}\nquorum none\n",
    "name twice": f"witness W {W}\nwitness W {V}\nquorum none\n",
    "name of a witness for a group": f"witness W {W}\ngroup W any W\nquorum none\n",
    "none for a witness": f"witness none {W}\nquorum none\n",
    "none for a group": f"witness W {W}\ngroup none any W\nquorum none\n",
    "none as a member": f"witness W {W}\ngroup G any W none\nquorum none\n",
    "unknown member": f"witness W {W}\ngroup G any W V\nquorum none\n",
    "member defined later": f"witness W {W}\ngroup G any W V\nwitness V {V}\nquorum none\n",
    "group in itself": "group G any G\nquorum none\n",
    "member twice": f"witness W {W}\ngroup G any W W\nquorum none\n",
    "member of two groups": (
        f"witness W {W}\nwitness V {V}\ngroup G any W V\ngroup H any V\nquorum none\n"
    ),
    "group without members": "group G any\nquorum none\n",
    "threshold of 0": f"witness W {W}\ngroup G 0 W\nquorum none\n",
    "threshold above the members": f"witness W {W}\ngroup G 2 W\nquorum none\n",
    "negative threshold": f"witness W {W}\ngroup G -1 W\nquorum none\n",
    "threshold with a zero before it": f"witness W {W}\ngroup G 01 W\nquorum none\n",
    "threshold in words": f"witness W {W}\ngroup G one W\nquorum none\n",
    "non-breaking space": f"witness\u00a0W {W}\nquorum none\n",
    "too long": "#" * (1 << 20) + "\nquorum none\n",
}


@pytest.mark.parametrize("text", BAD_POLICIES.values(), ids=BAD_POLICIES)
def test_a_policy_that_departs_from_its_syntax_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Policy.parse(text.encode())


def test_the_line_at_fault_is_named() -> None:
    with pytest.raises(Malformed, match="line 3: not a line of a policy: 'quorums none'"):
        Policy.parse(b"# comment\n\nquorums none\n")


def test_one_key_under_two_names_and_ids_is_a_duplicate() -> None:
    again = witness("example.org/other", seed="example.org/X1").key
    assert (again.public, again.key_id != X1.key.key_id) == (X1.key.public, True)
    for policy in (
        f"witness W {W}\nwitness V {again.vkey}\nquorum none\n",
        f"witness V {again.vkey}\nwitness W {W}\nquorum none\n",
    ):
        with pytest.raises(Malformed, match="one public key"):
            Policy.parse(policy.encode())
    with pytest.raises(Malformed, match="one public key"):
        Policy.k_of_n([LOG_KEY], [X1.key, again])


def test_octets_above_ascii_are_opaque_in_names_and_comments() -> None:
    kelvin = "\u212a".encode()
    text = b"# \xff\xfe\nwitness K %b\nwitness %b %b\nwitness \xff %b\nquorum \xff\n"
    data = text % (W.encode(), kelvin, V.encode(), X3.key.vkey.encode())
    policy = Policy.parse(data)
    assert Policy.parse(policy.data) == policy
    assert policy.data == data.partition(b"\n")[2]
    assert verdict_names(policy, b"log %b\n" % LOG_KEY.vkey.encode() + data) == [b"\xff"]


def verdict_names(policy: Policy, data: bytes) -> list[bytes]:
    found = verdict(Policy.parse(data), X3)
    assert policy.quorum.encode("utf-8", "surrogateescape") == b"\xff"
    assert found.quorum_reached
    return [line.name.encode("utf-8", "surrogateescape") for line, _ in found.cosigned]


@pytest.mark.parametrize("name", ["", "two words", "a\tb", "a\nb", "a\x7f"])
def test_a_policy_that_could_not_be_read_is_not_written(name: str) -> None:
    for policy in (
        Policy((), (WitnessLine(name, X1.key),)),
        Policy((LogLine(LOG_KEY, name),), ()),
        Policy((), (WitnessLine("W", X1.key),), (Group(name, 1, ("W",)),)),
    ):
        with pytest.raises(Malformed, match="not a word"):
            _ = policy.data


def test_nesting_has_no_limit_but_the_files_length() -> None:
    chain = [f"group {n + 1} any {n}" for n in range(5_000)]
    lines = [f"log {LOG_KEY.vkey}", f"witness 0 {W}", *chain, "quorum 5000", ""]
    policy = Policy.parse("\n".join(lines).encode())
    assert (verdict(policy).quorum_reached, verdict(policy, X1).quorum_reached) == (False, True)


words = st.sampled_from(
    ["log", "witness", "group", "quorum", "none", "any", "all", "1", "2", "G", "W", "#", W, V]
)


@given(st.lists(st.lists(words, max_size=6), max_size=6), st.binary(max_size=20))
def test_any_file_is_read_or_refused(lines: list[list[str]], noise: bytes) -> None:
    text = "".join(f"{' '.join(line)}\n" for line in lines).encode()
    for data in (noise, text, text + noise, text + noise + b"\nquorum none\n"):
        try:
            policy = Policy.parse(data)
        except Malformed:
            continue
        assert Policy.parse(policy.data) == policy


@given(st.data())
def test_no_byte_of_a_key_in_a_policy_can_change(data: st.DataObject) -> None:
    text = of_three().data
    at = text.index(X2.key.vkey.encode()) + data.draw(st.integers(0, len(X2.key.vkey) - 1))
    other = data.draw(
        st.integers(0, 255).filter(lambda byte: byte not in b" \t" + text[at : at + 1])
    )
    with pytest.raises(Malformed):
        Policy.parse(text[:at] + bytes([other]) + text[at + 1 :])


def test_attack_18_a_witness_that_signs_twice_counts_once() -> None:
    note = LOG.cosigned(9, X1)
    again = cosign(X1, LOG.checkpoint(9), 1_800_000_000)
    twice = Note(note.text, (*note.signatures, again, again))
    found = evaluate(twice, of_three(2), suites)
    assert ([line.name for line, _ in found.cosigned], found.quorum_reached) == (
        [X1.key.name],
        False,
    )
    assert verdict(of_three(2), X1, X2).quorum_reached


def test_attack_18_one_key_under_two_names_counts_once() -> None:
    other_name = witness("example.org/X2", seed="example.org/X1")
    other_kind = Signer(NoteKey("example.org/X1", Algorithm.ED25519, X1.key.public), X1.sign)
    for more in (other_name, other_kind):
        line = more.sign(b"")  # what it says is not looked at: nobody knows this key
        note = LOG.cosigned(9, X1)
        stranger = note.signatures[-1]._replace(
            name=more.key.name, key_id=more.key.key_id, signature=line
        )
        found = evaluate(note.with_signatures([stranger]), of_three(2), suites)
        assert (len(found.cosigned), found.quorum_reached) == (1, False)


def test_attack_18_a_cosignature_of_another_log_size_or_root_does_not_count() -> None:
    elsewhere = SmallLog.counting(9, origin="example.org/other")
    forked = SmallLog.counting(9, prefix="other")
    for checkpoint in (elsewhere.checkpoint(9), LOG.checkpoint(8), forked.checkpoint(9)):
        foreign = cosign(X2, checkpoint, 1_700_000_000)
        note = LOG.cosigned(9, X1).with_signatures([foreign])
        with pytest.raises(BadSignature, match=r"example\.org/X2"):
            evaluate(note, of_three(2), suites)


def test_attack_18_the_logs_own_key_is_no_witness_of_its_own() -> None:
    for algorithm in (Algorithm.ED25519_COSIGNATURE, Algorithm.ML_DSA_44):
        plain = signer("example.org/log", Algorithm.ML_DSA_44)
        log_key = LOG_KEY if algorithm is Algorithm.ED25519_COSIGNATURE else plain.key
        own = signer("example.org/log", algorithm)
        assert own.key.public == log_key.public
        policy = Policy(
            (LogLine(log_key),), (WitnessLine("own", own.key), WitnessLine("X1", X1.key)), (), "own"
        )
        note = LOG.cosigned(9, own, X1)
        found = evaluate(note, policy, suites)
        assert [line.name for line, _ in found.cosigned] == ["X1"]
        assert (found.log, found.quorum_reached) == (log_key, False)


def test_the_key_of_one_log_may_witness_another() -> None:
    other = signer("example.org/other")
    as_witness = witness("example.org/other-w", seed="example.org/other")
    policy = Policy(
        (LogLine(LOG_KEY), LogLine(other.key)), (WitnessLine("W", as_witness.key),), (), "W"
    )
    assert verdict(policy, as_witness).quorum_reached


def test_a_cosignature_without_a_time_does_not_count() -> None:
    policy = Policy.k_of_n([LOG_KEY], [X1.key, X2.key], 2)
    timeless = X1.sign(b"cosignature/v1\ntime 0\n" + LOG.checkpoint(9).text.encode())
    line = cosign(X1, LOG.checkpoint(9), 5)._replace(signature=bytes(8) + timeless)
    found = evaluate(LOG.cosigned(9, X2).with_signatures([line]), policy, suites)
    assert ([line.name for line, _ in found.cosigned], found.quorum_reached) == (
        [X2.key.name],
        False,
    )


def test_a_checkpoint_of_no_log_of_the_policy_is_refused() -> None:
    stranger = SmallLog.counting(9, origin="example.org/stranger")
    swapped = SmallLog.counting(9)
    swapped.signer = signer("example.org/log", seed="thief")
    both = Policy((LogLine(LOG_KEY), LogLine(stranger.signer.key)), (WitnessLine("W", X1.key),))
    renamed = stranger.checkpoint(9)._replace(origin="example.org/log")
    for note, policy in [
        (stranger.cosigned(9, X1), of_three()),
        (swapped.cosigned(9, X1), of_three()),
        (Note(renamed.text, stranger.note(9).signatures), of_three()),
        (stranger.note(9)._replace(text=LOG.checkpoint(9).text), of_three()),
    ]:
        with pytest.raises(BadSignature):
            evaluate(note, policy, suites)
    # A log's good signature under the origin of another log of the policy is not enough either.
    crossed = Note(renamed.text, (sign(stranger.signer, renamed.text),))
    with pytest.raises(BadSignature, match="with the origin"):
        evaluate(crossed, both, suites)


def test_a_note_that_is_no_checkpoint_is_refused_as_such() -> None:
    note = LOG.note(9)
    with pytest.raises(Malformed, match="no extension lines"):
        evaluate(Note(f"{note.text}extension\n", note.signatures), of_three(), suites)


def test_the_default_quorum_leaves_out_less_than_a_third() -> None:
    assert [default_quorum(n) for n in range(11)] == [0, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7]
    assert [of_three(q).groups[0].threshold for q in (None, 1, 3)] == [3, 1, 3]
    assert Policy.k_of_n([LOG_KEY], []) == Policy((LogLine(LOG_KEY),), ())
    with pytest.raises(Malformed):
        of_three(4)


def test_what_a_quorum_withstands_is_what_counting_views_finds() -> None:
    # Every witness signs the first view, the second or, colluding, both.
    for n in range(7):
        for q in range(n + 1):
            needs = min(
                both
                for both in range(n + 1)
                for first in range(n - both + 1)
                if first + both >= q and n - first >= q
            )
            found = withstands(n, q)
            assert found.split_needs == needs
            assert found.colluders == max(needs - 1, 0)
            assert found.outages == n - q
    for n, q in ((3, 4), (3, -1), (-1, 0)):
        with pytest.raises(Malformed):
            withstands(n, q)
    assert [tuple(withstands(n, default_quorum(n))) for n in (1, 3, 4, 5, 7)] == [
        (1, 0, 0),
        (3, 2, 0),
        (2, 1, 1),
        (3, 2, 1),
        (3, 2, 2),
    ]


@pytest.mark.parametrize("count", range(6))
def test_the_strength_of_a_policy_of_any_q_of_n_is_what_its_quorum_withstands(count: int) -> None:
    keys = [one.key for one in SIX[:count]]
    for quorum in range(1, count + 1):
        assert strength_of(Policy.k_of_n([LOG_KEY], keys, quorum)) == withstands(count, quorum)
    assert strength_of(Policy.k_of_n([LOG_KEY], keys, 0)) == (0, 0, count)


def test_the_strength_of_groups_is_found_by_trying_every_set_of_witnesses() -> None:
    policy = Policy.parse(EXAMPLE.encode())
    sets = [set(some) for count in range(7) for some in itertools.combinations(range(6), count)]
    enough = [some for some in sets if verdict(policy, *(SIX[n] for n in some)).quorum_reached]
    split = min(len(one & other) for one in enough for other in enough)
    denied = min(len(some) for some in sets if set(range(6)) - some not in enough)
    assert strength_of(policy) == (split, max(split - 1, 0), denied - 1) == (1, 0, 1)
