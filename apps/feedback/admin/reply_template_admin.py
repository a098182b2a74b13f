from typing import Any

from django import forms
from django.contrib import admin
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.feedback.models import ReplyTemplate
from apps.feedback.models.feedback import LONGEST_TEXT
from apps.feedback.replies import PLACEHOLDERS, unknown_placeholders

KNOWN = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


class ReplyTemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """A template; a placeholder with a slip of the pen never reaches a customer."""

    class Meta:
        model = ReplyTemplate
        fields = ("name", "text")
        widgets = {
            "name": UnfoldAdminTextInputWidget(),
            "text": UnfoldAdminTextareaWidget(attrs={"maxlength": LONGEST_TEXT, "rows": 6}),
        }
        help_texts = {"text": f"Filled in for each feedback: {KNOWN}."}

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if unknown := unknown_placeholders(text):
            raise forms.ValidationError(f"{{{unknown[0]}}} stands for nothing; there are {KNOWN}.")
        return text


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(ModelAdmin):  # type: ignore[misc]
    """Replies to begin from; they are offered beside every feedback that waits."""

    form = ReplyTemplateForm
    list_display = ("name", "shown_text")
    search_fields = ("name", "text")

    @display(description="Text")
    def shown_text(self, template: Any) -> str:
        text = " ".join(template.text.split())
        return f"{text[:99]}…" if len(text) > 100 else text
