"""What clients send and get about sessions."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from apps.batches.api.fields import Form, HeaderNameField, LineField, MomentField, SecretField
from apps.batches.models import BatchSession
from apps.batches.services.open_session import Credentials
from apps.batches.status import AuthType, Method


class BasicAuth(Form):
    type = serializers.CharField(default="basic")
    userId = LineField(max_length=128, trim_whitespace=False)
    apiKey = SecretField(max_length=512)

    def validate_userId(self, value: str) -> str:
        if ":" in value:
            raise serializers.ValidationError("userId must not contain a colon.", "colon")
        return value


class BearerAuth(Form):
    type = serializers.CharField()
    token = SecretField(max_length=4096)


class ApiKeyAuth(Form):
    type = serializers.CharField()
    headerName = HeaderNameField(max_length=64)
    value = SecretField(max_length=1024)


class NoAuth(Form):
    type = serializers.CharField()


AUTH_FORMS: dict[str, type[Form]] = {
    AuthType.BASIC: BasicAuth,
    AuthType.BEARER: BearerAuth,
    AuthType.API_KEY: ApiKeyAuth,
    AuthType.NONE: NoAuth,
}


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="SessionAuth",
        serializers={str(name): form for name, form in AUTH_FORMS.items()},
        resource_type_field_name="type",
    )
)
class AuthField(serializers.Field[Any, Any, Any, Any]):
    """How the session proves itself; without a type it is `basic`, as old clients expect."""

    default_error_messages = {
        "object": "auth must be an object.",
        "type": "type must be one of {types}.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(write_only=True, **options)

    def to_internal_value(self, data: Any) -> Credentials:
        if not isinstance(data, dict):
            self.fail("object")
        auth_type = data.get("type", AuthType.BASIC.value)
        if not isinstance(auth_type, str) or auth_type not in AUTH_FORMS:
            types = ", ".join(AUTH_FORMS)
            message = self.error_messages["type"].format(types=types)
            raise serializers.ValidationError({"type": [ErrorDetail(message, "unknown_type")]})
        form = AUTH_FORMS[auth_type](data=data)
        form.is_valid(raise_exception=True)
        secrets = {name: value for name, value in form.validated_data.items() if name != "type"}
        return Credentials(auth_type, secrets)


class RateLimitForm(Form):
    requestsPerMinute = serializers.IntegerField(min_value=1, max_value=6000, default=600)
    maxConcurrent = serializers.IntegerField(min_value=1, max_value=50, default=5)
    minIntervalMs = serializers.IntegerField(min_value=0, max_value=10_000, default=100)


class SessionInput(Form):
    apiUrl = LineField(max_length=2048)
    auth = AuthField()
    name = LineField(max_length=120, required=False, allow_blank=True)
    method = serializers.ChoiceField(choices=Method.choices, required=False)
    requiredFields = serializers.ListField(
        child=LineField(max_length=128), max_length=50, required=False
    )
    keyField = LineField(max_length=128, required=False)
    idempotencyHeader = HeaderNameField(max_length=64, required=False, allow_null=True)
    rateLimit = RateLimitForm(required=False)
    timeoutMs = serializers.IntegerField(min_value=1000, max_value=60_000, required=False)
    retryAmbiguous = serializers.BooleanField(required=False)
    pauseOnPermissionDenied = serializers.BooleanField(required=False)
    ttlSeconds = serializers.IntegerField(min_value=3600, max_value=2_592_000, required=False)

    def validate_idempotencyHeader(self, value: str | None) -> str | None:
        if value is not None and value.lower() in ("authorization", "x-user-id"):
            raise serializers.ValidationError("This header carries the login.", "reserved")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Keep the login and the row's key in headers of their own."""
        own = attrs["auth"].secrets.get("headerName", "").lower()
        taken = (attrs.get("idempotencyHeader", "Idempotency-Key") or "").lower()
        if own and own == taken:
            complaint = ErrorDetail("This header carries the row's key already.", "reserved")
            raise serializers.ValidationError({"auth": {"headerName": [complaint]}})
        return attrs

    COLUMNS = {
        "name": "name",
        "method": "method",
        "requiredFields": "required_fields",
        "keyField": "key_field",
        "idempotencyHeader": "idempotency_header",
        "timeoutMs": "timeout_ms",
        "retryAmbiguous": "retry_ambiguous",
        "pauseOnPermissionDenied": "pause_on_permission_denied",
    }

    def options(self) -> dict[str, Any]:
        """Return what was sent beyond address and login, by the names of the columns."""
        sent = self.validated_data
        found = {column: sent[name] for name, column in self.COLUMNS.items() if name in sent}
        if rate := sent.get("rateLimit"):
            found["requests_per_minute"] = rate["requestsPerMinute"]
            found["max_concurrent"] = rate["maxConcurrent"]
            found["min_interval_ms"] = rate["minIntervalMs"]
        return found


class RenewInput(Form):
    auth = AuthField(required=False)
    ttlSeconds = serializers.IntegerField(min_value=3600, max_value=2_592_000, required=False)
    resumeJobs = serializers.BooleanField(default=False)


class OpenedSession(serializers.Serializer[Any]):
    sessionId = serializers.CharField(source="public_id")
    expiresAt = MomentField(source="expires_at")
    apiUrl = serializers.CharField(source="api_url")
    authType = serializers.CharField(source="auth_type")


class RenewedSession(OpenedSession):
    resumedJobs = serializers.SerializerMethodField()

    def get_resumedJobs(self, _session: BatchSession) -> int:
        return int(self.context["resumed"])


class SessionLine(serializers.Serializer[Any]):
    sessionId = serializers.CharField(source="public_id")
    logCount = serializers.IntegerField(source="log_count")
    ttl = serializers.SerializerMethodField()
    name = serializers.CharField()
    host = serializers.CharField()
    createdAt = MomentField(source="created_at")
    expiresAt = MomentField(source="expires_at")
    jobCount = serializers.IntegerField(source="job_count")
    openErrors = serializers.IntegerField(source="open_errors")

    def get_ttl(self, session: BatchSession) -> int:
        """Return the seconds until the session expires, 0 when it has."""
        return max(0, int((session.expires_at - timezone.now()).total_seconds()))


class RateLimitOutput(serializers.Serializer[Any]):
    requestsPerMinute = serializers.IntegerField(source="requests_per_minute")
    maxConcurrent = serializers.IntegerField(source="max_concurrent")
    minIntervalMs = serializers.IntegerField(source="min_interval_ms")


class SessionOutput(SessionLine):
    apiUrl = serializers.CharField(source="api_url")
    authType = serializers.CharField(source="auth_type")
    method = serializers.CharField()
    requiredFields = serializers.ListField(child=serializers.CharField(), source="required_fields")
    keyField = serializers.CharField(source="key_field")
    idempotencyHeader = serializers.CharField(source="idempotency_header", allow_null=True)
    rateLimit = RateLimitOutput(source="*")
    timeoutMs = serializers.IntegerField(source="timeout_ms")
    retryAmbiguous = serializers.BooleanField(source="retry_ambiguous")
    pauseOnPermissionDenied = serializers.BooleanField(source="pause_on_permission_denied")
    mappings = serializers.SerializerMethodField()

    def get_mappings(self, session: BatchSession) -> list[str]:
        """Return the names of the saved mappings."""
        return sorted(session.mappings)
