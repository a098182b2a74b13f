# One image for every process; docker-compose.yml says which one a container runs.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/prod.txt /tmp/prod.txt
RUN /opt/venv/bin/python -m pip install --require-hashes --no-deps --only-binary :all: -r /tmp/prod.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /srv/backroom backroom
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 BACKROOM_VAR=/srv/backroom/var BIND=0.0.0.0
WORKDIR /app
COPY manage.py Procfile ./
COPY config config
COPY apps apps
COPY static static
COPY templates templates
COPY ops/run ops/run
USER backroom
# Volumes mounted here take over the owner.
RUN mkdir -p /srv/backroom/var/media /srv/backroom/var/incoming
# Settings refuse to load without secrets; these serve this one command and stay in no image layer.
RUN DJANGO_SECRET_KEY="$(python -c 'import secrets; print(secrets.token_hex(32))')" \
    JWT_SIGNING_KEY="$(python -c 'import secrets; print(secrets.token_hex(32))')" \
    FIELD_ENCRYPTION_KEYS="$(python -c 'import secrets; print(secrets.token_hex(32))')" \
    DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost:6379/0 \
    BACKROOM_VAR=/srv/backroom/var \
    python manage.py collectstatic --no-input
EXPOSE 8000
ENTRYPOINT ["/app/ops/run"]
CMD ["web"]
