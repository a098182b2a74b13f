from apps.feedback.admin.customer_mail_admin import CustomerMailAdmin, MailOptOutAdmin
from apps.feedback.admin.feedback_admin import FeedbackAdmin
from apps.feedback.admin.reply_template_admin import ReplyTemplateAdmin

__all__ = ["CustomerMailAdmin", "FeedbackAdmin", "MailOptOutAdmin", "ReplyTemplateAdmin"]
