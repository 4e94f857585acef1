"""The printed book says every document of a day, so that people can check it against its source."""

from datetime import date

import pytest

from shared.policy.book import policy_book
from shared.policy.forms import content_hash
from shared.policy.lifecycle import Published
from shared.policy.speech import Language
from tests.shared.policy.drafts import drafts
from tests.shared.policy.house import NOW

DAY = date(2021, 3, 1)
VERSIONS = [Published(one, 1, "rewards", content_hash(one), "a", "b", NOW) for one in drafts().values()]
BOOKS = {language: policy_book(VERSIONS, on=DAY, language=language) for language in ("en", "zh")}


def page(policy: str, language: Language = "en") -> str:
    return BOOKS[language].partition(f"`{policy}@1`")[2].partition("\n### ")[0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_document_of_the_house_has_its_page(language: Language) -> None:
    for version in VERSIONS:
        title = version.document.title[language]
        assert f"### {title} `{version.policy}`" in BOOKS[language]
        assert version.document.source.says[language] in page(version.id, language)


@pytest.mark.parametrize(
    ("policy", "lines"),
    [
        pytest.param(
            "volume-subsidy",
            [
                "Rows P4, R1 · owner Finance director · from 2021-01-01 to 2021-12-31",
                "**Measured**: Purchases (paid, month, CNY, per account, without returns, discounts, tax, freight)",
                "| 500,000 | 1,000,000 | 30 % |",
                "| 1,000,000 |  | an approval by *Negotiated benefit* is asked |",
            ],
            id="a benefit with its rows and its last day",
        ),
        pytest.param("vpn0-rent", ["| 500 |  | 900.00 + 1.80 USD |"], id="a rent with extra seats"),
        pytest.param(
            "payment-terms",
            [
                "- **VPN0 and VPN9 not in instalments**: Paid in instalments: no",
                "- Plan sold: one of vpn0, vpn9",
                "**Where it fails**: refused: payment_terms_not_allowed",
            ],
            id="conditions with when and otherwise",
        ),
        pytest.param(
            "account-class",
            ["| 50 | 80 | Class B (B) |", "| Credit | 15 | Credit | high → 100; fair → 60; weak → 0 |"],
            id="a scorecard with weights and grades",
        ),
        pytest.param(
            "contract-route",
            [
                "5. **General manager**: approve (signature / e-mail)",
                "more than 2,000.00",
                "**Clock**: PT16H each, reminder after PT8H, then Line manager of who is late",
            ],
            id="a route with its threshold",
        ),
        pytest.param(
            "negotiated-benefit",
            [
                "- **Term** until: more than asked.window",
                "- **Term** until, where applies_to is discount: more than today",
            ],
            id="a route with limits to its terms",
        ),
        pytest.param("key-account-list", ["1. all of:", "   - **Head of treasury**: review"], id="parallel steps"),
        pytest.param("rates", ["| USD | CNY | 6.50 | 2021-01-01 | illustrative |"], id="a table"),
    ],
)
def test_a_page_says_what_the_document_says(policy: str, lines: list[str]) -> None:
    for line in lines:
        assert line in page(policy)


def test_chinese_pages_speak_chinese() -> None:
    assert "**计量**：采购额 (付款口径, 每月, CNY, 按客户, 不含退货, 折扣, 税, 运费)" in page("volume-subsidy", "zh")
    assert "5. **总经理**：批准（签字 / 邮件）" in page("contract-route", "zh")
