"""Who is calling, in which roles today, and how far each permission reaches for him."""

from dataclasses import dataclass, field

from shared.auth.permissions import ANYONE, Scope, permission_table


@dataclass(frozen=True, slots=True)
class Holding:
    """A role held today; `branch` and `department` where the role is held in one."""

    role: str
    branch: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one permission goes for one caller; `user_id` and `account_id` are his own."""

    everywhere: bool
    branches: frozenset[str]
    user_id: str
    account_id: str | None

    @property
    def of_the_house(self) -> bool:
        """Goes beyond what is one's own: a customer's contact has no such reach, and is shown no floors."""
        return self.everywhere or bool(self.branches)

    def covers(self, *, branch: str | None = None, account_id: str | None = None, user_id: str | None = None) -> bool:
        """Whether a thing of that branch, account or person lies within; a query asks the same by `within`."""
        return (
            self.everywhere
            or (branch is not None and branch in self.branches)
            or (account_id is not None and account_id == self.account_id)
            or (user_id is not None and user_id == self.user_id)
        )


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a machine that proved itself; `scopes` narrows an API key to some permissions."""

    user_id: str
    name: str
    kind: str
    holdings: frozenset[Holding] = field(default_factory=frozenset)
    account_id: str | None = None
    scopes: frozenset[str] | None = None

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(holding.role for holding in self.holdings)

    def may(self, permission: str) -> bool:
        """Whether any role held today carries the permission (raises KeyError for a word that is not in the table)."""
        granted = permission_table()[permission].roles
        within_key = self.scopes is None or permission in self.scopes
        return within_key and (ANYONE in granted or not self.roles.isdisjoint(granted))

    def reach(self, permission: str) -> Reach:
        """How far the permission goes over all holdings together; what is one's own is always within."""
        granted = permission_table()[permission].roles
        held = [(holding, granted[holding.role]) for holding in self.holdings if holding.role in granted]
        may = self.may(permission)
        return Reach(
            everywhere=may and (granted.get(ANYONE) is Scope.ALL or any(scope is Scope.ALL for _, scope in held)),
            branches=frozenset(h.branch for h, scope in held if may and scope is Scope.BRANCH and h.branch),
            user_id=self.user_id,
            account_id=self.account_id if may else None,
        )

    def branches_for(self, permission: str) -> frozenset[str] | None:
        """The branches the permission reaches; None is all of them."""
        reach = self.reach(permission)
        return None if reach.everywhere else reach.branches


SYSTEM = Principal("system", "Mainstay", "system", frozenset({Holding("system")}))
