"""A1: dossiers that look like one customer are proposed to a person, and never merged by themselves."""

from uuid import uuid4

import pytest

from services.accounts.duplicates.domain import Reason, licence_key, match_keys, name_key, phone_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Société Ngaliema Mobile S.A.R.L.", "NGALIEMA  MOBILE", id="accents, case, spaces, legal form"),
        pytest.param(
            "刚果移动（金沙萨）有限公司", "刚果移动(金沙萨)", id="full-width marks and the Chinese legal form"
        ),
        pytest.param("Ｎgaliema", "ngaliema", id="full-width letters"),
        pytest.param("Kin-Tel & Co.", "KinTel", id="marks between"),
    ],
)
def test_names_are_compared_by_what_tells_customers_apart_a1(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Ngaliema Mobile", "Ngaliema Motors", id="another word"),
        pytest.param("公司", "集团", id="nothing but a legal form is the name itself"),
        pytest.param("The Company", "Limited", id="nothing but a legal form, in English"),
    ],
)
def test_names_of_two_customers_stay_two_a1(one, other):
    assert name_key(one) != name_key(other)


def test_numbers_are_compared_without_what_parts_them_a1():
    assert licence_key("CD/KIN/RCCM 12-B-0417") == licence_key("cdkinrccm12b0417")
    assert licence_key("1/2") is None
    assert phone_key("+243 81 000 00 01") == phone_key("081-000-0001")
    assert phone_key("ext. 12") is None


def test_a_dossier_without_telephone_and_licence_is_recognised_by_its_name_alone_a1():
    assert match_keys(legal_name="Kin Tel", phone=None, licences=[]) == {(Reason.name, "kintel")}


async def pairs(people, account, who="kam", **more):
    answer = await people[who].get("/v1/duplicate-suspicions", params={"account_id": account["id"], **more})
    return [(set(one["account_ids"]), one["reasons"]) for one in answer.json()["items"]]


def a_name() -> str:
    return f"Customer {uuid4().hex}"


async def test_a_second_dossier_of_the_same_name_is_proposed_and_both_stay_a1(people, opened):
    name = a_name()
    one, other = await opened(legal_name=f"{name} SARL"), await opened(legal_name=name.upper())
    assert await pairs(people, other) == [({one["id"], other["id"]}, ["name"])]
    for account in (one, other):
        assert (await people["kam"].get(f"/v1/accounts/{account['id']}")).json()["merged_into"] is None


async def test_a_licence_filed_twice_and_a_telephone_changed_are_noticed_a1(people, opened):
    number, phone = uuid4().hex, str(uuid4().int)[:9]
    one, other = await opened(legal_name=a_name(), phone=f"+243 {phone}"), await opened(legal_name=a_name())
    assert await pairs(people, other) == []
    path = f"/v1/accounts/{other['id']}"
    tag = (await people["rep"].get(path)).headers["ETag"]
    await people["rep"].patch(path, {"phone": f"0{phone}"}, headers={"If-Match": tag})
    assert await pairs(people, other) == [({one["id"], other["id"]}, ["phone"])]
    for account in (one, other):
        paper = {"type": "business_licence", "number": number}
        await people["rep"].post(f"/v1/accounts/{account['id']}/documents", paper)
    assert await pairs(people, one) == [({one["id"], other["id"]}, ["licence", "phone"])]


async def test_a_dismissed_pair_comes_back_for_a_new_reason_only_a1(people, opened):
    name, number = a_name(), uuid4().hex
    one, other = await opened(legal_name=name), await opened(legal_name=name)
    [found] = (await people["kam"].get("/v1/duplicate-suspicions", params={"account_id": one["id"]})).json()["items"]
    dismiss = f"/v1/duplicate-suspicions/{found['id']}/dismiss"
    assert (await people["rep"].post(dismiss, {"reason": "mine"})).status_code == 403
    assert (await people["kam"].post(dismiss, {"reason": "two shops"})).json()["dismissed_because"] == "two shops"
    assert (await people["kam"].post(dismiss, {"reason": "again"})).json()["code"] == "suspicion_dismissed"
    path = f"/v1/accounts/{other['id']}"
    tag = (await people["rep"].get(path)).headers["ETag"]
    await people["rep"].patch(path, {"legal_name": f"{name} Ltd"}, headers={"If-Match": tag})
    assert (await pairs(people, one), len(await pairs(people, one, dismissed="true"))) == ([], 1)
    for account in (one, other):
        paper = {"type": "business_licence", "number": number}
        await people["rep"].post(f"/v1/accounts/{account['id']}/documents", paper)
    assert await pairs(people, one) == [({one["id"], other["id"]}, ["licence", "name"])]


async def test_a_pair_that_was_merged_is_no_longer_proposed_until_it_parts_a1(people, opened):
    name = a_name()
    one, other = await opened(legal_name=name), await opened(legal_name=name)
    body = {"absorbed_account_id": other["id"], "into_account_id": one["id"], "reason": "the same"}
    merge = (await people["kam"].post("/v1/merges", body)).json()
    assert await pairs(people, one) == []
    await people["kam"].post(f"/v1/merges/{merge['id']}/undo", {"reason": "not the same"})
    assert len(await pairs(people, one)) == 1


async def test_a_pair_across_branches_is_seen_by_who_sees_both_a1(people, opened):
    name = a_name()
    one, _ = await opened(legal_name=name), await opened(legal_name=name, branch="lubumbashi")
    assert [len(await pairs(people, one, who)) for who in ("rep", "other_rep", "kam", "auditor")] == [0, 0, 1, 1]


async def test_what_more_than_twenty_share_tells_nobody_apart_a1(people, opened):
    name = a_name()
    accounts = [await opened(legal_name=name) for _ in range(22)]
    assert await pairs(people, accounts[21]) == []
    assert len(await pairs(people, accounts[0])) == 19
