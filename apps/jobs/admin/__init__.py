from apps.jobs.admin.job_admin import JobAdmin

__all__ = ["JobAdmin"]
