from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "apps.ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        from apps.ops import openapi  # noqa: F401 -- drf-spectacular finds its classes by import
