from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from apps.catalog.admin.picture_field import PictureField
from apps.catalog.models import Item
from apps.catalog.pictures.picture import Picture
from apps.catalog.services.change_item import Keep, change_item
from apps.catalog.services.create_item import create_item

TEXTS = ("name", "color", "fabric", "special_features")


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """An item as staff edit it; the services store it."""

    picture = PictureField(label="New picture", required=False)
    remove_picture = forms.BooleanField(
        label="Remove the picture", required=False, widget=UnfoldBooleanSwitchWidget()
    )

    class Meta:
        model = Item
        fields = ("name", "price", "color", "fabric", "special_features")
        labels = {"color": "Colour"}
        widgets = {name: UnfoldAdminTextInputWidget() for name in TEXTS}

    def store(self) -> Item:
        """Create the item or change what was edited of it."""
        values: dict[str, Any] = {name: self.cleaned_data[name] or None for name in TEXTS}
        values["price"] = self.cleaned_data["price"]
        picture: Picture | None = self.cleaned_data["picture"]
        if self.instance.pk is None:
            return create_item(picture=picture, **values)
        item = Item.objects.get(pk=self.instance.pk)
        changes = {name: values[name] for name in self.changed_data if name in values}
        return change_item(item=item, changes=changes, picture=self._wanted(picture))

    def _wanted(self, picture: Picture | None) -> Picture | Keep | None:
        if picture is None and not self.cleaned_data["remove_picture"]:
            return Keep.PICTURE
        return picture

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("picture") and data.get("remove_picture"):
            self.add_error("remove_picture", "A new picture replaces the old one by itself.")
        return data
