from apps.batches.admin.row_admin import BatchRowAdmin
from apps.batches.admin.run_admin import BatchRunAdmin
from apps.batches.admin.session_admin import BatchSessionAdmin

__all__ = ["BatchRowAdmin", "BatchRunAdmin", "BatchSessionAdmin"]
