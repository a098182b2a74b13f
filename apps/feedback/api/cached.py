"""Which reads of feedback may be answered from the cache: all of them, for a day."""

from typing import Any

from django.http import QueryDict

from apps.core.api.desk import PageAsked, leading_number
from apps.core.cache.reads import DAY, Asked, CachedRead

FEEDBACK = ("feedbacks",)


def _list(query: QueryDict, _kwargs: dict[str, Any]) -> Asked:
    if not any(query.get(name) for name in ("page", "limit")):
        return Asked(["all"], DAY)
    page = PageAsked.by(query)
    return Asked([page.number, page.limit], DAY)


def _numbered(name: str) -> CachedRead:
    return CachedRead(FEEDBACK, lambda _query, kwargs: Asked([leading_number(kwargs[name])], DAY))


FEEDBACKS = CachedRead(FEEDBACK, _list)
ONE_FEEDBACK = _numbered("feedback_id")
FEEDBACK_OF_ORDER = _numbered("order_id")
STATS = CachedRead(FEEDBACK, lambda _query, _kwargs: Asked([], DAY))
