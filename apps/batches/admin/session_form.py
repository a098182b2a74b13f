import re
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordToggleWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.batches.models import BatchSession
from apps.batches.services.change_session import change_session, is_elsewhere
from apps.batches.services.open_session import Credentials, open_session, refuse_forbidden
from apps.batches.services.renew_session import renew_session
from apps.batches.status import AuthType
from apps.core.errors import DomainError

SECRETS = {
    AuthType.BASIC: {"user_id": "userId", "api_key": "apiKey"},
    AuthType.BEARER: {"token": "token"},
    AuthType.API_KEY: {"header_name": "headerName", "header_value": "value"},
    AuthType.NONE: {},
}
# Everything but the address and the login.
COLUMNS = (
    "name",
    "method",
    "required_fields",
    "key_field",
    "idempotency_header",
    "requests_per_minute",
    "max_concurrent",
    "min_interval_ms",
    "timeout_ms",
    "retry_ambiguous",
    "pause_on_permission_denied",
)
RESERVED = re.compile(
    r"host|transfer-encoding|cookie|connection|te|trailer|upgrade|expect|content-.*|proxy-.*",
    re.IGNORECASE,
)
LOGIN_HEADERS = ("authorization", "x-user-id")
MOST_DAYS = 30
one_line = RegexValidator(r"^[^\x00-\x1f\x7f]*\Z", "Line breaks and the like are not allowed.")
header_name = RegexValidator(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z", "This is not the name of a header.")


class SecretInput(UnfoldAdminPasswordToggleWidget):  # type: ignore[misc]
    """Takes a secret and never shows one, neither ours nor one of the browser's own."""

    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "new-password"}, render_value=False)


class SessionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where rows go and as whom; credentials go in and never come out."""

    user_id = forms.CharField(
        label="User id",
        max_length=128,
        required=False,
        validators=[one_line],
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )
    api_key = forms.CharField(
        label="API key",
        max_length=512,
        required=False,
        strip=False,
        validators=[one_line],
        widget=SecretInput(),
    )
    token = forms.CharField(
        label="Token",
        max_length=4096,
        required=False,
        strip=False,
        validators=[one_line],
        widget=SecretInput(),
    )
    header_name = forms.CharField(
        label="Header",
        max_length=64,
        required=False,
        validators=[header_name],
        widget=UnfoldAdminTextInputWidget({"placeholder": "X-API-Key"}),
    )
    header_value = forms.CharField(
        label="Value",
        max_length=1024,
        required=False,
        strip=False,
        validators=[one_line],
        widget=SecretInput(),
    )
    days = forms.IntegerField(
        label="Lives for (days)",
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    resume_jobs = forms.BooleanField(
        label="Resume what stopped",
        required=False,
        help_text="Batches that paused because the login failed or the session had ended go on.",
        widget=UnfoldBooleanSwitchWidget(),
    )

    class Meta:
        model = BatchSession
        fields = ("api_url", "auth_type", *COLUMNS)
        labels = {
            "api_url": "Address",
            "auth_type": "Login",
            "min_interval_ms": "Pause between calls (ms)",
            "timeout_ms": "Time-out (ms)",
            "retry_ambiguous": "Repeat lost calls",
            "pause_on_permission_denied": "Pause when permission is denied",
            "max_concurrent": "Calls at once",
        }
        widgets = {"required_fields": UnfoldAdminTextInputWidget()}
        help_texts = {
            "name": "What people call it, such as the partner and the month.",
            "api_url": "Every row is sent to this address; it must be on the list of partners.",
            "required_fields": "Comma-separated. A row without one of these is not sent.",
            "key_field": "The field that names a row, such as the number of a claim.",
            "idempotency_header": "Leave empty if the partner does not honour keys: a call"
            " whose answer was lost is then not repeated.",
            "retry_ambiguous": "Calls whose answer was lost are made again, under the same key.",
            "pause_on_permission_denied": "Else such rows wait for you, and the others go on.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._had = str(self.instance.auth_type) if self.instance.pk and self._exists else ""
        default_days = max(1, settings.SESSION_TTL_SECONDS // 86_400)
        self.fields["name"].validators.append(one_line)
        if self._exists:
            kept = "Set. Leave empty to keep it." if self._has_secrets else "Not set."
            for name in ("user_id", "api_key", "token", "header_name", "header_value"):
                self.fields[name].help_text = kept
            self.fields["days"].help_text = "From now on; leave empty to keep the present end."
        else:
            self.fields["days"].help_text = f"{default_days} unless you say otherwise."
            del self.fields["resume_jobs"]

    @property
    def _exists(self) -> bool:
        return not self.instance._state.adding  # noqa: SLF001 - documented, and the only way

    @property
    def _has_secrets(self) -> bool:
        return bool(self.instance.credentials_key_id)

    def clean_idempotency_header(self) -> str | None:
        name: str = self.cleaned_data["idempotency_header"] or ""
        if not name:
            return None
        header_name(name)
        if RESERVED.fullmatch(name) or name.lower() in LOGIN_HEADERS:
            raise forms.ValidationError("This header is not for a session to set.")
        return name

    def clean_header_name(self) -> str:
        name: str = self.cleaned_data["header_name"]
        if RESERVED.fullmatch(name):
            raise forms.ValidationError("This header is not for a session to set.")
        return name

    def clean_user_id(self) -> str:
        user_id: str = self.cleaned_data["user_id"]
        if ":" in user_id:
            raise forms.ValidationError("A user id must not contain a colon.")
        return user_id

    def clean_api_url(self) -> str:
        api_url: str = self.cleaned_data["api_url"]
        try:
            refuse_forbidden(api_url)
        except DomainError as error:
            raise forms.ValidationError([each.message for each in error.details]) from None
        return api_url

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.credentials = self._credentials(data)
        if self.credentials is None and self._exists and "api_url" in data:
            self._ask_for_login_elsewhere(data["api_url"])
        own, key_header = data.get("header_name", ""), data.get("idempotency_header") or ""
        if own and data.get("auth_type") == AuthType.API_KEY and own.lower() == key_header.lower():
            self.add_error("header_name", "This header carries the row's key already.")
        return data

    def _credentials(self, data: dict[str, Any]) -> Credentials | None:
        """Return the login that was typed in, or None where the old one stays."""
        auth_type = data.get("auth_type")
        if auth_type not in SECRETS:
            return None
        given = {field: data.get(field, "") for field in SECRETS[AuthType(auth_type)]}
        if self._exists and auth_type == self._had and not any(given.values()):
            return None
        for field, value in given.items():
            if not value and field not in self.errors:
                self.add_error(field, "Fill this in, too." if any(given.values()) else "Needed.")
        names = SECRETS[AuthType(auth_type)]
        return Credentials(auth_type, {names[field]: value for field, value in given.items()})

    def _ask_for_login_elsewhere(self, api_url: str) -> None:
        if self._has_secrets and is_elsewhere(api_url, self.initial.get("api_url", "")):
            self.add_error("api_url", "Give the login again: it is not moved to another address.")

    def store(self, *, owner: Any, actor: str) -> BatchSession:
        """
        Open the session, or change it.

        :raises DomainError: if the session ended meanwhile
        """
        data, now = self.cleaned_data, timezone.now()
        options = {name: data[name] for name in COLUMNS}
        lifetime = timedelta(days=data["days"]) if data.get("days") else None
        seconds = int(lifetime.total_seconds()) if lifetime else None
        if not self._exists:
            return open_session(
                owner=owner,
                api_url=data["api_url"],
                credentials=self.credentials or Credentials(AuthType.NONE, {}),
                now=now,
                ttl_seconds=seconds,
                **options,
            )
        session = BatchSession.objects.get(pk=self.instance.pk)
        change_session(
            session=session, api_url=data["api_url"], credentials=self.credentials, **options
        )
        if seconds or data["resume_jobs"]:
            left = int((session.expires_at - now).total_seconds())
            renew_session(
                session=session,
                actor=actor,
                now=now,
                ttl_seconds=seconds or max(left, 1),
                resume_jobs=data["resume_jobs"],
            )
        return session
