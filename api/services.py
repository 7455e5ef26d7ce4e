"""State services by their keys, whatever their editions and ways: for pages and the API alike."""

from __future__ import annotations

from domain.regulations.book import Regulations
from domain.workdays import Language


def services_by_key(regulations: Regulations, language: Language) -> dict[str, str]:
    """Return the names of all services by their keys, in order of these; the latest edition's."""
    editions = sorted(regulations, key=lambda each: (each.service.key, each.legal.first))
    return {each.service.key: each.service.names.in_language(language) for each in editions}
