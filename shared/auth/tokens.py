"""A token is believed only when one of the issuer's published keys signed it for this deployment."""

import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
from anyio import Path, to_thread
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.util import urlsafe_b64decode

from shared.errors import Problem, Unauthenticated, Words

ALGORITHM = "ES256"
LEEWAY_S = 5
ASKED_AT_MOST, ASKED_WITHIN_S = 3, 15.0  # whoever invents key ids must not make us ask for each
BELIEVED_FOR_S = 30.0
BELIEVED_TOKENS = 4096
FETCH_TIMEOUT_S = 3.0

LoadKeys = Callable[[], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a token proves: the subject, and for an API key the permissions it is narrowed to."""

    user_id: str
    scopes: frozenset[str] | None = None


class ForgedToken(Unauthenticated):
    code = "token_not_valid"
    title: ClassVar[Words] = {"en": "The token is not valid", "zh": "令牌无效"}


class KeysNotLoaded(Problem):
    status = 503
    code = "keys_not_loaded"
    title: ClassVar[Words] = {"en": "The issuer's keys cannot be read yet", "zh": "尚无法读取签发方公钥"}

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class TokenVerifier:
    """Verifies tokens against a cached key set, asking again (three times in 15 s) when a key is not known."""

    def __init__(self, *, issuer: str, audience: str, load_keys: LoadKeys) -> None:
        self._issuer, self._audience, self._load_keys = issuer, audience, load_keys
        self._keys: KeySet | None = None
        self._kids: frozenset[str] = frozenset()
        self._asked_at: deque[float] = deque(maxlen=ASKED_AT_MOST)
        self._believed: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    async def keys_are_loaded(self) -> bool:
        """For the readiness probe; tries to load them."""
        if self._keys is None:
            await self._ask_for_keys()
        return self._keys is not None

    async def identify(self, authorization: str | None) -> Identity:
        """Who sent this Authorization header; raises Unauthenticated."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated({"en": "Send a bearer token.", "zh": "请提供 Bearer 令牌。"})
        return self._remembered(token) or await self._verify(token)

    async def _verify(self, token: str) -> Identity:
        kid = _key_named_by(token)
        if kid not in self._kids:
            await self._ask_for_keys()
        if self._keys is None:
            raise KeysNotLoaded
        if kid not in self._kids:
            raise ForgedToken
        try:
            claims = jwt.decode(token, self._keys, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError) as refused:
            raise ForgedToken from refused
        self._check(claims)
        return self._remember(token, claims)

    def _check(self, claims: Mapping[str, Any]) -> None:
        now = time.time()
        times = [claims.get(name, default) for name, default in (("exp", None), ("nbf", 0), ("iat", 0))]
        if not all(isinstance(moment, int | float) for moment in times):
            raise ForgedToken
        expires, not_before, issued = times
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if not (expires > now - LEEWAY_S and not_before <= now + LEEWAY_S and issued <= now + LEEWAY_S):
            raise ForgedToken({"en": "The token is expired or not valid yet.", "zh": "令牌已过期或尚未生效。"})
        if claims.get("iss") != self._issuer or self._audience not in audiences or not claims.get("sub"):
            raise ForgedToken({"en": "The token is not meant for this deployment.", "zh": "令牌不适用于本系统。"})

    def _remember(self, token: str, claims: Mapping[str, Any]) -> Identity:
        scope = claims.get("scope")
        identity = Identity(str(claims["sub"]), None if scope is None else frozenset(str(scope).split()))
        until = min(time.time() + BELIEVED_FOR_S, claims["exp"] + LEEWAY_S)
        self._believed[token] = (until, identity)
        if len(self._believed) > BELIEVED_TOKENS:
            self._believed.popitem(last=False)
        return identity

    def _remembered(self, token: str) -> Identity | None:
        until, identity = self._believed.get(token, (0.0, None))
        if identity is not None and until <= time.time():
            del self._believed[token]
            return None
        return identity

    async def _ask_for_keys(self) -> None:
        asked_enough = len(self._asked_at) == ASKED_AT_MOST and time.monotonic() - self._asked_at[0] < ASKED_WITHIN_S
        if asked_enough and self._keys is not None:
            return
        self._asked_at.append(time.monotonic())
        try:
            published = await self._load_keys()
            usable = [key for key in published["keys"] if key.get("kty") == "EC" and key.get("crv") == "P-256"]
            keys = KeySet.import_key_set({"keys": usable})
        except (OSError, ValueError, KeyError, JoseError):
            return
        if usable:
            self._keys, self._kids = keys, frozenset(key["kid"] for key in usable if key.get("kid"))
            self._believed.clear()


def _key_named_by(token: str) -> str:
    """The `kid` of a well-formed header that says ES256 and brings no key or extension of its own."""
    try:
        header = orjson.loads(urlsafe_b64decode(token.split(".", 1)[0].encode()))
    except ValueError as unreadable:
        raise ForgedToken from unreadable
    if not isinstance(header, dict) or header.get("alg") != ALGORITHM:
        raise ForgedToken
    if {"jwk", "jku", "x5c", "x5u", "crit"} & set(header):
        raise ForgedToken
    return str(header.get("kid", ""))


def keys_at(jwks_url: str) -> LoadKeys:
    """How to read a key set: an http(s) or file URL, or the set itself written inline (`{"keys": …}`)."""
    if jwks_url.lstrip().startswith("{"):
        return lambda: _parsed(jwks_url.encode())
    if urlsplit(jwks_url).scheme == "file":
        return lambda: _read(urlsplit(jwks_url).path)
    return lambda: to_thread.run_sync(_fetch, jwks_url)


async def _parsed(text: bytes) -> Mapping[str, Any]:
    found: Mapping[str, Any] = orjson.loads(text)
    return found


async def _read(path: str) -> Mapping[str, Any]:
    return await _parsed(await Path(path).read_bytes())


def _fetch(url: str) -> Mapping[str, Any]:
    import httpx2

    try:
        answer = httpx2.get(url, timeout=FETCH_TIMEOUT_S)
        answer.raise_for_status()
    except httpx2.HTTPError as unreachable:
        raise OSError(f"{url}: {unreachable}") from unreachable
    found: Mapping[str, Any] = orjson.loads(answer.content)
    return found
