from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "apps.ops"
    verbose_name = "Operations"
