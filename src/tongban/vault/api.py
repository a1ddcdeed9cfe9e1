"""The vault's door: keys of persons and cases, sealing, the blind index.

Nothing here says who may open what: the app that owns the data does.
"""

from tongban.vault import splitting
from tongban.vault.actions import check_key_files, destroy_again, destroy_keys, erase_keys, make_key
from tongban.vault.queries import (
    Erasure,
    Keyring,
    blind_index,
    destroyed_among,
    destroyed_keys_of,
    destroyed_with_keys,
    digest_writer,
    erasures,
    key_of,
    keyring,
    keys_by_id,
    keys_of,
    node_key,
)
from tongban.vault.rules import (
    CHUNK,
    DataKey,
    seal,
    seal_json,
    seal_stream,
    seal_text,
    unseal,
    unseal_json,
    unseal_stream,
    unseal_text,
)

__all__ = [
    "CHUNK",
    "DataKey",
    "Erasure",
    "Keyring",
    "blind_index",
    "check_key_files",
    "destroy_again",
    "destroy_keys",
    "destroyed_among",
    "destroyed_keys_of",
    "destroyed_with_keys",
    "digest_writer",
    "erase_keys",
    "erasures",
    "key_of",
    "keyring",
    "keys_by_id",
    "keys_of",
    "make_key",
    "node_key",
    "seal",
    "seal_json",
    "seal_stream",
    "seal_text",
    "splitting",
    "unseal",
    "unseal_json",
    "unseal_stream",
    "unseal_text",
]
