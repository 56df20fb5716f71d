import json
import pathlib

from django.contrib.auth.models import User

from tests.acceptance.test_roles import *  # noqa

PAGES = {
    "policy": "/admin/consent_policies/policyversion/{policy}/change/",
    "home": "/admin/",
    "subjects": "/admin/consent_subjects/subject/",
    "checkpoints": "/admin/consent_ledger/checkpoint/",
    "register": "/admin/activation_desk/registerofprocessing/",
    "nowhere": "/admin/nowhere/",
    "traces": "/admin/activation_desk/tracereport/",
    "export": "/admin/activation_desk/savedfilter/export/consent_ledger.auditleaf/",
}
FIND = """() => { const w = document.documentElement.clientWidth; const out = [];
 for (const e of document.querySelectorAll('body *')) { const r = e.getBoundingClientRect(); if (r.right > w + 1 && r.width > 0 && getComputedStyle(e).visibility !== 'hidden') out.push(e.tagName + '#' + e.id + '.' + String(e.className).slice(0, 60) + ' ' + Math.round(r.left) + '-' + Math.round(r.right)); }
 return [document.documentElement.scrollWidth, w, out.slice(0, 25)]; }"""


def test_look(address, browser):
    boss = User.objects.create_superuser("boss", "b@example.com", PASSWORD)
    policy = PolicyVersion.objects.get(key="second").pk
    out = pathlib.Path("/tmp/look")
    said = {}
    with opened_in(browser, address) as page:
        page.goto("/admin/")
        page.fill("input[name=username]", "boss")
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(re.compile("/admin/$"))
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for name, at in PAGES.items():
                page.goto(at.format(policy=policy))
                page.wait_for_load_state("networkidle")
                said[f"{name}-{width}"] = page.evaluate(FIND)
                page.screenshot(path=out / f"{name}-{width}.png", full_page=name in {"register"})
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto("/admin/")
        page.wait_for_load_state("networkidle")
        page.set_viewport_size({"width": 390, "height": 900})
        page.wait_for_timeout(1500)
        said["home-resized"] = page.evaluate(FIND)
    (out / "said.json").write_text(json.dumps(said, indent=1))
