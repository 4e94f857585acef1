"""What changed between two versions is said in words."""

from typing import Any

import pytest

from shared.policy.difference import changes
from tests.shared.policy.drafts import changed, drafts


@pytest.mark.parametrize(
    ("policy", "set_", "drop", "en", "zh"),
    [
        pytest.param(
            "volume-subsidy",
            {"table.rows[1].rate": "0.26"},
            None,
            "table, row 2, rate: 0.25 becomes 0.26.",
            "档位表 档第2项 比率：由0.25改为0.26。",
            id="another rate",
        ),
        pytest.param(
            "volume-subsidy",
            None,
            ["valid.until"],
            "validity, until (exclusive): gone, it was 2022-01-01.",
            "有效期 止（不含）：删除，原为2022-01-01。",
            id="no end any more",
        ),
        pytest.param(
            "contract-route",
            {"steps[4].when.more_than": "3000.00"},
            None,
            "step 5, only when, more than: 2000.00 becomes 3000.00.",
            "步骤第5项 仅当 大于：由2000.00改为3000.00。",
            id="another threshold",
        ),
        pytest.param(
            "price-exception",
            {"steps[1]": {"id": "gm", "role": "general_manager", "kind": "review"}},
            None,
            "step 2: new, id gm, role general_manager, kind review.",
            "步骤第2项：新增id gm, role general_manager, kind review。",
            id="one more step",
        ),
        pytest.param(
            "election-p4",
            {"require.all[0].is": False},
            None,
            "requirement, all 1, is: yes becomes no.",
            "要求 all第1项 为：由yes改为no。",
            id="the opposite",
        ),
        pytest.param(
            "contract-route",
            {"initiators": ["account_rep", "branch_manager"]},
            None,
            "initiators: account_rep becomes account_rep / branch_manager.",
            "发起人：由account_rep改为account_rep / branch_manager。",
            id="one more initiator",
        ),
    ],
)
def test_a_change_is_told_in_both_languages(
    policy: str, set_: dict[str, Any] | None, drop: list[str] | None, en: str, zh: str
) -> None:
    (change,) = changes(drafts()[policy], changed(policy, set_, drop))
    assert (change.en, change.zh) == (en, zh)


def test_the_same_document_has_no_changes() -> None:
    assert changes(drafts()["rates"], drafts()["rates"]) == ()
