"""What is wanted of a text that has to be written in a certain way: by an example, never as an expression."""

from collections.abc import Mapping

from shared.errors import Words

NOT_SO_WRITTEN: Words = {"en": "not written as it has to be", "zh": "书写格式不正确"}


def _such_as(en: str, zh: str, example: str) -> Words:
    return {"en": f"{en} such as {example}", "zh": f"应为{zh}，如 {example}"}


_MONTH = _such_as("a month", "月份", "2021-03")
_HALF_YEAR = _such_as("a half year", "半年", "2021-H1")
_AMOUNT = _such_as("an amount", "金额", "880.00")
_SHARE = _such_as("a share of one", "0至1的比例", "0.50")
_HASH = _such_as("a SHA-256 in 64 hexadecimal digits", "64位十六进制 SHA-256", f"{'0a' * 4}…")
_NAME = _such_as("a name of small letters, digits, - and _", "由小写字母、数字、- 和 _ 组成的名称", "volume-subsidy")
_IDENTIFIER = _such_as("letters, digits and a few signs", "字母、数字和少数符号", "mary.k-1")

WANTED: Mapping[str, Words] = {
    r"^[A-Z]{3}$": _such_as("an ISO 4217 currency", "ISO 4217 币种代码", "CNY"),
    r"^\d{4}-\d{2}$": _MONTH,
    r"^[12]\d{3}-(0[1-9]|1[0-2])$": _MONTH,
    r"^\d{4}-H[12]$": _HALF_YEAR,
    r"^\d{4}(-(Q[1-4]|\d{2}))?$": _such_as("a year, quarter or month", "年、季度或月份", "2021-Q1"),
    r"^\d{1,10}(\.\d{1,4})?$": _AMOUNT,
    r"^\d{1,13}(\.\d{1,4})?$": _AMOUNT,
    r"^\d{1,15}(\.\d{1,4})?$": _AMOUNT,
    r"^-?\d+(\.\d+)?$": _AMOUNT,
    r"^\d{1,9}(\.\d{1,12})?$": _such_as("an exchange rate", "汇率", "6.50"),
    r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$": _SHARE,
    r"^[0-9a-f]{64}$": _HASH,
    r"^P(\d{1,2}Y(\d{1,3}M)?|\d{1,3}M)$": _such_as("years and months", "年月期限", "P12M"),
    r"^(account|salesperson):.{1,100}$": _such_as("a beneficiary", "受益人", "account:ID"),
    r"^(person|machine)$": _such_as("person or machine", "person 或 machine", "person"),
    r"^(subsidy|discount)$": _such_as("subsidy or discount", "subsidy 或 discount", "subsidy"),
    r"^p4$": _such_as("the programme", "方案", "p4"),
    r"^account\.[a-z_]+$": _such_as("a fact of the account", "客户事实", "account.credit"),
    r"^[a-z][a-z0-9_-]{0,60}$": _NAME,
    r"^[a-z0-9_-]+$": _NAME,
    r"^[a-z0-9]+([_-][a-z0-9]+)*$": _NAME,
    r"^[A-Za-z0-9_-]{1,20}$": _such_as("letters and digits", "字母和数字", "A"),
    r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$": _IDENTIFIER,
    r"^[A-Za-z0-9][A-Za-z0-9._:@|-]{0,99}$": _IDENTIFIER,
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": _IDENTIFIER,
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$": _such_as("an e-mail address", "电子邮箱", "purchasing@ngaliema.example"),
    r"^[^\s\x00-\x1f\x7f-\x9f]+$": {"en": "without blanks, such as HANDSET-N1", "zh": "不得含空白字符，如 HANDSET-N1"},
    r"^[^\x00]*$": {"en": "a text without zero bytes", "zh": "文本不得含零字节"},
}
