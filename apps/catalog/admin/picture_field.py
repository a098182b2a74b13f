from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.catalog.pictures.picture import Picture, picture_of_bytes
from apps.catalog.pictures.refusals import ImageTooLarge
from apps.core.errors import DomainError


class PictureField(forms.FileField):
    """Takes a file and gives a picture that is safe to keep."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=UnfoldAdminFileFieldWidget(
                {"accept": "image/jpeg,image/png,image/gif,image/webp"}
            ),
            help_text=f"JPEG, PNG, GIF or WebP, at most {settings.IMAGE_MAX_MB} MB.",
            **options,
        )

    def clean(self, data: Any, initial: Any = None) -> Picture | None:
        """
        Return the picture; None where none was chosen.

        :raises ValidationError: if the file is no picture that we take
        """
        file = super().clean(data, initial)
        if not file:
            return None
        try:
            if file.size > settings.IMAGE_MAX_BYTES:
                raise ImageTooLarge.by_bytes()
            return picture_of_bytes(file.read())
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
