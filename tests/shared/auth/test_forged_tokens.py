"""Tokens nobody should believe: each one is answered 401 and says nothing more."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from shared.auth.tokens import ForgedToken, KeysNotLoaded, TokenVerifier, keys_at
from shared.errors import Unauthenticated
from tests.serving import Issuer

ISSUER = Issuer()
OTHERS_KEY = ECKey.generate_key("P-256", auto_kid=True)


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else orjson.dumps(part)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def verifier(issuer: Issuer = ISSUER) -> TokenVerifier:
    return TokenVerifier(issuer=issuer.issuer, audience=issuer.audience, load_keys=keys_at(issuer.jwks))


def unsigned(alg: str) -> str:
    header = {"alg": alg, "kid": ISSUER.key.kid}
    return f"{encoded(header)}.{encoded(ISSUER.claims('admin'))}."


def hs256_with_the_public_key(secret: bytes) -> str:
    signed = f"{encoded({'alg': 'HS256', 'kid': ISSUER.key.kid})}.{encoded(ISSUER.claims('admin'))}"
    return f"{signed}.{encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def signed_by(key: ECKey, *, claims: dict[str, Any] | None = None, **header: Any) -> str:
    """A good ES256 signature with whatever header: the library would refuse to write some of them."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    content = (
        f"{encoded({'alg': 'ES256', 'kid': ISSUER.key.kid, **header})}.{encoded(claims or ISSUER.claims('admin'))}"
    )
    r, s = decode_dss_signature(key.private_key.sign(content.encode(), ECDSA(hashes.SHA256())))
    return f"{content}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def claims(**changed: Any) -> dict[str, Any]:
    kept = {**ISSUER.claims("admin"), **changed}
    return {name: value for name, value in kept.items() if value is not None}


def other_algorithm() -> str:
    key = RSAKey.import_key(generate_private_key(65537, 2048))
    return jwt.encode({"alg": "RS256", "kid": ISSUER.key.kid}, ISSUER.claims("admin"), key, algorithms=["RS256"])


def empty_key() -> str:
    return jwt.encode(
        {"alg": "HS256", "kid": ISSUER.key.kid}, claims(), OctKey.import_key(b"\0" * 32), algorithms=["HS256"]
    )


def flipped() -> str:
    header, _, signature = ISSUER.token("rep").split(".")
    return f"{header}.{encoded(ISSUER.claims('admin'))}.{signature}"


