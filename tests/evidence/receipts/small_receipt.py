"""Receipts of a small log, good and spoilt, with what every checker must say of each."""

import base64
import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from evidence.core.small_log import SmallLog, signer, witness
from tongban.evidence.core.keys import Algorithm, NoteKey, Signer
from tongban.evidence.core.note import Note, sign
from tongban.evidence.core.policy import Policy
from tongban.evidence.core.proof import LogProof
from tongban.evidence.receipts import Piece, write
from tongban.evidence.rules import Opening, disclosure_digest, disclosure_of, leaf_of
from tongban.kernel.canonical import canonical_bytes

ORIGIN = "tongzhou/log/2026"
DACHANG, XIONGAN, NOTARY = THREE = [
    witness(f"{name}/witness") for name in ("dachang", "xiongan", "notary")
]
PQ = signer("university/witness", Algorithm.ML_DSA_44)
GOOD = ("body.good", "fields.good", "included.good", "log.good", "witnesses.good")
NO_PROOF = ("included.unreadable", "log.skipped", "witnesses.skipped")


def opening(kind: str, number: int, personal: Mapping[str, object]) -> Opening:
    disclosures = tuple(disclosure_of(name, value) for name, value in personal.items())
    body = {
        "v": 1,
        "id": f"tongzhou-{number:04}",
        "kind": kind,
        "at": "2026-11-02T03:00:00.000000Z",
        "facts": {"note": '一次性告知 \u2028 \U00020bb7 \\ "x" \x7f'},
        "_sd_alg": "sha-256",
        "_sd": sorted(map(disclosure_digest, disclosures)),
    }
    return Opening(salt=bytes([number]) * 32, body=canonical_bytes(body), disclosures=disclosures)


RECEIVED = opening("case.received", 1, {"name": "马清荷", "phone": "13900000000"})
DECIDED = opening("case.decided", 2, {})


class SealedLog(SmallLog):
    """A log that holds the leaves of openings at 2, 4 … among others."""

    def __init__(self, *openings: Opening, origin: str = ORIGIN) -> None:
        entries = [b"\x01" + bytes([number]) * 32 for number in range(2 * len(openings) + 3)]
        for number, one in enumerate(openings, 1):
            entries[2 * number] = leaf_of(one.salt, one.body)
        super().__init__(entries, origin)

    def piece(self, number: int, one: Opening, *witnesses: Signer) -> Piece:
        kind = json.loads(one.body)["kind"]
        return Piece(
            name=f"{number:04}-{kind}",
            opening=one,
            leaf=self.entries[2 * number],
            proof=self.proof(2 * number, len(self.entries), *witnesses).data,
        )


LOG = SealedLog(RECEIVED, DECIDED)
PIECE = LOG.piece(1, RECEIVED, DACHANG, XIONGAN)


def policy(*witnesses: Signer, quorum: int | None = None, log: SmallLog = LOG) -> bytes:
    keys: list[NoteKey] = [one.key for one in witnesses]
    return Policy.k_of_n([log.signer.key], keys, quorum).data


TWO_OF_THREE = policy(*THREE, quorum=2)


def receipt(*pieces: Piece, policies: tuple[bytes, ...] = (TWO_OF_THREE,)) -> bytes:
    return write(pieces or (PIECE,), policies)


def with_proof(change: Callable[[LogProof], LogProof], piece: Piece = PIECE) -> bytes:
    return receipt(replace(piece, proof=change(LogProof.parse(piece.proof)).data))


def with_opening(**changes: object) -> Piece:
    return replace(PIECE, opening=replace(RECEIVED, **changes))  # type: ignore[arg-type]


def sealed_as_it_is(body: bytes) -> bytes:
    """Return a receipt of a body that the log holds, whatever it is."""
    return sealed(Opening(salt=bytes(32), body=body, disclosures=()))


def sealed(one: Opening) -> bytes:
    """Return a receipt of an opening in a log of its own."""
    log = SealedLog(one)
    proof = log.proof(2, len(log.entries), DACHANG, XIONGAN).data
    return receipt(Piece(name="0001-odd", opening=one, leaf=log.entries[2], proof=proof))


def disclosing(raw: bytes) -> bytes:
    """Return a receipt that shows a field, recorded as it is, whatever it is."""
    text = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return disclosing_text(text)


def disclosing_text(text: str) -> bytes:
    """Return a receipt that shows a disclosure, whatever it is."""
    body = canonical_bytes(
        {"_sd": [disclosure_digest(text)], "at": "2026", "id": "odd", "kind": "odd"}
    )
    return sealed(Opening(salt=bytes(32), body=body, disclosures=(text,)))


