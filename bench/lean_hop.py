"""The leanest hop: what signing, encrypting and the bare inserts of a handed-over case cost.

``python -m bench.lean_hop SENDER RECEIVER CASE COUNT``: both files are copies of nodes' databases,
CASE is one that crossed. Its message and its rows are written again and again under other ids, one
transaction on each side and one for the answer, by this process alone. Prints the milliseconds of
CPU of one hop as JSON.
"""

import json
import re
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe, jws
from joserfc.jwk import OKPKey

_ID = re.compile(r"(?:hebei|beijing)-[0-9a-f]{32}")
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
_SENT = {
    "federation_outmessage": "lane = :case",
    "federation_outfile": "message_id IN (SELECT id FROM federation_outmessage WHERE lane = :case)",
}
_TAKEN = {
    "cases_case": "id = :case",
    "cases_caseevent": "case_id = :case",
    "cases_documentofrecord": "case_id = :case",
    "documents_document": "owner_id = :case",
    "cases_casepaper": "case_id = :case",
    "cases_caseabroad": "case_id = :case",
    "delivery_custodyitem": "subject_id = :case",
    "delivery_custodymove": (
        "item_id IN (SELECT id FROM delivery_custodyitem WHERE subject_id = :case)"
    ),
    "evidence_pendingentry": "subject_id = :case",
    "federation_inmessage": "lane = :case",
}
_UNIQUE = {"number", "stored_name", "token_digest"}
_COUNTED = {"evidence_pendingentry": "position"}
_SIGN, _WRAP = "Ed25519", ["ECDH-ES+A256KW", "A256GCM"]


class _Jws(jws.JWSRegistry):
    max_payload_length = 2**22


class _Jwe(jwe.JWERegistry):
    max_ciphertext_length = 2**22


_JWS, _JWE = _Jws(algorithms=[_SIGN]), _Jwe(algorithms=_WRAP)


class Rows:
    """The rows that a case left in a database, and how they are written once more."""

    def __init__(self, file: str, tables: dict[str, str], case: str) -> None:
        """Read them."""
        self.database = sqlite3.connect(file, isolation_level=None)
        for pragma in _PRAGMAS:
            self.database.execute(f"PRAGMA {pragma}")
        self._statements: list[tuple[str, list[str], list[tuple[Any, ...]], str]] = []
        self._own = {case}
        for table, where in tables.items():
            found = self.database.execute(f"SELECT * FROM {table} WHERE {where}", {"case": case})
            names = [column[0] for column in found.description]
            marks = ", ".join("?" * len(names))
            quoted = ", ".join(f'"{name}"' for name in names)
            sql = f"INSERT INTO {table} ({quoted}) VALUES ({marks})"
            rows = found.fetchall()
            self._own |= {str(cell) for row in rows for cell in row[:2]}  # its key, or an entry's
            self._statements.append((sql, names, rows, _COUNTED.get(table, "")))

    def write(self, rename: Callable[[str], str]) -> None:
        """Write them under other ids, in the caller's transaction."""
        for sql, names, rows, counted in self._statements:
            for row in rows:
                cells = [
                    None
                    if name == counted
                    else secrets.token_hex(8)
                    if name in _UNIQUE and cell is not None
                    else _ID.sub(lambda found: self._renamed(found[0], rename), cell)
                    if isinstance(cell, str)
                    else cell
                    for name, cell in zip(names, row, strict=True)
                ]
                self.database.execute(sql, cells)

    def _renamed(self, found: str, rename: Callable[[str], str]) -> str:
        """Leave alone what others made: the applicant, who stands in many cases."""
        return rename(found) if found in self._own else found


def main(sender: str, receiver: str, case: str, count: int) -> None:
    """Make the hops."""
    sent, taken = Rows(sender, _SENT, case), Rows(receiver, _TAKEN, case)
    size = max(
        len(row[0])
        for row in sent.database.execute(
            "SELECT sealed FROM federation_outmessage WHERE lane = ?", [case]
        )
    )
    payload = secrets.token_hex(size * 3 // 8).encode()  # a JWS is four thirds of what it signs
    signing, box = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("X25519")
    at_rest = AESGCM(AESGCM.generate_key(256))
    began = time.process_time()
    for _ in range(count):
        names: dict[str, str] = {}

        def rename(found: str, names: dict[str, str] = names) -> str:
            return names.setdefault(found, f"{found.partition('-')[0]}-{secrets.token_hex(16)}")

        signed = jws.serialize_compact({"alg": _SIGN}, payload, signing, registry=_JWS)
        at_rest.encrypt(secrets.token_bytes(12), signed.encode(), b"")
        sent.database.execute("BEGIN IMMEDIATE")
        sent.write(rename)
        sent.database.execute("COMMIT")
        header = {"alg": _WRAP[0], "enc": _WRAP[1]}
        envelope = jwe.encrypt_compact(header, signed.encode(), box, registry=_JWE)
        opened = jwe.decrypt_compact(envelope, box, registry=_JWE).plaintext or b""
        jws.deserialize_compact(opened, signing, registry=_JWS)
        at_rest.encrypt(secrets.token_bytes(12), opened, b"")
        taken.database.execute("BEGIN IMMEDIATE")
        taken.write(rename)
        taken.database.execute("COMMIT")
        answer = jws.serialize_compact({"alg": _SIGN}, payload[:200], signing, registry=_JWS)
        jws.deserialize_compact(answer, signing, registry=_JWS)
        sent.database.execute("BEGIN IMMEDIATE")
        sent.database.execute(
            "UPDATE federation_outmessage SET answered_at = created_at, answer = ?"
            """ WHERE "to" = 'beijing' AND lane = ?""",
            [answer, names[case]],
        )
        sent.database.execute("COMMIT")
    print(json.dumps((time.process_time() - began) / count * 1000))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
