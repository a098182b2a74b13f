from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.catalog.admin.picture_field import PictureField
from apps.catalog.admin.preview import preview
from apps.catalog.models import Design, Item
from apps.catalog.services.add_design import add_design
from apps.catalog.services.arrange_design import arrange_design
from apps.catalog.services.delete_design import delete_design


class DesignForm(forms.ModelForm):  # type: ignore[type-arg]
    """A design; name and picture are given once, its place may change."""

    picture = PictureField(label="Picture", required=True)

    class Meta:
        model = Design
        fields = ("name", "is_primary", "display_order")
        widgets = {"name": UnfoldAdminTextInputWidget()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["name"].disabled = True
            self.fields["picture"].disabled = True
            self.fields["picture"].required = False


class DesignFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The designs of an item, stored by the services."""

    def save_new(self, form: Any, commit: bool = True) -> Design:
        data = form.cleaned_data
        return add_design(
            item=Item.objects.get(pk=self.instance.pk),
            name=data["name"],
            picture=data["picture"],
            is_primary=data["is_primary"],
            display_order=data["display_order"],
        )

    def save_existing(self, form: Any, obj: Design, commit: bool = True) -> Design:
        design = Design.objects.get(pk=obj.pk)
        arrange_design(design=design, display_order=form.cleaned_data["display_order"])
        return arrange_design(design=design, is_primary=form.cleaned_data["is_primary"])

    def delete_existing(self, obj: Design, commit: bool = True) -> None:
        delete_design(design=obj)


class DesignInline(TabularInline):  # type: ignore[misc]
    """The variants of the item."""

    model = Design
    form = DesignForm
    formset = DesignFormSet
    extra = 0
    fields = ("shown_picture", "name", "is_primary", "display_order", "picture")
    readonly_fields = ("shown_picture",)
    hide_title = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.has_change_permission(request, obj))

    @display(description="")
    def shown_picture(self, design: Design) -> str:
        return preview(design.image_path)
