"""Who may hold which role, how long a guesser waits, when a key or a session is still good."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar

from shared.branches import unknown_branch
from shared.errors import Conflict, FieldError, Forbidden, NotFound, Problem, Unauthenticated, ValidationProblem, Words

FREE_ATTEMPTS = 5
LONGEST_WAIT_S = 900


class UserNotFound(NotFound):
    code = "user_not_found"


class HoldingNotFound(NotFound):
    code = "role_holding_not_found"


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"


class LoginTaken(Conflict):
    code = "login_taken"
    title: ClassVar[Words] = {"en": "This login or user id is taken", "zh": "登录名或用户标识已被占用"}


class OwnRole(Forbidden):
    code = "own_role"
    title: ClassVar[Words] = {"en": "Nobody changes his own roles", "zh": "任何人不得变更本人的角色"}


class RoleAlreadyHeld(Conflict):
    code = "role_already_held"
    title: ClassVar[Words] = {"en": "The role is held in that time already", "zh": "该期间已持有此角色"}


class RoleAlreadyEnded(Conflict):
    code = "role_already_ended"
    title: ClassVar[Words] = {"en": "The role ends on that day or before", "zh": "该角色已在此日或之前终止"}


class KeyForMachinesOnly(Conflict):
    code = "api_key_for_machines_only"
    title: ClassVar[Words] = {"en": "Only machines get API keys", "zh": "仅机器用户可持有 API 密钥"}


class WrongCredentials(Unauthenticated):
    code = "wrong_credentials"
    title: ClassVar[Words] = {"en": "Name or secret is wrong", "zh": "用户名或密码错误"}


class OutsideIssuer(Conflict):
    code = "outside_issuer"
    title: ClassVar[Words] = {"en": "An outside issuer signs the tokens here", "zh": "令牌由外部签发方签署"}


class SessionOver(Unauthenticated):
    code = "session_over"
    title: ClassVar[Words] = {"en": "The session is over: log in again", "zh": "会话已结束，请重新登录"}


class TooManyAttempts(Problem):
    status = 429
    code = "too_many_attempts"
    title: ClassVar[Words] = {"en": "Too many attempts: wait before the next", "zh": "尝试次数过多，请稍后再试"}

    def __init__(self, wait_s: int) -> None:
        super().__init__(headers={"Retry-After": str(wait_s)})


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What the permission table says of a role; `held_by` is "person", "machine", "either" or "nobody"."""

    name: str
    branch_scoped: bool
    held_by: str


@dataclass(frozen=True, slots=True)
class NewUser:
    """`user_id` is given where an outside issuer names the users; else a new id is made."""

    name: str
    kind: str
    login: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    account_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class UserChange:
    """Fields left None stay as they are."""

    name: str | None = None
    active: bool | None = None
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewHolding:
    """A role from `valid_from` until the day before `valid_until`."""

    role: str
    branch: str | None
    department: str | None
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Employment:
    """`leaves` are half-open local days."""

    joined_on: date | None = None
    left_on: date | None = None
    manager_id: str | None = None
    leaves: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class NewApiKey:
    name: str
    scopes: frozenset[str]
    expires_at: datetime


HOLDERS: Mapping[str, str] = {"person": "个人用户", "machine": "机器用户"}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is to hold a role: a person or a machine, and the account a customer's contact belongs to."""

    kind: str
    account_id: str | None


def check_holding(wanted: NewHolding, *, rule: RoleRule | None, holder: Holder, branches: Collection[str]) -> None:
    """Raises ValidationProblem for a role this user cannot hold, or not so, or in no branch of the house."""
    errors = [*_role_errors(wanted, rule=rule, holder=holder), *_day_errors(wanted)]
    if rule is not None and rule.branch_scoped and wanted.branch is not None and wanted.branch not in branches:
        errors.append(unknown_branch(wanted.branch))
    if errors:
        raise ValidationProblem(errors=errors)


def _role_errors(wanted: NewHolding, *, rule: RoleRule | None, holder: Holder) -> Sequence[FieldError]:
    if rule is None:
        return [FieldError("/role", "unknown_role", {"en": "no such role", "zh": "无此角色"})]
    errors = []
    if rule.held_by not in {holder.kind, "either"}:
        errors.append(
            FieldError(
                "/role",
                "wrong_holder",
                {"en": f"not held by a {holder.kind}", "zh": f"{HOLDERS[holder.kind]}不能持有此角色"},
            )
        )
    if rule.branch_scoped != (wanted.branch is not None):
        needed: Words = {"en": "this role is held in a branch", "zh": "该角色须指定分公司"}
        refused: Words = {"en": "this role is held everywhere", "zh": "该角色不分分公司"}
        errors.append(FieldError("/branch", "wrong_branch", needed if rule.branch_scoped else refused))
    if wanted.role == "department_head" and wanted.department is None:
        errors.append(FieldError("/department", "missing", {"en": "name the department", "zh": "须指定部门"}))
    if wanted.role == "account_contact" and holder.account_id is None:
        unbound: Words = {"en": "the user is bound to no account", "zh": "用户未关联客户"}
        errors.append(FieldError("/role", "no_account", unbound))
    return errors


def _day_errors(wanted: NewHolding) -> Sequence[FieldError]:
    if wanted.valid_until is None or wanted.valid_until > wanted.valid_from:
        return []
    return [FieldError("/valid_until", "empty_period", {"en": "must be after valid_from", "zh": "须晚于生效日"})]


def check_employment(employment: Employment) -> None:
    """Raises ValidationProblem for days that contradict each other."""
    errors = []
    if employment.joined_on and employment.left_on and employment.left_on < employment.joined_on:
        errors.append(FieldError("/left_on", "before_joining", {"en": "before joining", "zh": "早于入职日"}))
    for place, (since, until) in enumerate(employment.leaves):
        if until <= since:
            back_first: Words = {"en": "must be after since", "zh": "须晚于开始日"}
            errors.append(FieldError(f"/leaves/{place}/until", "empty_period", back_first))
        elif any(since < other_until and other_since < until for other_since, other_until in employment.leaves[:place]):
            twice: Words = {"en": "overlaps an earlier leave", "zh": "与前一假期重叠"}
            errors.append(FieldError(f"/leaves/{place}", "overlapping", twice))
    if errors:
        raise ValidationProblem(errors=errors)


def wait_after(failures: int) -> timedelta:
    """How long after its last failure a login stays closed: nothing for five, then doubling up to 15 minutes."""
    if failures < FREE_ATTEMPTS:
        return timedelta(0)
    return timedelta(seconds=min(LONGEST_WAIT_S, 2 ** min(failures - FREE_ATTEMPTS, 20)))
