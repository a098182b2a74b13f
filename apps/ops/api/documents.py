"""The API's own description: OpenAPI 3.1, and Swagger UI to try it."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import resolve_url
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated

from apps.accounts.permissions import HasRole
from apps.core.api.rendering import OrjsonRenderer


class ApiSchema(SpectacularAPIView):
    permission_classes = (HasRole,)
    scope = "operations"
    renderer_classes = [
        OpenApiJsonRenderer,
        OpenApiJsonRenderer2,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]


class ApiDocs(SpectacularSwaggerSplitView):
    """Swagger UI; its script comes from an address of its own, as our CSP wants it."""

    permission_classes = (HasRole,)
    scope = "operations"
    url_name = "ops:schema"

    def handle_exception(self, error: Exception) -> Any:
        """Send a browser to the staff's login; tell the rest in JSON."""
        if isinstance(error, NotAuthenticated | AuthenticationFailed):
            return redirect_to_login(self.request.get_full_path(), resolve_url(settings.LOGIN_URL))
        response = super().handle_exception(error)
        self.request.accepted_renderer = OrjsonRenderer()
        self.request.accepted_media_type = OrjsonRenderer.media_type
        return response
