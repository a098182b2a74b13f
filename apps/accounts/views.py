"""The two addresses of signing in to the admin with Google."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from social_core.exceptions import SocialAuthBaseException
from social_django.models import DjangoStorage
from social_django.strategy import DjangoStrategy

from apps.accounts.google_staff import GoogleStaff, staff_may_use_google
from apps.accounts.login_lock import LoginLocked
from apps.accounts.models import User
from apps.accounts.refusals import kind_words, log_refusal
from apps.core.errors import DomainError

# The session is checked like one that began with a password: a deactivated user's is over.
SESSION_BACKEND = "django.contrib.auth.backends.ModelBackend"
NEXT = "google_next"


@method_decorator(never_cache, name="dispatch")
class BeginGoogleSignIn(View):
    """Send the browser to Google; only a form of ours may ask for it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not staff_may_use_google():
            return _back(request, "Signing in with Google is switched off.")
        request.session[NEXT] = request.POST.get("next", "")
        response: HttpResponse = _backend(request).start()
        return response


@method_decorator(never_cache, name="dispatch")
class CompleteGoogleSignIn(View):
    """Where Google sends the browser back to."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if not staff_may_use_google():
            return _back(request, "Signing in with Google is switched off.")
        try:
            # Never with the user of the session: nobody's account gets linked to another's.
            user = _backend(request).complete(user=None, request=request)
        except (SocialAuthBaseException, DomainError) as refusal:
            log_refusal(refusal)
            return _back(request, kind_words(refusal))
        if not isinstance(user, User):  # the lock of the address refuses before anybody looks
            return _back(request, kind_words(LoginLocked()))
        wanted = request.session.pop(NEXT, "")
        login(request, user, backend=SESSION_BACKEND)
        return redirect(_safe(request, wanted))


def _backend(request: HttpRequest) -> GoogleStaff:
    strategy = DjangoStrategy(DjangoStorage, request)
    return GoogleStaff(strategy, redirect_uri=resolve_url("google:complete"))


def _safe(request: HttpRequest, wanted: str) -> str:
    mine = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if mine else resolve_url(settings.LOGIN_REDIRECT_URL)


def _back(request: HttpRequest, message: str) -> HttpResponse:
    messages.error(request, message)
    return redirect(settings.LOGIN_URL)
