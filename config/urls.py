"""Every address of the project."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

handler400 = "apps.core.api.errors.bad_request"
handler403 = "apps.core.api.errors.forbidden"
handler404 = "apps.core.api.errors.not_found"
handler500 = "apps.core.api.errors.crashed"

# It would claim every address below admin/, also those that only lack their trailing slash.
admin.site.final_catch_all_view = False

# Where queue dashboards are looked for.
QUEUES = RedirectView.as_view(pattern_name="admin:jobs_queuestate_changelist")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.ops.api.urls")),
    path("api/", include("apps.accounts.api.urls")),
    path("api/", include("apps.batches.api.urls")),
    path("", include("apps.jobs.api.urls")),
    path("", include("apps.catalog.api.urls")),
    path("api/", include("apps.orders.api.urls")),
    path("api/", include("apps.feedback.api.urls")),
    path("", include("apps.feedback.urls")),
    path("admin/queues", admin.site.admin_view(QUEUES)),
    path("admin/google/", include("apps.accounts.urls")),
    path("admin/", admin.site.urls),
]
