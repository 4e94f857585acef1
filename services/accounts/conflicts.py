"""Of two who write the same at once one does; the other is told what he would have been told a moment later."""

from collections.abc import Mapping

from services.accounts.care.domain import InvitedAlready
from services.accounts.dossiers.domain import NumberTaken
from services.accounts.identity.domain import LoginTaken
from services.accounts.membership.domain import AlreadyEnrolled
from services.accounts.programmes.domain import AlreadyNominated
from services.accounts.return_visits.domain import DrawnAlready, FiledAlready, MinutesFiledAlready
from services.accounts.support.domain import AlreadyMember
from shared.errors import Problem

# By the constraint that lets only one of them.
CONFLICTS: Mapping[str, type[Problem]] = {
    "uq_account_number": NumberTaken,
    "uq_user_login_lower_login": LoginTaken,
    "pk_user_login": LoginTaken,
    "uq_nomination_half_year_account_id_department": AlreadyNominated,
    "uq_membership_open": AlreadyEnrolled,
    "ex_membership_no_day_twice": AlreadyEnrolled,
    "uq_programme_membership_open": AlreadyMember,
    "ex_programme_membership_no_day_twice": AlreadyMember,
    "uq_invitation_event_id_person_id": InvitedAlready,
    "uq_return_visit_account_id_month": FiledAlready,
    "pk_meeting_minutes": MinutesFiledAlready,
    "uq_spot_check_sample_month": DrawnAlready,
}
