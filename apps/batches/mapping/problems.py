from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from apps.core.errors import Detail, Invalid


class Problems(list[Detail]):
    """Everything that is wrong with a request, so that the client hears it at once."""

    def note(self, field: str, code: str, message: str) -> None:
        """Add a complaint."""
        self.append(Detail(field, code, message))

    def check_names(self, where: str, given: Iterable[str], known: Iterable[str]) -> None:
        """Complain about names that nobody knows, and guess what was meant."""
        names = list(known)
        for name in given:
            if name not in names:
                guess = nearest(name, names)
                self.note(f"{where}.{name}", "unknown", f'There is no option "{name}".{guess}')

    def raise_if_any(self, error: type[Invalid] = Invalid, message: str | None = None) -> None:
        """
        Stop here if there was a complaint.

        :raises Invalid: with all of them
        """
        if self:
            raise error(message, details=list(self))


def nearest(name: str, known: Iterable[Any]) -> str:
    """Return a sentence that names what was probably meant, or nothing."""
    folded = {str(candidate).casefold(): str(candidate) for candidate in known}
    found = get_close_matches(name.casefold(), folded, n=1)
    return f' Did you mean "{folded[found[0]]}"?' if found else ""
