"""Tests of Mainstay, on real PostgreSQL and real Kafka."""
