from typing import Any

from django import forms
from unfold.forms import AuthenticationForm, UserChangeForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from apps.accounts.domains import complaint_about, complaint_about_address
from apps.accounts.google_staff import staff_may_use_google
from apps.accounts.login_lock import LoginLocked, authenticate_in_turn, tell_locked
from apps.accounts.models import ApiKey, Role, SignInRule, User
from apps.accounts.scopes import Scope
from apps.accounts.services.change_role import LastAdmin, keep_an_admin
from apps.accounts.services.create_api_key import create_api_key


class StaffLoginForm(AuthenticationForm):  # type: ignore[misc]
    """The admin's login, which says for how long it is locked."""

    @property
    def offers_google(self) -> bool:
        """Return whether there is a button for signing in with Google."""
        return staff_may_use_google()

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


class PersonForm(UserChangeForm):  # type: ignore[misc]
    """A user's page; it does not let the last administrator go."""

    def clean_google_id(self) -> str | None:
        """Let any number of users have no Google account."""
        return self.cleaned_data["google_id"] or None

    def clean(self) -> dict[str, Any]:
        """Ask whether an administrator is left; the admin's transaction keeps it so."""
        data: dict[str, Any] = super().clean()
        stays = data.get("role") == Role.ADMIN and data.get("is_active", True)
        if not stays and not self.errors:
            try:
                keep_an_admin(without=[self.instance.pk])
            except LastAdmin as refusal:
                raise forms.ValidationError(str(refusal), code=refusal.code) from None
        return data

    class Meta(UserChangeForm.Meta):  # type: ignore[misc]
        model = User
        widgets = {"google_id": UnfoldAdminTextInputWidget()}


class SignInRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whom to let in: an address or a domain, never the whole world."""

    class Meta:
        model = SignInRule
        fields = ("address", "role", "is_staff", "note")

    def clean_address(self) -> str:
        """Return the address as it is compared."""
        address = str(self.cleaned_data["address"]).strip().lower().removeprefix("@")
        complain = complaint_about_address if "@" in address else complaint_about
        if complaint := complain(address):
            raise forms.ValidationError(complaint)
        return address
