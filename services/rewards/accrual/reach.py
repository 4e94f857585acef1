"""Which windows each consumed event re-evaluates: one table that names every class."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.events import accounts, approvals, catalogue, contracts, orders, people, policies
from shared.events.envelope import Event


class Reach(StrEnum):
    """How far one event reaches; `docs/ledger.md` says it in words."""

    NOTHING = "nothing"
    ORDER = "the windows its order puts something into, before or after"
    DAYS = "the account's windows that meet its days"
    STANDING = "all windows of the account that are not payable yet"
    CONTRACT = "the contract's window, and later ones of its salespeople with the same brand"
    ANSWER = "the window that asked"
    RATE = "windows of accounts with orders in that currency from its day on"
    POLICY = "windows of every account that meet its validity"
    PRODUCT = "windows of contracts that name the product"


REACH: Final[Mapping[type[Event], Reach]] = {
    orders.OrderPlaced: Reach.ORDER,
    orders.OrderConfirmed: Reach.NOTHING,
    orders.OrderDelivered: Reach.ORDER,
    orders.OrderAccepted: Reach.NOTHING,
    orders.OrderPaid: Reach.ORDER,
    orders.OrderReturned: Reach.ORDER,
    orders.OrderAmended: Reach.ORDER,
    orders.OrderCancelled: Reach.ORDER,
    orders.StockAllocated: Reach.NOTHING,
    orders.SubscriptionStarted: Reach.NOTHING,
    orders.HeadCountChanged: Reach.NOTHING,
    accounts.AccountOpened: Reach.NOTHING,
    accounts.AccountChanged: Reach.NOTHING,
    accounts.AccountFrozen: Reach.STANDING,
    accounts.AccountUnfrozen: Reach.STANDING,
    accounts.AccountsMerged: Reach.NOTHING,
    accounts.AccountsParted: Reach.NOTHING,
    accounts.TeamChanged: Reach.NOTHING,
    accounts.ClassProposed: Reach.NOTHING,
    accounts.ClassChanged: Reach.NOTHING,
    accounts.SegmentChanged: Reach.NOTHING,
    accounts.TierChanged: Reach.NOTHING,
    accounts.ElectionMade: Reach.DAYS,
    accounts.KeyAccountListAgreed: Reach.DAYS,
    accounts.SalesTargetSet: Reach.NOTHING,
    accounts.KpiWarningRaised: Reach.NOTHING,
    accounts.ProgrammeJoined: Reach.NOTHING,
    accounts.ProgrammeLeft: Reach.NOTHING,
    accounts.ComplaintOpened: Reach.NOTHING,
    accounts.ComplaintResolved: Reach.NOTHING,
    accounts.CareDue: Reach.NOTHING,
    accounts.DevelopmentCaseWon: Reach.NOTHING,
    accounts.DevelopmentCaseLost: Reach.NOTHING,
    people.UserChanged: Reach.NOTHING,
    people.RoleAssigned: Reach.NOTHING,
    people.RoleEnded: Reach.NOTHING,
    people.EmploymentChanged: Reach.NOTHING,
    catalogue.ProductChanged: Reach.PRODUCT,
    catalogue.PricePublished: Reach.NOTHING,
    catalogue.CostChanged: Reach.NOTHING,
    catalogue.ExchangeRatePublished: Reach.RATE,
    catalogue.CouponIssued: Reach.NOTHING,
    contracts.ContractSubmitted: Reach.NOTHING,
    contracts.ContractApproved: Reach.NOTHING,
    contracts.ContractSigned: Reach.CONTRACT,
    contracts.ContractActivated: Reach.NOTHING,
    approvals.ApprovalRequested: Reach.NOTHING,
    approvals.StepDecided: Reach.NOTHING,
    approvals.StepReminded: Reach.NOTHING,
    approvals.StepEscalated: Reach.NOTHING,
    approvals.ApprovalGranted: Reach.ANSWER,
    approvals.ApprovalRejected: Reach.ANSWER,
    approvals.ApprovalReturned: Reach.ANSWER,
    approvals.ApprovalWithdrawn: Reach.ANSWER,
    policies.PolicyPublished: Reach.POLICY,
    policies.PolicyWithdrawn: Reach.NOTHING,
}
