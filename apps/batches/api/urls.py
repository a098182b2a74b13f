from django.urls import URLPattern, path

from apps.batches.api import control, corrections, jobs, logs, mappings, queue, records, sessions

app_name = "batches"
urlpatterns: list[URLPattern] = [
    path("sessions", sessions.Sessions.as_view(), name="sessions"),
    path("init-session", sessions.InitSession.as_view(), name="init-session"),
    path("sessions/<str:session_id>", sessions.Session.as_view(), name="session"),
    path("sessions/<str:session_id>/renew", sessions.RenewSession.as_view(), name="renew"),
    path(
        "sessions/<str:session_id>/mappings/<str:name>",
        mappings.SavedMapping.as_view(),
        name="mapping",
    ),
    path("jobs", jobs.Jobs.as_view(), name="jobs"),
    path("queue-batch", jobs.QueueBatch.as_view(), name="queue-batch"),
    path("jobs/preview", jobs.PreviewJob.as_view(), name="preview"),
    path("jobs/<str:job_id>", jobs.JobDetail.as_view(), name="job"),
    path("jobs/<str:job_id>/records", records.Records.as_view(), name="records"),
    path(
        "jobs/<str:job_id>/records/export", records.ExportRecords.as_view(), name="export-records"
    ),
    path("jobs/<str:job_id>/records/<int:seq>", records.Record.as_view(), name="record"),
    path(
        "jobs/<str:job_id>/corrected.xlsx",
        corrections.CorrectedWorkbook.as_view(),
        name="corrected",
    ),
    path("jobs/<str:job_id>/corrections", corrections.Corrections.as_view(), name="corrections"),
    path("jobs/<str:job_id>/pause", control.PauseJob.as_view(), name="pause"),
    path("jobs/<str:job_id>/resume", control.ResumeJob.as_view(), name="resume"),
    path("jobs/<str:job_id>/cancel", control.CancelJob.as_view(), name="cancel"),
    path("jobs/<str:job_id>/retry", control.RetryJob.as_view(), name="retry"),
    path("job/<str:job_id>/pause", control.PauseJobAlias.as_view(), name="pause-alias"),
    path("job/<str:job_id>/resume", control.ResumeJobAlias.as_view(), name="resume-alias"),
    path("job/<str:job_id>/remove", control.RemoveJob.as_view(), name="remove"),
    path("queue", queue.Queue.as_view(), name="queue"),
    path("queue/pause", queue.PauseQueue.as_view(), name="pause-queue"),
    path("queue/resume", queue.ResumeQueue.as_view(), name="resume-queue"),
    path("logs/<str:session_id>", logs.Logs.as_view(), name="logs"),
    path("logs/<str:session_id>/success", logs.Successes.as_view(), name="successes"),
]
