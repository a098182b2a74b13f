from django.urls import URLPattern, path

from apps.jobs.api import (
    control,
    export,
    generate,
    queues,
    results,
    schemas,
    status,
    steering,
)
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
    path("status/<str:job_id>/pause", control.PauseAnyJob.as_view(), name="pause"),
    path("status/<str:job_id>/resume", control.ResumeAnyJob.as_view(), name="resume"),
    path("status/<str:job_id>/terminate", control.TerminateAnyJob.as_view(), name="terminate"),
    path("status/<str:job_id>/waiting", control.JobWaiting.as_view(), name="waiting"),
    path("status/<str:job_id>/history", control.JobHistory.as_view(), name="history"),
    path("status/<str:job_id>/clone", steering.CloneJob.as_view(), name="clone"),
    path("status/<str:job_id>/result", results.JobResult.as_view(), name="result"),
    path("queues", queues.QueueList.as_view(), name="queues"),
    path("queues/workers", queues.WorkerList.as_view(), name="workers"),
    path("queues/failures", queues.FailureList.as_view(), name="failures"),
    path("queues/periodic", queues.Timetable.as_view(), name="periodic"),
    path("queues/actions", queues.ActionList.as_view(), name="actions"),
    path("queues/<str:name>", queues.OneQueue.as_view(), name="queue"),
    path("queues/<str:name>/pause", queues.PauseOneQueue.as_view(), name="pause-queue"),
    path("queues/<str:name>/resume", queues.ResumeOneQueue.as_view(), name="resume-queue"),
]
