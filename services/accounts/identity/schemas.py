"""What clients send and read about users, roles, keys and tokens."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, model_validator

from shared.errors import Words
from shared.http.field_errors import not_valid
from shared.http.moments import Day, Moment

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,60}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$")]
NewPassword = Annotated[SecretStr, Field(min_length=10, max_length=200)]
UserId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@|-]{0,99}$")]
INCOMPLETE: Words = {
    "en": "password needs username and password, client_credentials client_id and client_secret",
    "zh": "password方式须提供username和password，client_credentials方式须提供client_id和client_secret",
}


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class TokenAsked(BaseModel):
    """`password` with username and password, or `client_credentials` with an API key's id and secret."""

    model_config = _example(grant_type="password", username="rep.kinshasa", password="correct horse battery")

    grant_type: Literal["password", "client_credentials"]
    username: str | None = Field(None, max_length=200)
    password: SecretStr | None = Field(None, max_length=200)
    client_id: str | None = Field(None, max_length=200, description="the API key's id")
    client_secret: SecretStr | None = Field(None, max_length=200, description="the API key's secret")

    @model_validator(mode="after")
    def _complete(self) -> "TokenAsked":
        by_password = self.username is not None and self.password is not None
        by_key = self.client_id is not None and self.client_secret is not None
        if not (by_password if self.grant_type == "password" else by_key):
            raise not_valid(INCOMPLETE)
        return self


class TokensShown(BaseModel):
    model_config = _example(access_token="eyJ…", token_type="Bearer", expires_in=300, refresh_token="Zb3…")

    access_token: str = Field(description="send it as `Authorization: Bearer …`")
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="seconds the access token is good for")
    refresh_token: str | None = Field(None, description="continues the session once; absent for API keys")


class RefreshTokenSent(BaseModel):
    model_config = _example(refresh_token="Zb3…")

    refresh_token: SecretStr = Field(max_length=200)


class UserCreated(BaseModel):
    """A person with a login, a customer's own user, or a machine."""

    model_config = _example(name="Grace Ilunga", kind="person", login="grace.ilunga", password="correct horse battery")

    name: Name
    kind: Literal["person", "machine"] = "person"
    login: Login | None = Field(None, description="how a person logs in; a machine has API keys instead")
    password: NewPassword | None = None
    account_id: str | None = Field(None, max_length=100, description="the account a customer's own user belongs to")
    user_id: UserId | None = Field(None, description="`sub` where an outside issuer names the users; else made here")

    @model_validator(mode="after")
    def _login_and_password(self) -> "UserCreated":
        if (self.login is None) != (self.password is None):
            raise not_valid({"en": "login and password come together", "zh": "登录名与密码须同时提供"})
        if self.user_id == "system":
            raise not_valid({"en": "this user id is the system's own", "zh": "该用户编号为系统专用"})
        return self


class UserChanged(BaseModel):
    """Only the fields that change."""

    model_config = _example(active=False)

    name: Name | None = None
    active: bool | None = None
    password: NewPassword | None = None


class UserShown(BaseModel):
    model_config = _example(
        user_id="0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e3f",
        name="Grace Ilunga",
        kind="person",
        login="grace.ilunga",
        active=True,
        account_id=None,
        version=1,
    )

    user_id: str
    name: str
    kind: Literal["person", "machine"]
    login: str | None
    active: bool
    account_id: str | None
    version: int = Field(description="also in the ETag; name it in If-Match to change the user")


class RoleGiven(BaseModel):
    """A role for a time: `valid_until` is the first day without it."""

    model_config = _example(role="account_rep", branch="kinshasa", valid_from="2020-12-01")

    role: Slug
    branch: Slug | None = None
    department: Slug | None = None
    valid_from: Day | None = Field(None, description="today when absent")
    valid_until: Day | None = Field(None, description="open when absent")


class RoleEnded(BaseModel):
    model_config = _example(valid_until="2021-04-01")

    valid_until: Day | None = Field(None, description="first day without the role; today when absent")


class RoleShown(BaseModel):
    model_config = _example(
        holding_id="0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e40",
        role="account_rep",
        branch="kinshasa",
        department=None,
        valid_from="2020-12-01",
        valid_until=None,
    )

    holding_id: str
    role: str
    branch: str | None
    department: str | None
    valid_from: date
    valid_until: date | None = Field(description="first day without the role")


class RolesShown(BaseModel):
    items: list[RoleShown]


class LeaveTaken(BaseModel):
    """An absence; `until` is the first day back."""

    model_config = _example(since="2021-07-01", until="2021-07-15")

    since: Day
    until: Day


class EmploymentRecorded(BaseModel):
    """The whole employment as it is from now on."""

    model_config = _example(joined_on="2019-05-01", left_on=None, manager_id=None, leaves=[])

    joined_on: Day | None = None
    left_on: Day | None = Field(None, description="first day no longer employed")
    manager_id: str | None = Field(None, max_length=100, description="the line manager's user id")
    leaves: list[LeaveTaken] = Field(default=[], max_length=200)


class ApiKeyIssued(BaseModel):
    """A key for a machine, narrowed to some permissions, with an end."""

    model_config = _example(
        user_id="0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e41",
        name="ERP in Lubumbashi",
        scopes=["orders.import"],
        expires_at="2027-01-01T00:00:00Z",
    )

    user_id: str = Field(max_length=100)
    name: Name
    scopes: list[str] = Field(min_length=1, max_length=100, description="permissions, as GET /v1/me names them")
    expires_at: Moment


class ApiKeyShown(BaseModel):
    model_config = _example(
        key_id="key_5f3a9c0e7d214b86",
        user_id="0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e41",
        name="ERP in Lubumbashi",
        scopes=["orders.import"],
        created_at="2026-01-01T00:00:00Z",
        expires_at="2027-01-01T00:00:00Z",
        revoked_at=None,
    )

    key_id: str
    user_id: str
    name: str
    scopes: list[str]
    created_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None


class ApiKeyWithSecret(ApiKeyShown):
    secret: str | None = Field(description="shown this once; only its hash is kept")


class SigningKeyRotated(BaseModel):
    model_config = _example(kid="x9Q1u0Cw6o0m8J7pD2m3k5T8v1n4b6c7d9e0f1g2h3i")

    kid: str = Field(description="the key that signs now, as `/.well-known/jwks.json` names it")


class PermissionShown(BaseModel):
    permission: str
    title: str = Field(description="in the language of Accept-Language")
    everywhere: bool
    branches: list[str]


class Me(BaseModel):
    """Who the token is for, and what he may do today."""

    user_id: str
    name: str
    kind: str
    account_id: str | None
    roles: list[str]
    permissions: list[PermissionShown]
