from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from apps.feedback.models.feedback import LONGEST_TEXT


class ReplyTemplate(models.Model):
    """A reply that staff begin from."""

    name = models.TextField(unique=True)
    text = models.TextField()

    class Meta:
        db_table = "feedback_reply_templates"
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("text"), LONGEST_TEXT),
                name="reply_template_not_too_long",
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"\S", text__regex=r"\S"),
                name="reply_template_not_blank",
            ),
        ]

    def __str__(self) -> str:
        return self.name
