from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = "Core"

    def ready(self) -> None:
        # Tasks must be known in the web process too, where a typo in `enqueue` should fail.
        autodiscover_modules("receivers", "tasks", "job_handlers", "retention_rules", "datasets")
