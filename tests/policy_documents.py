"""Policy documents to test with, and the means to spoil them."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from consent.policies.document.reading import read_yaml

RETAILER = Path(__file__).resolve().parents[1] / "config" / "demo" / "retailer.yaml"

Document = dict[str, Any]

_SMALL = """
schema: accordant/policy/1
policy: shop
title: Shop policy
controllers:
  shop: {title: The shop, establishment: [DE]}
  kiosk: {title: The kiosk, establishment: [GB]}
jurisdictions:
  EU: {title: European Union, members: [DE, FR]}
  GB: {title: United Kingdom}
data_categories:
  contact.email: {title: E-mail address, data_category: user.contact.email}
purposes:
  marketing.email:
    title: Offers by e-mail
    description: Tell you about offers.
    data_categories: [contact.email]
    data_use: marketing.communications.email
    requires: [service.orders]
  service.orders:
    title: Orders
    description: Deliver what you order.
    data_categories: [contact.email]
    data_use: essential.service
notices:
  privacy:
    title: Privacy notice
    versions:
      1:
        published_at: 2024-01-15T00:00:00Z
        purposes: [marketing.email]
        recipients: [ads]
        texts: {en: What we do with your data. You can withdraw your consent at any time.}
      2:
        published_at: 2025-01-15T00:00:00Z
        purposes: [marketing.email]
        texts: {en: What we do with your data now. You can withdraw your consent at any time.}
properties:
  action.level: {title: Level, type: number}
  resource.is_public: {title: Open to all, type: truth}
  resource.region: {title: Region, type: text, values: [eu-1, eu-2]}
  subject.tier: {title: Tier, type: text}
rules:
  - id: email-consent
    purposes: [marketing.email]
    jurisdictions: [EU, GB]
    basis: consent
    validity: P13M
    notice: {key: privacy, oldest_version: 1}
    age: {unknown: deny, bands: [{under: 16, effect: guardian}, {under: 18, effect: own_consent}]}
    data_categories: [contact.email]
    transfer_countries: [EU, US]
    conditions: [{property: resource.region, operator: in, value: [eu-1]}]
    obligations: {drop: [phone], mask: {email: sha256}, set: {flag: "true"}, signal: {tc_string: tcf}}
  - id: orders
    purposes: [service.orders]
    jurisdictions: ["*"]
    basis: contract
    data_categories: [contact.email]
    transfer_countries: ["*"]
destinations:
  ads:
    title: Ads
    kind: ad_platform
    role: third_party
    country: US
    purposes: [marketing.email]
    data_categories: [contact.email]
  mailer:
    title: Mailer
    kind: cx_tool
    role: processor
    country: DE
    purposes: [marketing.email, service.orders]
    data_categories: [contact.email]
    properties: {resource.region: eu-1, resource.is_public: false}
"""


def make_document() -> Document:
    """Return a small document without faults that uses every section; rules: 0 consent, 1 contract."""
    return read_yaml(_SMALL)


def read_retailer() -> Document:
    """Return the demo's policy."""
    return read_yaml(RETAILER.read_text(encoding="utf-8"))


def spoil(document: Document, *steps: str | int, value: object) -> Document:
    """Return a copy of `document` with `value` at the end of `steps`."""
    spoilt = deepcopy(document)
    place: Any = spoilt
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    return spoilt


def remove(document: Document, *steps: str | int) -> Document:
    """Return a copy of `document` without what stands at the end of `steps`."""
    spoilt = deepcopy(document)
    place: Any = spoilt
    for step in steps[:-1]:
        place = place[step]
    del place[steps[-1]]
    return spoilt
