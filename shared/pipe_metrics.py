"""What an operator watches to know that no event is stuck."""

from prometheus_client import Counter, Gauge

EVENTS_RELAYED = Counter("mainstay_events_relayed", "events the broker acknowledged and the relay marked")
RELAY_IS_LEADER = Gauge("mainstay_relay_leader", "1 while this process is the relay of its database")
OUTBOX_WAITING = Gauge("mainstay_outbox_waiting", "committed events not yet published")
OUTBOX_OLDEST_S = Gauge("mainstay_outbox_oldest_age_seconds", "age of the oldest event not yet published")

EVENTS_TAKEN = Counter("mainstay_events_taken", "events by what became of them", ["consumer", "outcome"])
EVENTS_UNKNOWN = Counter("mainstay_events_of_unknown_type", "acknowledged without effect", ["consumer", "type"])
BODIES_DIFFER = Counter("mainstay_events_other_body", "a known event id came with another body: alarm", ["consumer"])
HELD_EVENTS = Gauge("mainstay_events_held", "events that wait for an earlier one of their aggregate", ["consumer"])
HELD_OLDEST_S = Gauge("mainstay_events_held_oldest_age_seconds", "alarm above 60: an event is missing", ["consumer"])
DEAD_LETTERS_OPEN = Gauge("mainstay_dead_letters_open", "unresolved dead letters: a person is needed", ["consumer"])
CONSUMER_LAG = Gauge("mainstay_consumer_lag", "records not yet taken, all partitions", ["consumer"])
CONSUMER_RETRIES = Counter("mainstay_consumer_retries", "batches tried again in place", ["consumer"])
