from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.history import recorded
from apps.catalog.api import cached
from apps.catalog.api import fields as read
from apps.catalog.api.listing import (
    asks_for_a_page,
    names_nothing_but_a_page,
    page_of_items,
    whole_list,
)
from apps.catalog.api.lookup import asked_item
from apps.catalog.api.once import fingerprinted
from apps.catalog.api.shapes import (
    ITEM,
    ItemChange,
    ItemChangeForm,
    ItemForm,
    ItemInput,
    ItemOutput,
    ItemPage,
    ItemWithDesigns,
    designs_json,
    image_base,
)
from apps.catalog.models import Item
from apps.catalog.pictures.picture import Picture
from apps.catalog.services.change_item import change_item
from apps.catalog.services.create_item import create_item
from apps.catalog.services.delete_item import delete_item
from apps.catalog.services.list_items import items_page
from apps.catalog.services.remove_image import remove_image
from apps.catalog.services.restore_item import restore_item
from apps.core.api.desk import DeskView, PageAsked, fields_of
from apps.core.api.desk_shapes import MessageOutput
from apps.core.api.idempotency import idempotent
from apps.core.api.ready import ready

TAGS = ["Catalogue"]
LISTED = [
    OpenApiParameter("page", str, description="From 1; what makes no sense means 1."),
    OpenApiParameter("limit", str, description="10, 20, 50 or 100; anything else means 10."),
    OpenApiParameter("cursor", str, description="`page.nextCursor` of the answer before."),
    OpenApiParameter("search", str, description="In name, colour, fabric and special features."),
]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="At most 128 characters. The same key and body within 24 hours replay the answer.",
)
SHOWN = OpenApiExample("An item", value=ITEM, response_only=True)
PAGE = {"page": 1, "limit": 10, "total": 1, "totalPages": 1}
SHOWN_PAGE = OpenApiExample(
    "A page", value={"items": [ITEM], "pagination": PAGE}, response_only=True
)

ALL_OR_A_PAGE = PolymorphicProxySerializer(
    component_name="ItemsOrPage",
    serializers=[ItemOutput(many=True), ItemPage],
    resource_type_field_name=None,
    many=False,
)


def item_json(request: Request, item: Item) -> Any:
    """Return the item as JSON."""
    return ItemOutput(item, context={"base": image_base(request)}).data


class Items(DeskView):
    """What the shop sells."""

    cached_read = cached.ITEMS

    @extend_schema(
        operation_id="list_items",
        summary="List the items that are sold, newest first",
        description="Without `page`, `limit` and `cursor` the answer is an array of all items, as"
        " far as the installation allows; `X-Total-Count` says how many there are.",
        tags=TAGS,
        parameters=LISTED,
        responses={200: ALL_OR_A_PAGE},
        examples=[SHOWN_PAGE],
    )
    def get(self, request: Request) -> HttpResponse:
        if names_nothing_but_a_page(request.query_params):
            asked, base = PageAsked.of(request), image_base(request)
            return ready(items_page(page=asked.number, limit=asked.limit, base=base))
        items = Item.objects.active().newest_first()
        if not asks_for_a_page(request):
            return whole_list(request, items)
        return Response(page_of_items(request, items, "createdAt"))

    @extend_schema(
        operation_id="create_item",
        summary="Add an item",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request={"application/json": ItemInput, "multipart/form-data": ItemForm},
        responses={201: ItemOutput},
        examples=[SHOWN],
    )
    @fingerprinted
    @idempotent
    @recorded
    def post(self, request: Request) -> Response:
        fields = fields_of(request)
        name = read.required_text(fields, "name", "Item name is required")
        price = read.price(fields)
        texts = read.optional_texts(fields)
        picture = read.picture(fields)
        item = create_item(
            name=name,
            price=price,
            picture=picture if isinstance(picture, Picture) else None,
            **texts,
        )
        return Response(item_json(request, item), status=status.HTTP_201_CREATED)


class DeletedItems(DeskView):
    """What the shop no longer sells."""

    cached_read = cached.DELETED_ITEMS

    @extend_schema(
        operation_id="list_deleted_items",
        summary="List deleted items, the latest first",
        tags=TAGS,
        parameters=LISTED,
        responses={200: ItemPage},
        examples=[SHOWN_PAGE],
    )
    def get(self, request: Request) -> Response:
        items = Item.objects.deleted().latest_deleted_first()
        return Response(page_of_items(request, items, "deletedAt"))


class ItemQuery(serializers.Serializer[Any]):
    includeDesigns = serializers.CharField(required=False, help_text="`true` adds the designs.")


class OneItem(DeskView):
    """One item, sold or deleted."""

    cached_read = cached.ONE_ITEM

    @extend_schema(
        operation_id="get_item",
        summary="Show an item",
        tags=TAGS,
        parameters=[ItemQuery],
        responses={200: ItemWithDesigns},
        examples=[SHOWN],
    )
    def get(self, request: Request, item_id: str) -> Response:
        item = asked_item(item_id)
        answer = item_json(request, item)
        if request.query_params.get("includeDesigns") == "true":
            answer["designs"] = designs_json(image_base(request), item)
        return Response(answer)

    @extend_schema(
        operation_id="change_item",
        summary="Change what is sent of an item",
        tags=TAGS,
        request={"application/json": ItemChange, "multipart/form-data": ItemChangeForm},
        responses={200: ItemOutput},
        examples=[SHOWN],
    )
    @recorded
    def put(self, request: Request, item_id: str) -> Response:
        fields, changes = fields_of(request), dict[str, Any]()
        if "name" in fields:
            changes["name"] = read.required_text(fields, "name", "Item name cannot be empty")
        if "price" in fields:
            changes["price"] = read.price(fields)
        changes |= read.optional_texts(fields)
        item = asked_item(item_id)
        item = change_item(item=item, changes=changes, picture=read.picture(fields))
        return Response(item_json(request, item))

    @extend_schema(
        operation_id="delete_item",
        summary="Take an item out of the catalogue",
        tags=TAGS,
        responses={200: MessageOutput},
    )
    @recorded
    def delete(self, _request: Request, item_id: str) -> Response:
        delete_item(item=asked_item(item_id), now=timezone.now())
        return Response({"message": "Item deleted"})


class RestoreItem(DeskView):
    """Back into the catalogue."""

    @extend_schema(
        operation_id="restore_item",
        summary="Put a deleted item back",
        tags=TAGS,
        request=None,
        responses={200: ItemOutput},
        examples=[SHOWN],
    )
    @recorded
    def post(self, request: Request, item_id: str) -> Response:
        return Response(item_json(request, restore_item(item=asked_item(item_id))))


class ItemImage(DeskView):
    """The picture of a deleted item, which old orders can do without."""

    @extend_schema(
        operation_id="remove_item_image",
        summary="Remove the picture of a deleted item for good",
        tags=TAGS,
        responses={200: MessageOutput},
    )
    @recorded
    def delete(self, _request: Request, item_id: str) -> Response:
        remove_image(item=asked_item(item_id))
        return Response({"message": "Item image permanently removed"})
