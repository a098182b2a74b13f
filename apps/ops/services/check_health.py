from dataclasses import dataclass

from apps.ops.services import probes
from apps.ops.services.probing import Finding, Health, Prober

prober = Prober()

# How the whole house is while this part does not answer. Redis is disposable (design.md 1.2).
WHEN_SILENT = {
    "database": Health.UNHEALTHY,
    "redis": Health.DEGRADED,
    "broker": Health.DEGRADED,
    "outbox": Health.DEGRADED,
    "workers": Health.DEGRADED,
    "storage": Health.DEGRADED,
    "memory": Health.DEGRADED,
}
WHEN_SILENT_FOR_READINESS = {
    "database": Health.UNHEALTHY,
    "migrations": Health.UNHEALTHY,
    "broker": Health.UNHEALTHY,
}


@dataclass(frozen=True)
class HealthReport:
    """How the house is, and each part of it."""

    findings: dict[str, Finding]

    @property
    def health(self) -> Health:
        """Return the worst finding."""
        return max(finding.health for finding in self.findings.values())


def check_health() -> HealthReport:
    """Look at every part."""
    return HealthReport(
        prober.findings(
            {
                "database": probes.probe_database,
                "redis": probes.probe_redis,
                "broker": probes.probe_broker,
                "outbox": probes.probe_outbox,
                "workers": probes.probe_workers,
                "storage": probes.probe_storage,
                "memory": probes.probe_memory,
            },
            otherwise=WHEN_SILENT,
        )
    )


def check_readiness() -> HealthReport:
    """Look at what a request needs: the database, in the shape of this code, and the broker."""
    return HealthReport(
        prober.findings(
            {
                "database": probes.probe_database,
                "migrations": probes.probe_migrations,
                "broker": probes.probe_broker,
            },
            otherwise=WHEN_SILENT_FOR_READINESS,
        )
    )
