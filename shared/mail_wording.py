"""What mails say: texts in both languages as data beside their slice; whose language is not known reads both."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from ruamel.yaml import YAML

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Wording:
    """Subject and text by language, with `$name` where a value goes."""

    subject: Mapping[str, str]
    text: Mapping[str, str]

    def said(self, values: Mapping[str, Mapping[str, str]], *, language: str | None = None) -> tuple[str, str]:
        """Subject and text in a language, else in both; `values` by name and language. Raises KeyError for a gap."""
        languages = (language,) if language in LANGUAGES else LANGUAGES
        filled = [{name: words[each] for name, words in values.items()} for each in languages]
        subjects = [Template(self.subject[each]).substitute(by) for each, by in zip(languages, filled, strict=True)]
        texts = [Template(self.text[each]).substitute(by) for each, by in zip(languages, filled, strict=True)]
        return " · ".join(subjects), "\n".join(texts)


def wordings(path: Path) -> dict[str, Wording]:
    """The wordings of a file by name; raises KeyError where a language is missing."""
    written = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return {
        name: Wording(**{part: _both(words[part]) for part in ("subject", "text")}) for name, words in written.items()
    }


def _both(words: Mapping[str, str]) -> dict[str, str]:
    return {language: str(words[language]) for language in LANGUAGES}
