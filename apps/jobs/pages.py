"""Where staff read about a job of some kind; apps above announce pages of their own here."""

from django.urls import reverse

from apps.jobs.models import Job

_pages: dict[str, str] = {}


def announce_page(job_type: str, url_name: str) -> None:
    """Make jobs of a kind be shown by the page of that name, which takes the job's key."""
    _pages[job_type] = url_name


def page_of(job: Job) -> str:
    """Return the address of the page that tells most about the job."""
    return reverse(_pages.get(job.type, "admin:jobs_job_change"), args=[job.pk])
