"""What an operator can set for the rewards service."""

from typing import ClassVar

from pydantic import Field

from shared.settings import SECRET, ServiceSettings


class RewardsSettings(ServiceSettings):
    service: ClassVar[str] = "rewards"

    database_url: str = Field(
        "postgresql://rewards:rewards@127.0.0.1:5432/rewards",
        description="the service's own PostgreSQL database",
        json_schema_extra=SECRET,
        repr=False,
    )
    port: int = Field(8104, ge=0, le=65535, description="port of the API")
