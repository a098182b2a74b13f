"""How our views appear in the OpenAPI document: with the error body on every route."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

TEXT = {"type": "string"}
ERROR = {
    "type": "object",
    "description": "The body of every answer that is no success.",
    "required": ["message", "error", "code", "details", "requestId"],
    "properties": {
        "message": {"type": "string", "description": "A sentence for people."},
        "error": {"type": "string", "description": "The same sentence."},
        "code": {"type": "string", "description": "What programs may rely on."},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": TEXT,
                    "code": TEXT,
                    "message": TEXT,
                    "index": {"type": "integer", "description": "Which record, from 0."},
                    "row": {"type": "integer", "description": "Which row of the sheet, from 1."},
                },
            },
        },
        "requestId": {"type": ["string", "null"], "description": "Name it when you ask for help."},
    },
    "example": {
        "message": "Validation failed",
        "error": "Validation failed",
        "code": "validation_failed",
        "details": [{"field": "pageSize", "code": "out_of_range", "message": "pageSize must be …"}],
        "requestId": "req_01JBS4N3W2T7V5Q8X9Y0Z1A2B3",
    },
}


class BackroomSchema(AutoSchema):
    """Adds the error envelope to every operation, so that clients can rely on it."""

    ERRORS = {
        "400": "The request is malformed.",
        "401": "You are not logged in.",
        "403": "Your role does not allow this.",
        "404": "There is nothing here, or nothing that you may see.",
        "429": "Too many requests; `Retry-After` says when to come back.",
        "503": "A part that this needs is not reachable; try again after `Retry-After`.",
    }
    OF_INPUT = {"422": "Understood, but not acceptable; `details` names each field."}
    OF_BODY = {
        "413": "The body is larger than we accept.",
        "415": "This type of body, or its encoding, is not accepted.",
    }
    OF_KEY = {
        "409": "The state forbids it, or the Idempotency-Key was used for something else.",
        "422": "The Idempotency-Key is too long or not printable, or a value is not acceptable.",
    }

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        body = {"application/json": {"schema": self._error_component().ref}}
        responses = operation["responses"]
        for status, description in self._errors_of(operation).items():
            if status in ("401", "403") and not self.get_auth():
                continue
            responses.setdefault(status, {"description": description})
        for status, response in responses.items():
            if status >= "400":  # also where a view gave only the sentence
                response.setdefault("content", body)
        return operation

    def _errors_of(self, operation: dict[str, Any]) -> dict[str, str]:
        """Return what can go wrong, by what the operation takes."""
        places = {parameter["in"] for parameter in operation.get("parameters", [])}
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        has_body = "requestBody" in operation
        # The desk's clients know 400 only.
        is_strict = getattr(self.view, "scope", None) != "desk"
        return (
            self.ERRORS
            | (self.OF_INPUT if is_strict and (has_body or "query" in places) else {})
            | (self.OF_BODY if has_body else {})
            | (self.OF_KEY if "Idempotency-Key" in names else {})
        )

    def _error_component(self) -> ResolvedComponent:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name="Error", type=ResolvedComponent.SCHEMA, object="Error", schema=ERROR
        )
        self.registry.register_on_missing(component)
        return component
