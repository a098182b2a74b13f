from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.history import recorded
from apps.catalog.api import fields as read
from apps.catalog.api.items import IDEMPOTENCY_KEY, TAGS
from apps.catalog.api.lookup import asked_design, asked_item
from apps.catalog.api.once import fingerprinted
from apps.catalog.api.shapes import (
    DESIGN,
    DeletedDesignOutput,
    DesignChange,
    DesignForm,
    DesignInput,
    DesignOutput,
    designs_json,
    image_base,
)
from apps.catalog.models import Design
from apps.catalog.pictures.picture import Picture
from apps.catalog.services.add_design import add_design
from apps.catalog.services.arrange_design import arrange_design
from apps.catalog.services.delete_design import delete_design
from apps.core.api.desk import DeskView, fields_of
from apps.core.api.idempotency import idempotent

SHOWN = OpenApiExample("A design", value=DESIGN, response_only=True)


def design_json(request: Request, design: Design) -> Any:
    """Return the design as JSON."""
    return DesignOutput(design, context={"base": image_base(request)}).data


class Designs(DeskView):
    """The variants of an item."""

    @extend_schema(
        operation_id="list_designs",
        summary="List the designs of an item, the primary one first",
        tags=TAGS,
        responses={200: DesignOutput(many=True)},
        examples=[SHOWN],
    )
    def get(self, request: Request, item_id: str) -> Response:
        return Response(designs_json(image_base(request), asked_item(item_id)))

    @extend_schema(
        operation_id="add_design",
        summary="Give an item another design",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request={"application/json": DesignInput, "multipart/form-data": DesignForm},
        responses={201: DesignOutput},
        examples=[SHOWN],
    )
    @fingerprinted
    @idempotent
    @recorded
    def post(self, request: Request, item_id: str) -> Response:
        fields = fields_of(request)
        name = read.required_text(fields, "designName", "Design name is required")
        picture = read.picture(fields)
        if not isinstance(picture, Picture):
            raise read.refuse("image", "Valid design image is required")
        design = add_design(
            name=name,
            picture=picture,
            is_primary=read.flag(fields, "isPrimary") or False,
            display_order=read.place(fields, "displayOrder") or 0,
            item=asked_item(item_id),
        )
        return Response(design_json(request, design), status=status.HTTP_201_CREATED)


class OneDesign(DeskView):
    """One variant of an item."""

    @extend_schema(
        operation_id="arrange_design",
        summary="Make a design the primary one, or place it",
        tags=TAGS,
        request=DesignChange,
        responses={200: DesignOutput},
        examples=[SHOWN],
    )
    @recorded
    def put(self, request: Request, item_id: str, design_id: str) -> Response:
        fields = fields_of(request)
        is_primary = read.flag(fields, "isPrimary")
        display_order = read.place(fields, "displayOrder")
        design = arrange_design(
            design=asked_design(item_id, design_id),
            is_primary=is_primary,
            display_order=display_order,
        )
        return Response(design_json(request, design))

    @extend_schema(
        operation_id="delete_design",
        summary="Delete a design and its picture",
        tags=TAGS,
        responses={200: DeletedDesignOutput},
    )
    @recorded
    def delete(self, request: Request, item_id: str, design_id: str) -> Response:
        design = asked_design(item_id, design_id)
        answer = {"message": "Design deleted", "design": design_json(request, design)}
        delete_design(design=design)
        return Response(answer)
