"""What a person can set about running Mainstay on one machine; every variable may be left out."""

from pathlib import Path

from pydantic import Field
from pydantic.config import JsonDict
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[2]
SECRET: JsonDict = {"secret": True}


class LocalSettings(BaseSettings):
    """The variable is the field's name in upper case; an empty one counts as left out."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    local_dir: Path = Field(PROJECT / ".local", description="folder of everything that is kept on this machine")
    database_url: str = Field(
        "",
        description="an administrator's URL of a PostgreSQL 17 or 18 to use; empty: one of our own is started",
        json_schema_extra=SECRET,
        repr=False,
    )
    kafka_bootstrap_servers: str = Field("", description="a broker to use; empty: one of our own is started")
    postgres_port: int = Field(0, ge=0, le=65535, description="port of our own PostgreSQL; 0 picks a free one")
    kafka_port: int = Field(0, ge=0, le=65535, description="port of our own Kafka; 0 picks a free one")
    topic_prefix: str = Field("", description="put before every topic of `make run`")
    group_prefix: str = Field("", description="put before every consumer group of `make run`")
    accounts_port: int = Field(8101, ge=0, le=65535, description="port of the accounts API; 0 picks a free one")
    pricing_port: int = Field(8102, ge=0, le=65535, description="port of the pricing API")
    approvals_port: int = Field(8103, ge=0, le=65535, description="port of the approvals API")
    rewards_port: int = Field(8104, ge=0, le=65535, description="port of the rewards API")
    accounts_probe_port: int = Field(8201, ge=0, le=65535, description="port of the accounts worker's probes")
    pricing_probe_port: int = Field(8202, ge=0, le=65535, description="port of the pricing worker's probes")
    approvals_probe_port: int = Field(8203, ge=0, le=65535, description="port of the approvals worker's probes")
    rewards_probe_port: int = Field(8204, ge=0, le=65535, description="port of the rewards worker's probes")
    test_database_url: str = Field(
        "",
        description="an administrator's URL of a PostgreSQL for tests; empty: one of our own",
        json_schema_extra=SECRET,
        repr=False,
    )
    test_kafka_bootstrap_servers: str = Field("", description="a broker for tests; empty: one of our own")

    def port_of(self, setting: str) -> int:
        port: int = getattr(self, setting.lower())
        return port
