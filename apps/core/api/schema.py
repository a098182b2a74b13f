"""How our views appear in the OpenAPI document: with the error body on every route."""

from typing import Any

from drf_spectacular.openapi import AutoSchema


class BackroomSchema(AutoSchema):  # type: ignore[misc]
    """Adds the error envelope to every operation, so that clients can rely on it."""

    ERRORS = {
        "400": "The request is malformed.",
        "401": "You are not logged in.",
        "403": "Your role does not allow this.",
        "404": "There is nothing here, or nothing that you may see.",
    }

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        reference = {"$ref": "#/components/schemas/Error"}
        for status, description in self.ERRORS.items():
            operation["responses"].setdefault(
                status,
                {"description": description, "content": {"application/json": {"schema": reference}}},
            )
        return operation
