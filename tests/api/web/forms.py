"""The forms of a page, read as a browser reads them: what it would send if nothing were typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_UNSENT = frozenset({"checkbox", "radio"})
_BUTTONS = frozenset({"submit", "button", "reset", "image"})


@dataclass(slots=True)
class PageForm:
    """A form: where it goes, what it sends untouched, and which fields it has."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str, *, sent: bool = True) -> None:
        """Take a field in."""
        self.names.add(name)
        if sent:
            self.fields.setdefault(name, []).append(value)


class FormReader(HTMLParser):
    """Collects the forms of a page; fields outside of forms belong to none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._select: str | None = None
        self._textarea: str | None = None
        self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = PageForm(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._take(tag, found, self._form)

    def _take(self, tag: str, found: dict[str, str], form: PageForm) -> None:
        name, kind = found.get("name", ""), found.get("type", "")
        if tag == "option" and self._select is not None:
            self._option(found, form, self._select)
        elif "disabled" in found or not name:
            return
        elif tag in ("input", "button"):
            _take_input(form, name, kind or ("submit" if tag == "button" else "text"), found)
        elif tag == "select":
            self._select = name
            form.add(name, "", sent=False)
        elif tag == "textarea":
            self._textarea, self._text = name, ""

    def _option(self, found: dict[str, str], form: PageForm, name: str) -> None:
        value = found.get("value", "")
        form.choices.setdefault(name, []).append(value)
        if "selected" in found:
            form.fields[name] = [value]
        else:
            form.fields.setdefault(name, [value])

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._form is not None and self._textarea is not None:
            self._form.add(self._textarea, self._text.removeprefix("\n"))
            self._textarea = None


def _take_input(form: PageForm, name: str, kind: str, found: dict[str, str]) -> None:
    value = found.get("value", "on" if kind in _UNSENT else "")
    if kind in _UNSENT:
        form.choices.setdefault(name, []).append(value)
    sent = kind not in _BUTTONS and (kind not in _UNSENT or "checked" in found)
    form.add(name, value, sent=sent)


def forms_of(html: str) -> list[PageForm]:
    """Return the forms of a page, in their order."""
    return FormReader(html).forms
