from apps.feedback.models.customer_mail import CustomerMail, MailOptOut
from apps.feedback.models.feedback import Feedback
from apps.feedback.models.feedback_token import FeedbackToken
from apps.feedback.models.reply_template import ReplyTemplate

__all__ = ["CustomerMail", "Feedback", "FeedbackToken", "MailOptOut", "ReplyTemplate"]
