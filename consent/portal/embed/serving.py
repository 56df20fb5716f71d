"""The addresses of the script itself."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from consent.portal.embed.script import Script, find_script, get_script

_BRIEFLY = "public, max-age=300"
_FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
@gzip_page
def current(request: HttpRequest) -> HttpResponseBase:
    """Answer with the script of this release, to be asked for anew after a few minutes."""
    return _serve(request, get_script(), _BRIEFLY)


@require_safe
@gzip_page
def lasting(request: HttpRequest, digest: str) -> HttpResponseBase:
    """Answer with the very script that this address names, for ever."""
    script = find_script(digest)
    if script is None:
        raise Http404
    return _serve(request, script, _FOR_EVER)


def _serve(request: HttpRequest, script: Script, kept: str) -> HttpResponseBase:
    tag = f'"{script.digest}"'
    headers = {
        "Cache-Control": kept,
        "ETag": tag,
        "Access-Control-Allow-Origin": "*",  # so that pages can check its hash
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if script.digest in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(script.content, content_type="text/javascript; charset=utf-8", headers=headers)
