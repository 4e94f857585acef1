"""What an operator can set for the pricing service."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from shared.settings import SECRET, ServiceSettings


class PricingSettings(ServiceSettings):
    service: ClassVar[str] = "pricing"

    database_url: str = Field(
        "postgresql://pricing:pricing@127.0.0.1:5432/pricing",
        description="the service's own PostgreSQL database",
        json_schema_extra=SECRET,
        repr=False,
    )
    order_mappings: Path = Field(
        Path(__file__).parents[2] / "deploy" / "demo",
        description="folder of the mappings that say how other systems write their order files",
    )
    order_import_most_mb: int = Field(
        64, ge=1, le=1024, description="largest file of one order import, in MB; a longer one is sent in parts"
    )
    port: int = Field(8102, ge=0, le=65535, description="port of the API")
