from typing import Any

from django import forms
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.accounts.login_lock import LoginLocked, authenticate_in_turn, tell_locked
from apps.accounts.models import ApiKey
from apps.accounts.scopes import Scope
from apps.accounts.services.create_api_key import create_api_key


class StaffLoginForm(AuthenticationForm):  # type: ignore[misc]
    """The admin's login, which says for how long it is locked."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if data.get("username") and data.get("password"):
            self.user_cache = self._authenticated(data["username"], data["password"])
            self.confirm_login_allowed(self.user_cache)
        return data

    def _authenticated(self, username: str, password: str) -> Any:
        try:
            user = authenticate_in_turn(self.request, username=username, password=password)
        except LoginLocked as locked:
            tell_locked(self.request, locked.retry_after)
            minutes = -(-(locked.retry_after or 60) // 60)
            message = f"Too many failed logins. Try again in {minutes} minutes."
            raise forms.ValidationError(message, code=locked.code) from None
        if user is None:
            raise self.get_invalid_login_error()
        return user


class NewApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an administrator decides about a key; the secret is made by `create_api_key`."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Without any, the key may do whatever its owner may.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "owner", "scopes", "calls_per_minute", "expires_at")

    def save(self, commit: bool = True) -> ApiKey:
        """Make the key; its secret is in `plaintext` for as long as this form lives."""
        self.save_m2m = lambda: None  # type: ignore[method-assign]
        key, self.plaintext = create_api_key(**self.cleaned_data)
        return key
