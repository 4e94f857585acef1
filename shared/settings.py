"""What an operator can set, each with its meaning; production refuses a story clock and every default secret."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

SECRET: JsonDict = {"secret": True}


class SecretFiles(PydanticBaseSettingsSource):
    """`NAME_FILE` names a file whose text is the value of `NAME`, so that no secret stands in an environment."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{field_name.upper()}_FILE")
        return (Path(path).read_text(encoding="utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class ServiceSettings(BaseSettings):
    """Settings of every service; the variable is the field's name in upper case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, case_sensitive=False)

    service: ClassVar[str] = "service"

    environment: Literal["development", "production"] = Field(
        "development", description="production refuses the story clock and every default secret"
    )
    database_url: str = Field(
        "postgresql://mainstay:mainstay@127.0.0.1:5432/mainstay",
        description="the service's own PostgreSQL database",
        json_schema_extra=SECRET,
        repr=False,
    )
    database_pool_size: int = Field(5, ge=1, description="connections kept open by one process")
    database_pool_overflow: int = Field(5, ge=0, description="connections opened above the pool while busy")
    database_pool_wait_s: float = Field(5, gt=0, description="seconds a request waits for a connection before 503")
    statement_timeout_ms: int = Field(30_000, ge=1, description="longest a statement may run, milliseconds")
    lock_timeout_ms: int = Field(5_000, ge=1, description="longest a statement waits for a lock, milliseconds")
    idle_in_transaction_timeout_ms: int = Field(
        60_000, ge=1, description="longest a transaction may sit idle before the database ends it, milliseconds"
    )
    kafka_bootstrap_servers: str = Field("127.0.0.1:9092", description="brokers, host:port separated by commas")
    topic_prefix: str = Field("", description="put before every topic, so that several installations share a broker")
    group_prefix: str = Field("", description="put before every consumer group")
    events_kept_days: int = Field(
        400, ge=1, description="days a published event can be sent again; what was taken is remembered 30 days longer"
    )
    replica: str = Field("0", description="name of this worker among its service's workers; kept over a restart")
    host: str = Field("127.0.0.1", description="address the API listens on")
    port: int = Field(8100, ge=0, le=65535, description="port of the API")
    probe_port: int = Field(
        0, ge=0, le=65535, description="port of the worker's probes and metrics; 0 picks a free one"
    )
    clock_profile: Literal["live", "story"] = Field(
        "live", description="story: business time is stored, set by PUT /v1/clock and only moves forward"
    )
    story_clock_start: datetime | None = Field(None, description="first value of the story clock, RFC 3339")
    zone: str = Field("Africa/Kinshasa", description="IANA zone in which days and months are counted")
    token_issuer: str = Field("mainstay", description="`iss` of the tokens the embedded issuer signs")
    token_audience: str = Field("mainstay", description="`aud` a token must carry to be taken by this deployment")
    oidc_issuer: str = Field("", description="an outside issuer's URL; set, it replaces the embedded issuer")
    jwks_url: str = Field(
        "http://127.0.0.1:8101/.well-known/jwks.json", description="where the public keys are read: http(s) or file URL"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins of browser front ends, separated by commas"
    )
    rate_limit_per_s: float = Field(200, gt=0, description="requests a second one principal may keep up")
    rate_limit_burst: int = Field(400, ge=1, description="requests one principal may send at once")
    anonymous_rate_limit_per_s: float = Field(20, gt=0, description="requests a second one address may send unproved")
    anonymous_rate_limit_burst: int = Field(100, ge=1, description="unproved requests one address may send at once")
    files_path: Path = Field(Path(".local/files"), description="folder of uploaded files, named by their hash")
    public_url: str = Field("", description="where clients reach this service, told in its OpenAPI document")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fit_for_its_environment(self) -> Self:
        ZoneInfo(self.zone)
        if self.story_clock_start is not None and self.story_clock_start.tzinfo is None:
            raise ValueError("STORY_CLOCK_START needs an offset, as in 2020-12-01T00:00:00Z")
        if self.environment == "production":
            self._refuse_in_production()
        return self

    def _refuse_in_production(self) -> None:
        if self.clock_profile != "live":
            raise ValueError("production runs on the live clock: CLOCK_PROFILE must be live")
        fields = type(self).model_fields.items()
        defaults = [
            name.upper()
            for name, field in fields
            if field.json_schema_extra == SECRET and getattr(self, name) == field.default
        ]
        if defaults:
            raise ValueError(f"production refuses default secrets: set {', '.join(defaults)} or …_FILE")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, SecretFiles(settings_cls), env_settings
