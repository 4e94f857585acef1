"""What the accounts service reads of the others, and who applies it."""

from shared.consumer import Consumer

CONSUMERS: tuple[Consumer, ...] = ()
