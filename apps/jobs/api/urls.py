from django.urls import URLPattern, path

from apps.jobs.api import status
from apps.jobs.api.uploads import OneUpload, PreviewUpload, ReceiveUpload

app_name = "jobs"
urlpatterns: list[URLPattern] = [
    path("upload", ReceiveUpload.as_view(), name="upload"),
    path("upload/<str:upload_id>", OneUpload.as_view(), name="one-upload"),
    path("upload/<str:upload_id>/preview", PreviewUpload.as_view(), name="preview-upload"),
    path("status", status.JobList.as_view(), name="list"),
    path("status/<str:job_id>", status.JobStatusView.as_view(), name="status"),
    path("status/<str:job_id>/events", status.JobEvents.as_view(), name="events"),
    path("status/<str:job_id>/cancel", status.CancelAnyJob.as_view(), name="cancel"),
    path("status/<str:job_id>/retry", status.RetryAnyJob.as_view(), name="retry"),
]
