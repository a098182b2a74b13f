from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request


class FirstRenderer(BaseContentNegotiation):
    """JSON whatever `Accept` says: a probe that asks for text must not get a 406."""

    def select_parser(self, _request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, _request: Request, renderers: Any, _format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type
