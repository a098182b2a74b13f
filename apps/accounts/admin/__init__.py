"""The staff's pages about people: one module a page."""

from django.contrib import admin
from django.contrib.auth.models import Group
from social_django.models import Association, Nonce, UserSocialAuth

from apps.accounts.admin import api_keys, sign_in_rules, users

__all__ = ["api_keys", "sign_in_rules", "users"]

admin.site.login_template = "admin/backroom/login.html"
admin.site.unregister(Group)  # roles make and fill the groups
# Notes of the conversation with Google; whose account is whose stands on the user's page.
admin.site.unregister((Association, Nonce, UserSocialAuth))
