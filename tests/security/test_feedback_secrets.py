"""The secret of a customer's link shows nowhere but in the link: no log, table, figure, report."""

import logging
import re
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress

import pytest
from django.utils import timezone
from django.utils.log import AdminEmailHandler

from apps.feedback.models import CustomerMail
from apps.feedback.services.send_mail import send_mail
from config.embedded.valkey import free_port
from config.env import BASE_DIR
from tests.factories.feedback import CustomerMailFactory, FeedbackTokenFactory
from tests.factories.orders import OrderFactory
from tests.feedback.world import fill_in
from tests.security.world import dump, found_in
from tests.support.stack import answers, wait_for

pytestmark = pytest.mark.django_db


def everything_with(client, api, link):
    """Do all that can be done with a link: look, fail, send, send again, validate, submit."""
    page = f"/feedback/{link.secret}"
    client.get(f"/feedback?token={link.secret}")
    client.get(f"{page}/", headers={"X-Request-ID": "abc"})
    client.put(page)
    client.get(f"{page}/more")
    client.get(page, headers={"Host": "evil host"})
    fill_in(client, page, rating="")
    for path in ("/api/public/feedbacks/validate-token", "/api/public/feedbacks"):
        api.post(path, {"token": link.secret}, format="json")
        api.post(path, f'{{"token": "{link.secret}"', content_type="application/json")
        api.get(f"{path}/{link.secret}")
    fill_in(client, page)
    client.post(page, {"rating": "5"})
    api.post("/api/public/feedbacks", {"token": link.secret, "rating": 5}, format="json")


def test_the_secret_shows_in_no_log_table_or_figure(
    logged, client, anonymous_api, admin_api, mail_server, settings
):
    settings.PUBLIC_URL = "https://shop.example"
    link = FeedbackTokenFactory()
    everything_with(client, anonymous_api, link)
    order = OrderFactory(completed=True, customer_id="mira@example.test")
    mail = CustomerMailFactory(order=order)
    send_mail(mail_id=mail.pk, now=timezone.now())
    issued = admin_api.post(f"/api/feedbacks/generate-token/{order.pk}").json()["token"]
    text = mail_server.only_mail().get_body(("plain",)).get_content()
    assert issued in text  # or else nothing could have leaked

    secrets = {"link": link.secret, "mailed": issued}
    assert "request_finished" in logged()
    assert found_in(logged(), secrets) == []
    figures = admin_api.get("/api/metrics/prometheus").content
    assert b"feedback" in figures
    assert found_in(figures, secrets) == []
    assert [table for table, rows in dump().items() if found_in(rows, secrets)] == []
    assert CustomerMail.objects.get().state == "sent"


def test_a_crash_tells_nothing_of_the_secret(logged, client, anonymous_api, monkeypatch):
    link = FeedbackTokenFactory()
    client.raise_request_exception = anonymous_api.raise_request_exception = False
    for module in ("apps.feedback.services.find_link",):
        monkeypatch.setattr(f"{module}.digest", None)  # a bug, of the kind that nobody foresees

    page = client.get(f"/feedback/{link.secret}")
    answer = anonymous_api.post(
        "/api/public/feedbacks", {"token": link.secret, "rating": 5}, format="json"
    )

    assert (page.status_code, answer.status_code) == (500, 500)
    assert "request.crashed" in logged()
    assert found_in(logged(), {"link": link.secret}) == []
    assert found_in(page.content + answer.content, {"link": link.secret}) == []


def test_an_address_in_a_log_line_of_others_is_blanked(logged):
    secret = "0123456789abcdef" * 4
    log = logging.getLogger("some.library")

    log.warning("Broken pipe: GET /feedback/%s HTTP/1.1", secret)
    log.warning("GET https://shop.example/feedback/?token=%s&lang=de", secret)
    log.warning("GET /feedback/unsubscribe/Im1pcmFA:%s", secret)

    assert logged().count("[redacted]") == 3
    assert found_in(logged(), {"link": secret}) == []
    assert "lang=de" in logged()


@pytest.mark.django_db(transaction=True)
def test_the_web_process_writes_no_addresses(tmp_path, monkeypatch):
    """As the Procfile starts it: an access log of the server would hold every address."""
    link = FeedbackTokenFactory()
    command = re.search(r"^web: exec (.+)$", (BASE_DIR / "Procfile").read_text(), re.MULTILINE)[1]
    port = free_port()
    monkeypatch.setenv("PORT", str(port))
    monkeypatch.setenv("WEB_WORKERS", "1")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    log = tmp_path / "web.log"
    script = f"exec {sys.executable} -m {command.removeprefix('python -m ')}"
    with log.open("wb") as output:
        web = subprocess.Popen(["sh", "-c", script], cwd=BASE_DIR, stdout=output, stderr=output)
    try:
        wait_for(
            lambda: answers(f"http://127.0.0.1:{port}/healthz"), seconds=60, what="the web process"
        )
        for path in (f"feedback/{link.secret}", f"feedback/?token={link.secret}"):
            with suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=60).read()
    finally:
        web.terminate()
        web.wait(timeout=60)

    assert "request_finished" in log.read_text()
    assert found_in(log.read_bytes(), {"link": link.secret}) == []


def test_the_proxy_of_the_example_writes_no_addresses_of_links():
    configuration = (BASE_DIR / "ops" / "nginx" / "backroom.conf").read_text()

    (block,) = re.findall(r"location \^~ /feedback \{(.*?)\}", configuration, re.DOTALL)

    assert "access_log off;" in block
    assert "error_log /dev/null" in block


def test_nobody_is_sent_a_report_with_the_address():
    handlers = [
        handler
        for name in ("", "django", "django.request", "django.server")
        for handler in logging.getLogger(name).handlers
    ]

    assert not any(isinstance(handler, AdminEmailHandler) for handler in handlers)