SOON, PAST = int(time.time()) + 3600, int(time.time()) - 3600
PUBLIC = orjson.dumps(ISSUER.key.as_dict(private=False))
FORGERIES: list[Any] = [
    pytest.param(lambda: unsigned("none"), id="alg none"),
    pytest.param(lambda: unsigned("None"), id="alg None with a capital"),
    pytest.param(lambda: unsigned("ES256"), id="no signature at all"),
    pytest.param(lambda: hs256_with_the_public_key(PUBLIC), id="HS256 with the public JWK as secret"),
    pytest.param(lambda: hs256_with_the_public_key(ISSUER.key.as_pem(private=False)), id="HS256 with the public PEM"),
    pytest.param(lambda: hs256_with_the_public_key(b""), id="HS256 with an empty key"),
    pytest.param(empty_key, id="HS256 with a key of zeros"),
    pytest.param(other_algorithm, id="RS256 under our kid"),
    pytest.param(lambda: signed_by(OTHERS_KEY), id="somebody else's key under our kid"),
    pytest.param(lambda: signed_by(OTHERS_KEY, kid=OTHERS_KEY.kid), id="somebody else's key under its own kid"),
    pytest.param(lambda: signed_by(OTHERS_KEY, jwk=OTHERS_KEY.as_dict(private=False)), id="a key brought along in jwk"),
    pytest.param(lambda: signed_by(OTHERS_KEY, jku="https://evil.example/keys"), id="a key fetched from jku"),
    pytest.param(lambda: signed_by(ISSUER.key, jku="https://evil.example/keys"), id="our key but a jku"),
    pytest.param(lambda: signed_by(ISSUER.key, x5u="https://evil.example/c"), id="our key but an x5u"),
    pytest.param(lambda: signed_by(ISSUER.key, crit=["exp2"], exp2=1), id="an extension we must understand"),
    pytest.param(lambda: signed_by(ISSUER.key, kid=""), id="no key id"),
    pytest.param(lambda: signed_by(ISSUER.key, kid="../../etc/passwd"), id="a key id that is a path"),
    pytest.param(flipped, id="claims changed after signing"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(aud="another")), id="for another deployment"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(aud=None)), id="for nobody"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(aud=["x", "y"])), id="for several others"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(iss="another")), id="from another issuer"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(exp=PAST)), id="expired"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(exp=None)), id="never expiring"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(exp="tomorrow")), id="expiring in words"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(nbf=SOON)), id="not valid yet"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(iat=SOON)), id="issued in the future"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(sub=None)), id="about nobody"),
    pytest.param(lambda: signed_by(ISSUER.key, claims=claims(sub="")), id="about an empty name"),
    pytest.param(lambda: "a.b.c", id="no token"),
    pytest.param(lambda: "a" * 10_000, id="very long nonsense"),
    pytest.param(lambda: f"{encoded([])}.{encoded([])}.{encoded(b'')}", id="lists for objects"),
    pytest.param(lambda: signed_by(ISSUER.key, claims={"x": 1}), id="a signed letter that is no token"),
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
async def test_a_forged_token_is_401(forge: Callable[[], str]) -> None:
    with pytest.raises(ForgedToken) as refused:
        await verifier().identify(f"Bearer {forge()}")
    assert refused.value.status == 401


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="no header"),
        pytest.param("", id="an empty header"),
        pytest.param("Bearer", id="no token behind Bearer"),
        pytest.param("Basic YWRtaW46YWRtaW4=", id="another scheme"),
        pytest.param(ISSUER.token("admin"), id="the token without its scheme"),
    ],
)
async def test_without_a_bearer_token_it_is_401(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await verifier().identify(header)


async def test_a_good_token_is_believed_and_a_key_narrows_it() -> None:
    plain = await verifier().identify(f"Bearer {ISSUER.token('u1')}")
    narrowed = await verifier().identify(f"bearer {ISSUER.token('u2', scope='orders.import feed.read')}")
    assert (plain.user_id, plain.scopes) == ("u1", None)
    assert (narrowed.user_id, narrowed.scopes) == ("u2", {"orders.import", "feed.read"})
    several = await verifier().identify(f"Bearer {ISSUER.token('u3', aud=['other', 'mainstay'])}")
    assert several.user_id == "u3"


async def test_a_believed_token_is_still_refused_once_it_has_expired() -> None:
    short = ISSUER.token("u1", exp=int(time.time()) - 4)  # within the leeway for clocks that differ
    one = verifier()
    assert (await one.identify(f"Bearer {short}")).user_id == "u1"
    await asyncio.sleep(2)
    with pytest.raises(ForgedToken):
        await one.identify(f"Bearer {short}")


class Published:
    """An issuer whose published keys change, and which counts who asks."""

    def __init__(self) -> None:
        self.keys: list[ECKey] = []
        self.asked = 0

    async def load(self) -> dict[str, Any]:
        self.asked += 1
        if not self.keys:
            raise OSError("unreachable")
        return {"keys": [key.as_dict(private=False) for key in self.keys]}


async def test_a_key_published_later_is_found_and_a_withdrawn_one_forgotten() -> None:
    published, new = Published(), Issuer()
    one = TokenVerifier(issuer="mainstay", audience="mainstay", load_keys=published.load)
    published.keys = [ISSUER.key]
    old_token = ISSUER.token("u1")
    assert (await one.identify(f"Bearer {old_token}")).user_id == "u1"
    published.keys = [new.key]
    assert (await one.identify(f"Bearer {new.token('u2')}")).user_id == "u2"
    with pytest.raises(ForgedToken):
        await one.identify(f"Bearer {old_token}")


async def test_invented_key_ids_do_not_make_us_ask_again_and_again() -> None:
    published = Published()
    published.keys = [ISSUER.key]
    one = TokenVerifier(issuer="mainstay", audience="mainstay", load_keys=published.load)
    for number in range(50):
        with pytest.raises(ForgedToken):
            await one.identify(f"Bearer {signed_by(ISSUER.key, kid=f'invented{number}')}")
    assert published.asked <= 3


async def test_before_any_key_could_be_read_it_is_not_the_callers_fault() -> None:
    one = TokenVerifier(issuer="mainstay", audience="mainstay", load_keys=Published().load)
    with pytest.raises(KeysNotLoaded) as refused:
        await one.identify(f"Bearer {ISSUER.token('u1')}")
    assert refused.value.status == 503


async def test_keys_are_read_from_a_file(tmp_path) -> None:
    (tmp_path / "jwks.json").write_text(ISSUER.jwks)
    one = TokenVerifier(issuer="mainstay", audience="mainstay", load_keys=keys_at((tmp_path / "jwks.json").as_uri()))
    assert (await one.identify(f"Bearer {ISSUER.token('u1')}")).user_id == "u1"
