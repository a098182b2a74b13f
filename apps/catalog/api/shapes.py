"""Items and designs as JSON, key by key in the order of the contract."""

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request

from apps.catalog.models import Design, Item
from apps.core.api.desk_shapes import DeskCursorOutput, DeskPaginationOutput, MessageOutput
from apps.core.money import as_number
from apps.core.times import iso

ITEM = {
    "id": 7,
    "name": "Linen shirt",
    "price": 1299.5,
    "color": "White",
    "fabric": "Linen",
    "specialFeatures": "",
    "imageUrl": "https://shop.example/images/items/0f3c9a5be27d41f6a8c2e4d6b8f0a1c3.png",
    "createdAt": "2025-01-05T09:30:00.120Z",
    "deletedAt": None,
    "_id": 7,
}
DESIGN = {
    "id": 1,
    "itemId": 7,
    "designName": "Floral",
    "imageUrl": "https://shop.example/images/items/b1d2f3a495867768594a3b2c1d0e9f8a.png",
    "isPrimary": True,
    "displayOrder": 0,
    "createdAt": "2025-01-05T09:30:00.120Z",
    "_id": 1,
}


def image_base(request: Request) -> str:
    """Return what the addresses of pictures begin with."""
    return pictures_at(settings.PUBLIC_URL or request.build_absolute_uri("/")[:-1])


def pictures_at(site: str) -> str:
    """Return what the addresses of pictures begin with on a site."""
    return f"{site}/images/"


class ItemOutput(serializers.Serializer[Item]):
    """An item; its context names the `base` of its picture's address."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    price = serializers.FloatField()
    color = serializers.CharField()
    fabric = serializers.CharField()
    specialFeatures = serializers.CharField()
    imageUrl = serializers.CharField(help_text="Absolute; empty where there is no picture.")
    createdAt = serializers.DateTimeField()
    deletedAt = serializers.DateTimeField(allow_null=True)
    _id = serializers.IntegerField(help_text="The same as `id`.")

    def to_representation(self, item: Item) -> dict[str, Any]:
        path = item.image_path
        return {
            "id": item.pk,
            "name": item.name,
            "price": as_number(item.price),
            "color": item.color or "",
            "fabric": item.fabric or "",
            "specialFeatures": item.special_features or "",
            "imageUrl": f"{self.context['base']}{path}" if path else "",
            "createdAt": iso(item.created_at),
            "deletedAt": iso(item.deleted_at),
            "_id": item.pk,
        }


class DesignOutput(serializers.Serializer[Design]):
    """A design; its context names the `base` of its picture's address."""

    id = serializers.IntegerField()
    itemId = serializers.IntegerField()
    designName = serializers.CharField()
    imageUrl = serializers.CharField()
    isPrimary = serializers.BooleanField()
    displayOrder = serializers.IntegerField()
    createdAt = serializers.DateTimeField()
    _id = serializers.IntegerField(help_text="The same as `id`.")

    def to_representation(self, design: Design) -> dict[str, Any]:
        return {
            "id": design.pk,
            "itemId": design.item_id,
            "designName": design.name,
            "imageUrl": f"{self.context['base']}{design.image_path}",
            "isPrimary": design.is_primary,
            "displayOrder": design.display_order,
            "createdAt": iso(design.created_at),
            "_id": design.pk,
        }


def designs_json(base: str, item: Item) -> list[dict[str, Any]]:
    """Return the designs of the item, the primary one first."""
    shape = DesignOutput(context={"base": base})
    return [shape.to_representation(design) for design in item.designs.in_order()]


class ItemWithDesigns(ItemOutput):
    """An item, and its designs where they were asked for."""

    designs = DesignOutput(many=True, required=False)


class ItemPage(serializers.Serializer[Any]):
    """A page of items; `page` and `pagination` are there as the query asked."""

    items = ItemOutput(many=True)
    pagination = DeskPaginationOutput(required=False)
    page = DeskCursorOutput(required=False)


class DeletedDesignOutput(MessageOutput):
    design = DesignOutput()


class ItemInput(serializers.Serializer[Any]):
    """What an item is made of; the documentation's words, `fields` reads it."""

    name = serializers.CharField()
    price = serializers.FloatField(min_value=0, max_value=99_999_999.99)
    color = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    fabric = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    specialFeatures = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    image = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="`data:image/<jpeg|png|gif|webp>;base64,<data>`; other text counts as none.",
    )


class ItemForm(ItemInput):
    """The same as a form with a file."""

    image = serializers.FileField(required=False)  # type: ignore[assignment]


class ItemChange(ItemInput):
    """What is sent changes, the rest stays; an `image` of null or \"\" removes the picture."""

    name = serializers.CharField(required=False)
    price = serializers.FloatField(required=False, min_value=0, max_value=99_999_999.99)


class ItemChangeForm(ItemChange):
    """The same as a form with a file."""

    image = serializers.FileField(required=False)  # type: ignore[assignment]


class DesignChange(serializers.Serializer[Any]):
    isPrimary = serializers.BooleanField(required=False, allow_null=True)
    displayOrder = serializers.IntegerField(required=False, allow_null=True)


class DesignInput(DesignChange):
    designName = serializers.CharField()
    image = serializers.CharField(help_text="A data URL, as an item's.")


class DesignForm(DesignChange):
    designName = serializers.CharField()
    image = serializers.FileField()
