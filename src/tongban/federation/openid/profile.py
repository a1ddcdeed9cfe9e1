"""What of OpenID Connect there is between nodes, and where each part of it stands."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from tongban.federation.document import Document
from tongban.federation.signing import ALGORITHM
from tongban.identity.api import ASSURANCE_ELSEWHERE
from tongban.kernel import clock
from tongban.kernel.acting import Assurance

DISCOVERY = "/.well-known/openid-configuration"
AUTHORIZE, TOKEN = "/openid/authorize", "/openid/token"
KEYS, CALLBACK = "/openid/keys", "/openid/callback"

SCOPE = "openid identity"
ENCRYPTION = ("ECDH-ES+A256KW", "A256GCM")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_LIFE = timedelta(minutes=5)
"""Of an ID token and of a client's assertion; nodes' clocks may lie ten minutes apart besides."""

_ACR = "cn.tongban.assurance.{level}"
_LEVELS = [level for level in Assurance if level >= ASSURANCE_ELSEWHERE]
ACR = {level: _ACR.format(level=int(level)) for level in _LEVELS}
"""``acr`` of each assurance 实名等级 that a login elsewhere may have."""
LEVEL_OF = {text: level for level, text in ACR.items()}


def believed(peer: str) -> Assurance:
    """Return the most that this node believes of a login at a peer; ``TONGBAN_PEER_ASSURANCE``.

    ANONYMOUS: nobody comes in from there.
    """
    levels: dict[str, int] = settings.PEER_ASSURANCE
    return Assurance(levels.get(peer, levels.get("*", int(Assurance.HIGH))))


def openid_configuration(own: Document) -> dict[str, Any]:
    """Return the provider's configuration (OpenID Connect Discovery 1.0, RFC 8414, RFC 9207)."""
    algorithm, method = ENCRYPTION
    return {
        "issuer": own.address,
        "authorization_endpoint": own.address + AUTHORIZE,
        "token_endpoint": own.address + TOKEN,
        "jwks_uri": own.address + KEYS,
        "scopes_supported": SCOPE.split(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "acr_values_supported": list(ACR.values()),
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "id_token_encryption_alg_values_supported": [algorithm],
        "id_token_encryption_enc_values_supported": [method],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr"),
            *("name", "number_kind", "number"),
        ],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "ui_locales_supported": ["zh-Hans", "en"],
    }


def openid_keys(own: Document) -> dict[str, Any]:
    """Return the keys that count now, as a JWK Set (RFC 7517)."""
    algorithms = {"sig": ALGORITHM, "enc": ENCRYPTION[0]}
    now = clock.now()
    return {
        "keys": [
            {**one.jwk, "kid": one.kid, "use": one.use, "alg": algorithms[one.use]}
            for one in own.keys
            if own.key(one.kid, one.use, now) is not None
        ]
    }
