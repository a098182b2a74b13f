from django.urls import URLPattern, path

from apps.jobs.api import export, generate, results, schemas, status, steering
from apps.jobs.api.uploads import OneUpload, PreviewUpload, ReceiveUpload

app_name = "jobs"
urlpatterns: list[URLPattern] = [
    path("generate", generate.GenerateData.as_view(), name="generate"),
    path("generate/preview", generate.PreviewData.as_view(), name="generate-preview"),
    path("generate/types", generate.TypeList.as_view(), name="generate-types"),
    path("generate/schemas", schemas.SavedSchemaList.as_view(), name="schemas"),
    path("generate/schemas/<str:name>", schemas.OneSavedSchema.as_view(), name="schema"),
    path("export", export.ExportData.as_view(), name="export"),
    path("export/estimate", export.EstimateExport.as_view(), name="export-estimate"),
    path("export/datasets", export.DatasetList.as_view(), name="export-datasets"),
    path("upload", ReceiveUpload.as_view(), name="upload"),
    path("upload/<str:upload_id>", OneUpload.as_view(), name="one-upload"),
    path("upload/<str:upload_id>/preview", PreviewUpload.as_view(), name="preview-upload"),
    path("status", status.JobList.as_view(), name="list"),
    path("status/bulk", steering.SteerManyJobs.as_view(), name="bulk"),
    path("status/<str:job_id>", status.JobStatusView.as_view(), name="status"),
    path("status/<str:job_id>/events", status.JobEvents.as_view(), name="events"),
    path("status/<str:job_id>/cancel", status.CancelAnyJob.as_view(), name="cancel"),
    path("status/<str:job_id>/retry", status.RetryAnyJob.as_view(), name="retry"),
    path("status/<str:job_id>/clone", steering.CloneJob.as_view(), name="clone"),
    path("status/<str:job_id>/result", results.JobResult.as_view(), name="result"),
]
