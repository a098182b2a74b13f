from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.feedback.models import Feedback
from apps.feedback.models.feedback import LONGEST_TEXT
from apps.feedback.reading import STAFFS, read_sent
from apps.feedback.services.update_feedback import update_feedback

JSON_NAME = {column: name for name, (column, _) in STAFFS.items()}


class FeedbackForm(forms.ModelForm):  # type: ignore[type-arg]
    """What staff may change of a feedback: the reply, and who may see it."""

    class Meta:
        model = Feedback
        fields = ("response_text", "is_public")
        widgets = {
            "response_text": UnfoldAdminTextareaWidget(attrs={"maxlength": LONGEST_TEXT, "rows": 5})
        }

    def clean(self) -> dict[str, Any] | None:
        """Ask the readers of the API, so that both accept the same."""
        cleaned = super().clean()
        try:
            read_sent(self._sent(), only=STAFFS)
        except DomainError as error:
            raise forms.ValidationError(str(error), code=error.code) from None
        return cleaned

    def store(self, by: User, now: Any) -> None:
        """Change what was changed on the page the way the API would, so that all hear of it."""
        if self.changed_data:
            update_feedback(feedback_id=self.instance.pk, sent=self._sent(), by=by, now=now)

    def _sent(self) -> dict[str, Any]:
        names = [name for name in self.changed_data if name in self.cleaned_data]
        return {JSON_NAME[name]: self.cleaned_data[name] for name in names}