def forged() -> bytes:
    """Return a receipt of what never was, under everybody's names and a stranger's keys."""
    log = SmallLog([leaf_of(DECIDED.salt, DECIDED.body)], ORIGIN)
    log.signer = signer(ORIGIN, seed="stranger")
    names = [witness(one.key.name, seed=f"stranger {one.key.name}") for one in THREE]
    return receipt(
        Piece(
            name="0001-case.decided",
            opening=DECIDED,
            leaf=log.entries[0],
            proof=log.proof(0, 1, *names).data,
        ),
        policies=(policy(*names, quorum=2, log=log),),
    )


def spoilt(note: Note, name: str) -> Note:
    """Change a byte of the signature of that name."""
    return Note(
        note.text,
        tuple(
            one._replace(signature=one.signature[:-1] + bytes([one.signature[-1] ^ 1]))
            if one.name == name
            else one
            for one in note.signatures
        ),
    )


def repacked(data: bytes, **more: bytes) -> bytes:
    """Pack as other programs do: deflated, with folders, in another order, with more files."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        new.writestr("entries/", b"")
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
        for name, content in more.items():
            new.writestr(name, content)
    return stream.getvalue()


@dataclass(frozen=True)
class Case:
    """A receipt, a verifier's policy, and the reasons that each entry's five checks must give.

    ``browser`` is what a browser says where it knows fewer algorithms.
    """

    name: str
    data: bytes
    reasons: tuple[tuple[str, ...], ...]
    policy: bytes | None = None
    browser: tuple[tuple[str, ...], ...] = field(default=())


def _spoilt_at(position: int, reason: str, *after: str) -> tuple[tuple[str, ...], ...]:
    return ((*GOOD[:position], reason, *(after or GOOD[position + 1 :])),)


_MISSED = _spoilt_at(4, "witnesses.missed")
_OTHER_LOG = SealedLog(DECIDED, origin="dachang/log/2026")
_PQ_POLICY = policy(DACHANG, PQ)
_STRANGER = SmallLog.counting(1, origin="stranger/log")


def cases() -> list[Case]:
    both = (PIECE, LOG.piece(2, DECIDED, DACHANG, XIONGAN, NOTARY))
    stranger_signs = LogProof.parse(PIECE.proof).note
    return [
        Case("good", receipt(), (GOOD,)),
        Case("two entries", receipt(*both), (GOOD, GOOD)),
        Case(
            "two logs",
            receipt(
                PIECE,
                replace(_OTHER_LOG.piece(1, DECIDED, XIONGAN), name="0002-case.decided"),
                policies=(TWO_OF_THREE, policy(XIONGAN, log=_OTHER_LOG)),
            ),
            (GOOD, GOOD),
        ),
        Case(
            "a part is shown", receipt(with_opening(disclosures=RECEIVED.disclosures[1:])), (GOOD,)
        ),
        Case("nothing is shown", receipt(with_opening(disclosures=())), (GOOD,)),
        Case("packed by another program", repacked(receipt(*both)), (GOOD, GOOD)),
        Case(
            "with a file that belongs to no receipt",
            repacked(receipt(), **{"../../decision.pdf": b"%PDF"}),
            (GOOD,),
        ),
        Case(
            "body changed",
            receipt(with_opening(body=RECEIVED.body.replace(b"received", b"declined"))),
            (("body.changed", "fields.open", *GOOD[2:]),),
        ),
        Case(
            "salt changed",
            receipt(with_opening(salt=bytes(32))),
            (("body.changed", "fields.open", *GOOD[2:]),),
        ),
        Case(
            "leaf changed",
            receipt(replace(PIECE, leaf=bytes(33))),
            (("body.changed", "fields.open", "included.bad", *GOOD[3:]),),
        ),
        Case(
            "body and leaf changed together",
            receipt(
                replace(
                    PIECE,
                    name="0001-case.decided",
                    opening=DECIDED,
                    leaf=leaf_of(DECIDED.salt, DECIDED.body),
                )
            ),
            _spoilt_at(2, "included.bad"),
        ),
        Case(
            "body not canonical",
            sealed_as_it_is(b'{"_sd":[],"at":"","id":"","kind":"odd","kind":"odd"}'),
            (("body.unreadable", "fields.open", *GOOD[2:]),),
        ),
        Case(
            "body with a fraction",
            sealed_as_it_is(b'{"_sd":[],"at":"","id":"","kind":"odd","n":1.5}'),
            (("body.unreadable", "fields.open", *GOOD[2:]),),
        ),
        Case(
            "body with a number that is too large",
            sealed_as_it_is(b'{"_sd":[],"at":"","id":"","kind":"odd","n":9007199254740993}'),
            (("body.unreadable", "fields.open", *GOOD[2:]),),
        ),
        Case(
            "body without its digests",
            sealed_as_it_is(b'{"at":"","id":"","kind":"odd"}'),
            (("body.unreadable", "fields.open", *GOOD[2:]),),
        ),
        *[
            Case(
                f"body with {what}",
                sealed_as_it_is(b'{"_sd":[],"at":"","id":"","kind":"odd","n":%s}' % value),
                (("body.unreadable", "fields.open", *GOOD[2:]),),
            )
            for what, value in NOT_CANONICAL.items()
        ],
        *[
            Case(
                f"a disclosure with {what} in it",
                disclosing(b'["s","name",%s]' % value),
                _spoilt_at(1, "fields.foreign"),
            )
            for what, value in NOT_CANONICAL.items()
        ],
        Case(
            "as deep as may be",
            sealed_as_it_is(b'{"_sd":[],"at":"","id":"","kind":"odd","n":%s}' % _nested(63)),
            (GOOD,),
        ),
        Case("a disclosure as deep as may be", disclosing(b'["s","n",%s]' % _nested(63)), (GOOD,)),
        Case(
            "a disclosure with padding",
            disclosing_text(base64.urlsafe_b64encode(b'["s","n",1]').decode()),
            _spoilt_at(1, "fields.foreign"),
        ),
        Case(
            "a disclosure with bits to spare",
            disclosing_text("WyJzIiwibiIsMV1"),  # ["s","n",1] ends in 0
            _spoilt_at(1, "fields.foreign"),
        ),
        Case(
            "a disclosure with a space",
            disclosing_text("WyJzIiwi biIsMV0"),
            _spoilt_at(1, "fields.foreign"),
        ),
        Case(
            "a policy with a comment in GBK",
            receipt(policies=("# 三方见证\n".encode("gbk") + TWO_OF_THREE,)),
            (GOOD,),
        ),
        Case(
            "body that is no JSON",
            sealed_as_it_is(b"odd"),
            (("body.unreadable", "fields.open", *GOOD[2:]),),
        ),
        Case(
            "a field that was not recorded",
            receipt(with_opening(disclosures=(disclosure_of("name", "马清河"),))),
            _spoilt_at(1, "fields.foreign"),
        ),
        Case(
            "a field shown twice",
            receipt(with_opening(disclosures=RECEIVED.disclosures[:1] * 2)),
            _spoilt_at(1, "fields.foreign"),
        ),
        *[
            Case(f"a disclosure with {what}", disclosing(raw), _spoilt_at(1, "fields.foreign"))
            for what, raw in NO_DISCLOSURES.items()
        ],
        Case(
            "a hash of the proof changed",
            with_proof(lambda proof: replace(proof, hashes=(bytes(32), *proof.hashes[1:]))),
            _spoilt_at(2, "included.bad"),
        ),
        Case(
            "a hash too many",
            with_proof(lambda proof: replace(proof, hashes=(*proof.hashes, bytes(32)))),
            _spoilt_at(2, "included.bad"),
        ),
        Case(
            "no hashes",
            with_proof(lambda proof: replace(proof, hashes=())),
            _spoilt_at(2, "included.bad"),
        ),
        Case(
            "another index",
            with_proof(lambda proof: replace(proof, index=3)),
            _spoilt_at(2, "included.bad"),
        ),
        Case(
            "an index beyond the tree",
            with_proof(lambda proof: replace(proof, index=2**63 - 1)),
            _spoilt_at(2, "included.bad"),
        ),
        Case(
            "the proof of another entry",
            receipt(replace(PIECE, proof=both[1].proof)),
            _spoilt_at(2, "included.bad"),
        ),
        Case(
            "a proof that is none",
            receipt(replace(PIECE, proof=b"c2sp.org/tlog-proof@v1\nindex 02\n\nx\n")),
            ((*GOOD[:2], *NO_PROOF),),
        ),
        Case(
            "a checkpoint with an extension",
            receipt(
                replace(PIECE, proof=PIECE.proof.replace("\n\n—".encode(), "\nmore\n\n—".encode()))
            ),
            ((*GOOD[:2], *NO_PROOF),),
        ),
        Case("a witness too few", receipt(LOG.piece(1, RECEIVED, NOTARY)), _MISSED),
        Case("no witness came", receipt(LOG.piece(1, RECEIVED)), _MISSED),
        Case(
            "a witness twice",
            with_proof(
                lambda proof: replace(
                    proof,
                    note=Note(
                        proof.note.text,
                        (*proof.note.signatures, sign(NOTARY, proof.note.text, 1_700_000_001)),
                    ),
                ),
                LOG.piece(1, RECEIVED, NOTARY),
            ),
            _MISSED,
        ),
        Case(
            "a cosignature without a time",
            with_proof(
                lambda proof: replace(
                    proof,
                    note=Note(
                        proof.note.text,
                        (*proof.note.signatures, sign(DACHANG, proof.note.text, 0)),
                    ),
                ),
                LOG.piece(1, RECEIVED, NOTARY),
            ),
            _MISSED,
        ),
        Case(
            "a witness's signature is wrong",
            with_proof(
                lambda proof: replace(proof, note=spoilt(proof.note, DACHANG.key.name)),
                LOG.piece(1, RECEIVED, *THREE),
            ),
            _spoilt_at(4, "witnesses.forged"),
        ),
        Case(
            "the log's signature is wrong",
            with_proof(lambda proof: replace(proof, note=spoilt(proof.note, ORIGIN))),
            _spoilt_at(3, "log.forged", "witnesses.skipped"),
        ),
        Case(
            "the log didn't sign",
            with_proof(
                lambda proof: replace(proof, note=Note(proof.note.text, proof.note.signatures[1:]))
            ),
            _spoilt_at(3, "log.missing", "witnesses.skipped"),
        ),
        Case(
            "the size was changed",
            with_proof(
                lambda proof: replace(
                    proof,
                    note=Note(proof.note.text.replace("\n7\n", "\n8\n"), proof.note.signatures),
                )
            ),
            _spoilt_at(3, "log.forged", "witnesses.skipped"),
        ),
        Case(
            "signed by a stranger as well",
            with_proof(
                lambda proof: replace(
                    proof,
                    note=proof.note.with_signatures([sign(_STRANGER.signer, stranger_signs.text)]),
                )
            ),
            (GOOD,),
        ),
        Case(
            "a log that the policy doesn't know",
            receipt(policies=(policy(*THREE, log=_STRANGER),)),
            _spoilt_at(3, "log.unknown", "witnesses.skipped"),
        ),
        Case(
            "no policy at all",
            receipt(policies=()),
            _spoilt_at(3, "log.unknown", "witnesses.skipped"),
        ),
        Case(
            "not cosigned",
            receipt(LOG.piece(1, RECEIVED), policies=(policy(),)),
            _spoilt_at(4, "witnesses.none"),
        ),
        Case(
            "cosigned without need",
            receipt(policies=(policy(*THREE, quorum=0),)),
            _spoilt_at(4, "witnesses.extra"),
        ),
        Case("a policy of one's own", receipt(policies=()), (GOOD,), TWO_OF_THREE),
        Case("a stricter policy of one's own", receipt(), _MISSED, policy(*THREE)),
        Case(
            "a policy of one's own about another log",
            receipt(),
            _spoilt_at(3, "log.unknown", "witnesses.skipped"),
            policy(*THREE, log=_STRANGER),
        ),
        Case("groups of groups", receipt(), (GOOD,), GROUPS),
        Case("forged whole, with a policy of its own", forged(), (GOOD,)),
        Case(
            "forged whole, by a policy from elsewhere",
            forged(),
            _spoilt_at(3, "log.missing", "witnesses.skipped"),
            TWO_OF_THREE,
        ),
        Case("a quorum that withstands nothing", receipt(), (GOOD,), policy(*THREE, quorum=1)),
        Case(
            "a witness with ML-DSA-44",
            receipt(LOG.piece(1, RECEIVED, DACHANG, PQ), policies=(_PQ_POLICY,)),
            (GOOD,),
            browser=_spoilt_at(4, "witnesses.open"),
        ),
    ]


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


NOT_CANONICAL = {
    "half a character": b'"\\ud800"',
    "half a character in a key": b'{"\\udc00":1}',
    "half a character deep inside": b'[[{"x":["\\ud800"]}]]',
    "a key twice": b'{"a":1,"a":2}',
    "keys in another order": b'{"b":1,"a":2}',
    "an infinite number": b"1e400",
    "what is no number": b"NaN",
    "a space": b"[1, 2]",
    "an escape that isn't needed": b'"\\u0041"',
    "64 lists in it": _nested(64),
    "1,200 lists in it": _nested(1200),
    "9,000 lists in it": _nested(9000),
}

NO_DISCLOSURES = {
    "a name that is no text": b'["s",{"toString":1,"valueOf":1},1]',
    "a name that is null": b'["s",null,1]',
    "a salt that is no text": b'[1,"name",1]',
    "no value": b'["s","name"]',
    "a part too many": b'["s","name",1,2]',
    "a text instead": b'"abc"',
    "an object instead": b'{"a":1,"b":2,"c":3}',
}

GROUPS = f"""\
log {LOG.signer.key.vkey}
witness dachang {DACHANG.key.vkey}
witness xiongan {XIONGAN.key.vkey}
group governments all dachang xiongan
witness notary {NOTARY.key.vkey}
witness university {PQ.key.vkey}
group outside any notary university
group both any governments outside
quorum both
""".encode()


def _zip(*files: tuple[str, bytes], **options: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:  # type: ignore[call-overload]
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def _files(
    changed: Mapping[str, bytes] | None = None, without: str = ""
) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(receipt())) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if name != without}
    return list({**found, **(changed or {})}.items())


def _twin() -> Piece:
    body = RECEIVED.body.replace(b"received", b"declined")
    one = Opening(salt=bytes(32), body=body, disclosures=())
    return replace(PIECE, name="0002-case.declined", opening=one, leaf=leaf_of(one.salt, one.body))


def _with_extra(kind: int, content: bytes) -> bytes:
    info = zipfile.ZipInfo("more")
    info.extra = struct.pack("<HH", kind, len(content)) + content
    stream = io.BytesIO(receipt())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(info, b"")
    return stream.getvalue()


def _counted(count: int) -> bytes:
    """Return a receipt whose end tells another count of files."""
    good = receipt()
    return good[:-12] + struct.pack("<H", count) + good[-10:]


def _nameless() -> bytes:
    """Return a ZIP of one file without a name."""
    listed = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 4, 0x21, *[0] * 10)
    return listed + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(listed), 0, 0)


def unreadable() -> dict[str, bytes]:
    """Return files that are no receipts."""
    entry = "entries/0001-case.received"
    good = receipt()
    return {
        "nothing": b"",
        "no ZIP": b"%PDF-1.7",
        "half a ZIP": good[: len(good) // 2],
        "a ZIP without an entry": _zip(("policy", TWO_OF_THREE)),
        "no leaf": _zip(*_files(without=f"{entry}.leaf")),
        "no proof": _zip(*_files(without=f"{entry}.proof")),
        "a leaf of 34 bytes": _zip(*_files({f"{entry}.leaf": bytes(34)})),
        "an entry that is no JSON": _zip(*_files({f"{entry}.json": b"{"})),
        "an entry written otherwise": _zip(
            *[(n, c + b"\n" if n.endswith(".json") else c) for n, c in _files()]
        ),
        "a short salt": _zip(
            *[
                (n, c.replace(b"01" * 32, b"01" * 31) if n.endswith(".json") else c)
                for n, c in _files()
            ]
        ),
        "a policy that is none": _zip(*_files({"policy": b"quorum\n"})),
        "two policies for a log": _zip(*_files(), ("policy-2", TWO_OF_THREE)),
        "a bomb": _zip(
            *_files({f"{entry}.proof": bytes(64 << 20)}), compression=zipfile.ZIP_DEFLATED
        ),
        "bzip2": _zip(*_files(), compression=zipfile.ZIP_BZIP2),
        "one entry twice": receipt(PIECE, replace(PIECE, name="0002-case.received")),
        "two entries with one id": receipt(PIECE, _twin()),
        "an entry under another kind": receipt(replace(PIECE, name="0001-case.declined")),
        "an empty name": _nameless(),
        "a name with a NUL": _zip(*_files(), ("entries/0002.txtZ", b"")).replace(
            b"entries/0002.txtZ", b"entries/0002.txt\0"
        ),
        "a name that is not ASCII": _zip(*_files(), ("决定书.pdf", b"")),
        "a name with a control character": _zip(*_files(), ("\x1b[2J", b"")),
        "a second name": _with_extra(0x7075, b"\1" + bytes(4) + b"entries/0002"),
        "sizes of 64 bits": _with_extra(0x0001, bytes(16)),
        "more files in the list than it says": _counted(1),
        "fewer files in the list than it says": _counted(99),
        "a name twice": _zip(*_files(), ("entries/0001-case.received.leax", bytes(33))).replace(
            b"received.leax", b"received.leaf"
        ),
    }
