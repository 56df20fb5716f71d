"""The identity provider, as the environment declares it."""

from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured

from config.env import Env

ID = "oidc"
_NEEDED = ("ACCORDANT_OIDC_ISSUER", "ACCORDANT_OIDC_CLIENT_ID", "ACCORDANT_OIDC_CLIENT_SECRET")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """Where officers sign in, who of them may come in, and what their groups there mean here."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = "single sign-on"
    domains: tuple[str, ...] = ()
    groups_claim: str = "groups"
    groups: dict[str, str] = field(default_factory=dict)
    makes_officers: bool = False
    scopes: tuple[str, ...] = ("openid", "profile", "email")


def read_identity_provider(env: Env) -> IdentityProvider | None:
    """Return what the environment declares, None if nothing.

    :raises ImproperlyConfigured: if it declares a part only, or something unsafe.
    """
    issuer, client_id, secret = (str(env(name, default="")) for name in _NEEDED)
    if not (issuer or client_id or secret):
        return None
    if not (issuer and client_id and secret):
        raise ImproperlyConfigured(f"Single sign-on is half declared. Set all of: {', '.join(_NEEDED)}.")
    officers = str(env("ACCORDANT_OIDC_OFFICERS", default="known"))
    if officers not in {"known", "made"}:
        raise ImproperlyConfigured("ACCORDANT_OIDC_OFFICERS must be `known` or `made`.")
    groups = _read_groups(str(env("ACCORDANT_OIDC_GROUPS", default="")))
    domains = tuple(one.lower() for one in env.list("ACCORDANT_OIDC_DOMAINS", default=[]))
    if officers == "made" and not (groups or domains):
        raise ImproperlyConfigured(
            "ACCORDANT_OIDC_OFFICERS=made lets in everybody whom the provider knows:"
            " declare ACCORDANT_OIDC_GROUPS or ACCORDANT_OIDC_DOMAINS."
        )
    return IdentityProvider(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        name=str(env("ACCORDANT_OIDC_NAME", default="single sign-on")),
        domains=domains,
        groups_claim=str(env("ACCORDANT_OIDC_GROUPS_CLAIM", default="groups")),
        groups=groups,
        makes_officers=officers == "made",
        scopes=tuple(env.list("ACCORDANT_OIDC_SCOPES", default=["openid", "profile", "email"])),
    )


def _read_groups(text: str) -> dict[str, str]:
    """Return our roles' groups by the provider's: `their-group=Our role`, with `;` or lines between."""
    found: dict[str, str] = {}
    for place, entry in enumerate((one.strip() for one in text.replace("\n", ";").split(";")), 1):
        if not entry:
            continue
        theirs, _, ours = (part.strip() for part in entry.partition("="))
        if not theirs or not ours or theirs in found:
            raise ImproperlyConfigured(
                f"ACCORDANT_OIDC_GROUPS, entry {place}: write `their-group=Our role`, each group once."
            )
        found[theirs] = ours
    return found
