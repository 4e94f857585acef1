"""Bank details at rest: sealed with AES-GCM under a named key, and bound to the row they belong to."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.accounts.banking.domain import BankDetails
from services.accounts.settings import AccountsSettings

NONCE_BYTES = 12
KEY_BYTES = 32
PURPOSE = b"mainstay bank details"


class KeyMissing(Exception):
    """Details were sealed with a key that is not among the settings, or that is not the one it is named after."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Ciphertext behind its nonce, and the id of the key that opens it."""

    key_id: str
    content: bytes


@dataclass(frozen=True)
class Keyring:
    """The key that seals, and every key that still opens."""

    sealing: str
    secrets: Mapping[str, str]

    def seal(self, details: BankDetails, *, row_id: str) -> Sealed:
        nonce = secrets.token_bytes(NONCE_BYTES)
        plain = orjson.dumps(asdict(details))
        return Sealed(self.sealing, nonce + self._cipher(self.sealing).encrypt(nonce, plain, row_id.encode()))

    def open(self, sealed: Sealed, *, row_id: str) -> BankDetails:
        """Raises KeyMissing; also where the content was put into another row."""
        nonce, content = sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:]
        try:
            plain = self._cipher(sealed.key_id).decrypt(nonce, content, row_id.encode())
        except InvalidTag:
            raise KeyMissing(f"bank key {sealed.key_id} does not open what was sealed under its name") from None
        return BankDetails(**orjson.loads(plain))

    def _cipher(self, key_id: str) -> AESGCM:
        if key_id not in self.secrets:
            raise KeyMissing(f"bank key {key_id} is not among the settings")
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE)
        return AESGCM(derived.derive(self.secrets[key_id].encode()))


def keyring_of(settings: AccountsSettings) -> Keyring:
    """The keys of the settings: BANK_KEY seals, BANK_KEY_BEFORE opens until everything is sealed anew."""
    keys = {settings.bank_key_id: settings.bank_key}
    if settings.bank_key_before:
        keys[settings.bank_key_id_before] = settings.bank_key_before
    return Keyring(settings.bank_key_id, keys)
