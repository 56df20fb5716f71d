"""The addresses of the portal, below `/privacy/`. None holds anything about a person but a link's token."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from consent.portal.views import (
    addresses,
    asking,
    entering,
    errors,
    following,
    linking,
    one_click,
    preferences,
    proving,
    taking,
)
from consent.requests.types import RequestType

app_name = "portal"

urlpatterns = [
    path("", asking.start, name="start"),
    path("ask/<slug:kind>/", asking.ask, name="ask"),
    path("opt-out/", asking.ask, {"kind": RequestType.OPT_OUT.value}, name="opt_out"),
    path("limit/", asking.ask, {"kind": RequestType.LIMIT_SENSITIVE.value}, name="limit"),
    path("code/", proving.code, name="code"),
    path("done/", asking.done, name="done"),
    path("confirm/link", linking.follow_to_confirm, name="confirm_link"),
    path("confirm/", proving.confirming, name="confirm"),
    path("status/link", linking.follow_to_status, name="status_link"),
    path("status/", following.status, name="status"),
    path("status/withdraw/", following.withdraw, name="withdraw"),
    path("status/answer/", following.reply, name="reply"),
    path("status/appeal/", following.appeal, name="appeal"),
    path("status/leave/", following.leave, name="leave"),
    re_path(r"^certificate\.(?P<ending>html|pdf|json)$", following.certificate, name="certificate"),
    path("package/link", linking.follow_to_package, name="package_link"),
    path("package/", taking.package, name="package"),
    path("package/download/", taking.download, name="download"),
    path("recipients/", taking.recipients, name="recipients"),
    path("link/", linking.ask_for_link, name="link"),
    path("choices/", preferences.choices, name="choices"),
    path("choices/open/", entering.choices_open, name="choices_open"),
    path("choices/code/", entering.choices_code, name="choices_code"),
    path("choices/link/<str:token>", entering.choices_link, name="choices_link"),
    path("choices/address/", addresses.choices_address, name="choices_address"),
    path("choices/leave/", entering.choices_leave, name="choices_leave"),
    path("one-click/<str:token>", one_click.one_click, name="one_click"),
    path("do-not-sell/", RedirectView.as_view(pattern_name="portal:opt_out"), name="do_not_sell"),
    path("choices/notices/<slug:key>/<int:number>/", preferences.notice, name="choices_notice"),
    path("choices/history/", preferences.history, name="choices_history"),
    path("choices/receipts/<slug:record_id>", preferences.receipt, name="choices_receipt"),
    path("choices/recipients/", preferences.recipients, name="choices_recipients"),
    path("choices/logo/<slug:controller>/<slug:changed>", preferences.logo, name="choices_logo"),
    path("<path:rest>", errors.nothing),
]
