"""What can go wrong in the business, without a word about HTTP."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Detail:
    """One complaint: about a field, and where rows are meant about a record or sheet row."""

    field: str
    code: str
    message: str
    index: int | None = None
    row: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the detail without the positions that it has not."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class DomainError(Exception):
    """A rule of the business forbids this."""

    code = "conflict"

    def __init__(
        self,
        message: str | None = None,
        *,
        details: list[Detail] | None = None,
        retry_after: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        """
        Say what is wrong; without a message the class's docstring is the sentence.

        :param retry_after: seconds after which trying again makes sense
        :param extra: further keys of the JSON body, in camelCase
        """
        super().__init__(message or (self.__doc__ or "").strip().splitlines()[0])
        self.details = details or []
        self.retry_after = retry_after
        self.extra = extra or {}


class Missing(DomainError):
    """There is nothing here, or nothing that you may see."""

    code = "not_found"


class Incomplete(DomainError):
    """The request lacks something it needs."""

    code = "missing_data"


class Invalid(DomainError):
    """The request is well-formed, but some values are not acceptable."""

    code = "validation_failed"


class Refused(DomainError):
    """A value is not acceptable, for a client that expects this as a malformed request."""

    code = "validation_failed"


class NotSignedIn(DomainError):
    """You are not logged in."""

    code = "not_authenticated"


class Forbidden(DomainError):
    """Your role does not allow this."""

    code = "forbidden"


class Gone(DomainError):
    """This existed once, and is no longer available."""

    code = "gone"


class TooLarge(DomainError):
    """This is larger than we accept."""

    code = "payload_too_large"


class WrongType(DomainError):
    """This type of content is not accepted."""

    code = "unsupported_media_type"


class TooMany(DomainError):
    """Too many of these at once; wait a little."""

    code = "rate_limited"


class NoSpace(DomainError):
    """There is no room left to store this."""

    code = "insufficient_storage"


class Unavailable(DomainError):
    """A part that this needs is not reachable; try again shortly."""

    code = "unavailable"
