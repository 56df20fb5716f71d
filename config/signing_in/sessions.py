"""The officer's own sessions: what they are, and how they are ended."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.signing_in.browsers import tell_browser
from config.signing_in.factors import end_sessions
from config.signing_in.telling import tell


@never_cache
@login_required
@require_safe
def list_sessions(request: HttpRequest) -> HttpResponse:
    """Answer with the officer's sessions, the newest first."""
    officer: Any = request.user
    found = sorted(UserSession.objects.purge_and_list(officer), key=lambda one: one.created_at, reverse=True)
    rows = [
        {
            "id": one.pk,
            "began": one.created_at,
            "network": one.ip,
            "browser": tell_browser(one.user_agent),
            "is_this": one.session_key == request.session.session_key,
        }
        for one in found
    ]
    lasts, idle = (
        int(span.total_seconds() // 60) for span in (settings.SESSION_LASTS, settings.SESSION_IDLE)
    )
    return render(request, "signing_in/sessions.html", {"rows": rows, "hours": lasts // 60, "idle": idle})


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of the officer's own sessions."""
    session = get_object_or_404(UserSession, pk=session_id, user_id=request.user.pk)
    is_this = session.session_key == request.session.session_key
    session.end()
    tell("sessions_ended", officer_id=request.user.pk, count=1)
    if is_this:
        logout(request)
        return redirect("account_login")
    messages.success(request, "The session is ended.")
    return redirect("sessions")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End all of the officer's sessions but this one."""
    officer: Any = request.user
    count = end_sessions(officer, but=request.session.session_key)
    tell("sessions_ended", officer_id=officer.pk, count=count)
    messages.success(request, "All other sessions are ended.")
    return redirect("sessions")
