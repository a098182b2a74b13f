from datetime import datetime
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.feedback.models import Feedback
from apps.feedback.models.feedback import HIGHEST, LONGEST_TEXT, LOWEST
from apps.feedback.reading import read_answer
from apps.feedback.services.create_feedback import create_feedback

STARS = [
    (star, f"{star} star{'' if star == 1 else 's'}") for star in range(HIGHEST, LOWEST - 1, -1)
]


def _stars(nothing: str, *, is_required: bool) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=[("", nothing), *STARS],
        coerce=int,
        empty_value=None,
        required=is_required,
        widget=UnfoldAdminSelectWidget,
    )


class ToldForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a customer has told staff on the phone or in a chat, written down for them."""

    rating = _stars("Choose", is_required=True)
    product_quality = _stars("Not rated", is_required=False)
    delivery_experience = _stars("Not rated", is_required=False)

    class Meta:
        model = Feedback
        fields = (
            "order",
            "rating",
            "product_quality",
            "delivery_experience",
            "comment",
            "is_public",
        )
        widgets = {
            "comment": UnfoldAdminTextareaWidget(attrs={"maxlength": LONGEST_TEXT, "rows": 5})
        }
        help_texts = {"order": "Found by code or customer: completed, and without feedback so far."}
        error_messages = {
            "order": {"invalid_choice": "This order is not completed, or has feedback already."}
        }

    def clean(self) -> dict[str, Any] | None:
        """Ask the readers of the API, so that both accept the same."""
        cleaned = super().clean()
        if not self.errors:
            try:
                read_answer(self._sent())
            except DomainError as error:
                raise forms.ValidationError(str(error), code=error.code) from None
        return cleaned

    def store(self, by: User, now: datetime) -> Feedback:
        """Keep it the way the API would, so that all hear of it."""
        return create_feedback(sent=self._sent(), by=by, now=now)

    def _sent(self) -> dict[str, Any]:
        told = self.cleaned_data
        return {
            "orderId": told["order"].pk,
            "rating": told["rating"],
            "productQuality": told["product_quality"],
            "deliveryExperience": told["delivery_experience"],
            # Browsers send every line break as two characters, and count it as one.
            "comment": (told["comment"] or "").replace("\r\n", "\n"),
            "isPublic": told["is_public"],
        }
