"""What the rewards service reads of the others, and who applies it."""

from shared.auth.people import PEOPLE_HANDLERS
from shared.consumer import Consumer, one_by_one

CONSUMERS = (Consumer(service="rewards", topics=("people.v1",), handler=one_by_one(PEOPLE_HANDLERS)),)
