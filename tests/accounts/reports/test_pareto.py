"""A4 over HTTP: which accounts make 80 % of revenue and of margin, as figures and as a picture."""

from xml.etree import ElementTree

import pytest_asyncio

from tests.accounts.programmes_house import House, bought

SVG = "{http://www.w3.org/2000/svg}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sold(house: House) -> dict[str, str]:
    """Much revenue at a thin margin, some at a fat one, one account without costs, one elsewhere."""
    figures = {
        "big": (80_000, 79_000, "kinshasa"),
        "fat": (15_000, 5_000, "kinshasa"),
        "blind": (4_000, None, "kinshasa"),
        "away": (1_000, 900, "lubumbashi"),
    }
    found = {}
    for name, (net, cost, branch) in figures.items():
        found[name] = await house.opened(legal_name=name, branch=branch, number=f"R-{name}")
        await house.receives(*bought(found[name], net_minor=net, cost_minor=cost, day="2019-05-10"))
    return found


async def report(house: House, who: str, **params):
    answer = await house.people[who].get("/v1/reports/pareto", params={"period": "2019-H1", **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_revenue_is_made_by_one_account_of_four_a4(house, sold):
    found = await report(house, "kam")
    assert (found["of"], found["total"], found["accounts"], found["out_of"]) == ("revenue", "1000.00", 1, 4)
    assert [row["number"] for row in found["rows"]] == ["R-big", "R-fat", "R-blind", "R-away"]


async def test_margin_is_made_by_other_accounts_than_revenue_a4(house, sold):
    found = await report(house, "kam", of="margin")
    assert [(row["number"], row["amount"]) for row in found["rows"]] == [
        ("R-fat", "100.00"),
        ("R-big", "10.00"),
        ("R-away", "1.00"),
    ]
    assert (found["accounts"], found["total"]) == (1, "111.00")


async def test_an_account_with_a_missing_cost_has_no_margin_rather_than_all_of_it_s_c5(house, sold):
    assert (await report(house, "kam", of="margin"))["no_evidence"] == 1
    assert (await report(house, "kam"))["no_evidence"] == 0


async def test_a_branch_reports_on_its_own_accounts_alone_a4(house, sold):
    for of in ("revenue", "margin"):
        found = await report(house, "branch_manager", of=of)
        assert [row["number"] for row in found["rows"]] == ["R-away"]
        picture = await house.people["branch_manager"].get(
            "/v1/reports/pareto/chart", params={"period": "2019-H1", "of": of}
        )
        assert "R-away" in picture.text
        assert "R-big" not in picture.text


async def test_the_picture_has_a_bar_for_each_account_and_says_so_in_both_languages_a4(house, sold):
    path, asked = "/v1/reports/pareto/chart", {"period": "2019-H1"}
    for language, title in (("en", "Revenue by account, 2019-H1"), ("zh", "各客户收入, 2019-H1")):
        answer = await house.people["kam"].get(path, params=asked, headers={"Accept-Language": language})
        assert answer.headers["content-type"].startswith("image/svg+xml")
        drawn = ElementTree.fromstring(answer.content)
        texts = [text.text for text in drawn.iter(f"{SVG}text")]
        assert title in texts
        bars = [bar for bar in drawn.iter(f"{SVG}rect") if bar.find(f"{SVG}title") is not None]
        assert len(bars) == 4


async def test_a_period_without_deliveries_is_an_empty_picture_a4(house, sold):
    answer = await house.people["kam"].get("/v1/reports/pareto/chart", params={"period": "1999"})
    assert answer.status_code == 200
    assert "Nothing was delivered" in answer.text


async def test_a_period_or_basis_that_does_not_exist_is_refused_a4(house):
    for asked in ({"period": "2019-H3"}, {"period": "2019", "of": "weight"}):
        for path in ("/v1/reports/pareto", "/v1/reports/pareto/chart"):
            answer = await house.people["kam"].get(path, params=asked)
            assert answer.status_code == 422
            assert answer.json()["errors"]


async def test_merged_accounts_are_one_customer_of_the_report_until_they_part_i2(house):
    one, two = [await house.opened(legal_name=name, number=f"M-{name}") for name in ("one", "two")]
    for account in (one, two):
        await house.receives(*bought(account, net_minor=1_000, day="2018-05-10"))
    body = {"absorbed_account_id": two, "into_account_id": one, "reason": "one licence, two names"}
    merge = (await house.people["kam"].post("/v1/merges", body)).json()
    asked = {"period": "2018"}
    found = (await house.people["kam"].get("/v1/reports/pareto", params=asked)).json()
    assert [(row["number"], row["amount"]) for row in found["rows"]] == [("M-one", "20.00")]
    await house.people["kam"].post(f"/v1/merges/{merge['id']}/undo", {"reason": "two shops after all"})
    found = (await house.people["kam"].get("/v1/reports/pareto", params=asked)).json()
    assert sorted(row["number"] for row in found["rows"]) == ["M-one", "M-two"]
