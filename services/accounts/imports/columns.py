"""The columns a sheet of dossiers may have, by their name, and their English and Chinese headings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.sheets.header import by_heading
from shared.sheets.values import iso_day

PERSONS = {
    "legal_representative": ("Legal representative", "法定代表人"),
    "principal": ("Principal", "负责人"),
    "main_contact": ("Main contact", "主要联系人"),
}
PERSON_FIELDS = {
    "title": ("title", "职务"),
    "education": ("education", "教育程度"),
    "birth_date": ("birth date", "出生日期"),
    "interests": ("interests", "爱好"),
    "family_notes": ("family notes", "家庭情况"),
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "channel": {"主机厂": "car_maker", "改装厂": "modifier", "经销商": "dealer", "批发市场": "wholesale_market"},
    "sales_class": {"终端": "terminal", "批发": "wholesale", "零售": "retail"},
    "industrial": {"是": "true", "否": "false", "yes": "true", "no": "false"},
    "election_choice": {"现金补贴": "subsidy", "折扣": "discount"},
}
LIST_MARK = re.compile(r"[\s,;，、；]+")


def plain_text(text: str) -> str:
    return text


def parts_of(text: str) -> list[str]:
    return [part for part in LIST_MARK.split(text) if part]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where its value goes in the row (keys of nested objects), and how it is read."""

    name: str
    en: str
    zh: str
    goes_to: tuple[str, ...]
    read: Callable[[str], Any] = plain_text

    def value(self, text: str) -> Any:
        return self.read(WORDS.get(self.name, {}).get(text.strip().casefold(), text))


def _column(name: str, en: str, zh: str, *goes_to: str, read: Callable[[str], Any] = plain_text) -> Column:
    return Column(name, en, zh, goes_to or (name,), read)


def _columns_of_person(role: str, en: str, zh: str) -> list[Column]:
    columns = [_column(role, en, zh, "people", role, "name")]
    for field, (part_en, part_zh) in PERSON_FIELDS.items():
        read = iso_day if field == "birth_date" else plain_text
        columns.append(
            _column(f"{role}_{field}", f"{en}: {part_en}", f"{zh}{part_zh}", "people", role, field, read=read)
        )
    return columns


COLUMNS: tuple[Column, ...] = (
    _column("number", "Dossier number", "档案编号"),
    _column("filed_on", "Filing date", "建档日期", read=iso_day),
    _column("legal_name", "Legal name", "公司全称"),
    _column("nature", "Nature of the company", "公司性质"),
    _column("country", "Country", "国家"),
    _column("address", "Address", "地址"),
    _column("postcode", "Postcode", "邮政编码"),
    _column("phone", "Telephone", "电话"),
    _column("fax", "Fax", "传真"),
    _column("email", "E-mail", "电子邮箱"),
    _column("founded_on", "Founded on", "成立日期", read=iso_day),
    _column("registered_capital", "Registered capital", "注册资本", "registered_capital", "amount"),
    _column("registered_capital_currency", "Currency of the capital", "注册资本币种", "registered_capital", "currency"),
    _column("shareholders", "Main shareholders", "主要股东"),
    _column("head_count_local", "Head count, local", "本地员工人数"),
    _column("head_count_foreign", "Head count, foreign", "外籍员工人数"),
    _column("branch", "Branch", "所属分公司"),
    _column("channel", "Channel", "渠道"),
    _column("sales_class", "Sales-policy class", "销售政策类别"),
    _column("industry", "Industry", "行业"),
    _column("industrial", "Industrial customer", "工业客户"),
    _column("size", "Size", "规模"),
    _column("developer", "Developer", "开发人"),
    _column("bank", "Bank", "开户银行", "bank_account", "bank"),
    _column("bank_account", "Bank account number", "银行账号", "bank_account", "number"),
    _column("bank_account_holder", "Account holder", "账户名称", "bank_account", "holder"),
    _column("bank_account_currency", "Currency of the account", "账户币种", "bank_account", "currency"),
    _column("licence_number", "Business licence number", "营业执照号", "licence", "number"),
    _column("licence_issued_on", "Licence issued on", "营业执照签发日期", "licence", "issued_on", read=iso_day),
    _column("licence_expires_on", "Licence expires on", "营业执照到期日期", "licence", "expires_on", read=iso_day),
    *(column for role, titles in PERSONS.items() for column in _columns_of_person(role, *titles)),
    _column("class_held", "Class held before", "原客户类别", "class_held", "grade"),
    _column("class_held_since", "Class held since", "原类别起始日期", "class_held", "valid_from", read=iso_day),
    _column("lists", "Key-account lists", "大客户名单", read=parts_of),
    _column("election_choice", "Choice", "选择", "election", "choice"),
    _column("election_valid_from", "Choice from", "选择起始日期", "election", "valid_from", read=iso_day),
    _column("election_valid_until", "Choice ends before", "选择失效日期", "election", "valid_until", read=iso_day),
    _column("election_elected_by", "Chosen by", "选择人", "election", "elected_by"),
)
REQUIRED = ("number", "legal_name", "branch", "channel", "sales_class")


BY_HEADING: Mapping[str, Column] = by_heading(COLUMNS)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
