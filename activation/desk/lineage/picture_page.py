"""The picture: datasets, jobs and destinations as a layered graph, and the same as a table."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from activation.desk.lineage.addresses import address_of, address_of_node
from activation.desk.lineage.naming import IN_PICTURE, describe_kind, describe_marks, shorten, show
from activation.desk.lineage.picture_form import DEFAULT_DEPTH, DIRECTIONS, PictureForm
from activation.desk.lineage.runs import find_node
from consent.policies.queries import get_policy_in_force
from lineage.graph import queries
from lineage.graph.types import Edge, Node, Picture

MOST_FOUND = 50
_LONGEST_TITLE = 500
_NOTHING = Picture(nodes=(), edges=(), is_cut=False)

Content = tuple[str, Mapping[str, Any]]


def show_picture(request: HttpRequest, *, at: datetime) -> Content | HttpResponseBase:
    """Return the picture that was asked for; of a name that leads to one node alone, a redirect to it."""
    form = PictureForm({"direction": "both", "depth": DEFAULT_DEPTH, **request.GET.dict()})
    form.is_valid()
    text = form.cleaned_data.get("q") or ""
    found = queries.find_nodes(text, limit=MOST_FOUND + 1) if text else []
    if len(found) == 1:
        return redirect(address_of("changelist", focus=found[0].key))
    query = form.get_query()
    focus = find_node(query.focus)
    is_lost = query.focus is not None and focus is None
    picture = _NOTHING if text or is_lost else queries.get_picture(query)
    is_narrowed = bool(query.focus or query.purpose or query.category)
    return "picture", {
        "title": "Lineage",
        "form": form,
        "text": text,
        "found": [_list_found(node) for node in found[:MOST_FOUND]],
        "is_more_found": len(found) > MOST_FOUND,
        "focus": _describe_focus(focus) if focus else None,
        "is_focus_missing": is_lost,
        "directions": _turn(form) if focus else [],
        "is_narrowed": is_narrowed,
        "is_cut": picture.is_cut,
        "drawing": _draw(picture, query.focus),
        "edges": _tabulate(picture),
        "nodes": len(picture.nodes),
        "limit": query.limit,
        "suggested": _suggest(picture, at),
    }


def _draw(picture: Picture, focus: str | None) -> Mapping[str, Any]:
    """Return what the script draws. It writes each text as text."""
    return {
        "nodes": [_box(node, is_focus=node.key == focus) for node in picture.nodes],
        "edges": [{"source": edge.source, "target": edge.target} for edge in picture.edges],
    }


def _box(node: Node, *, is_focus: bool) -> Mapping[str, Any]:
    kind, marks = describe_kind(node), describe_marks(node)
    whole = shorten(f"{node.namespace} {node.name}", _LONGEST_TITLE)
    purpose = f", for {shorten(node.purpose)}" if node.purpose else ""
    return {
        "key": node.key,
        "kind": kind,
        "href": address_of_node(node.key),
        "name": shorten(node.name, IN_PICTURE),
        "namespace": shorten(node.namespace, IN_PICTURE + 5),
        "isPersonal": node.is_personal,
        "isFocus": is_focus,
        "title": f"{kind}: {whole}{purpose}{f', {marks}' if marks else ''}",
        "label": f"{kind} {shorten(node.name)}{purpose}{f', {marks}' if marks else ''}",
    }


def _tabulate(picture: Picture) -> list[Mapping[str, Any]]:
    nodes = {node.key: node for node in picture.nodes}
    shown = [edge for edge in picture.edges if edge.source in nodes and edge.target in nodes]
    return [_row(edge, nodes) for edge in shown]


def _row(edge: Edge, nodes: Mapping[str, Node]) -> Mapping[str, Any]:
    return {
        "source": _end(nodes[edge.source]),
        "target": _end(nodes[edge.target]),
        "last_seen_at": edge.last_seen_at,
    }


def _end(node: Node) -> Mapping[str, str]:
    return {
        "kind": describe_kind(node),
        "name": shorten(node.name),
        "whole": show(node.name[:_LONGEST_TITLE]),
        "namespace": shorten(node.namespace),
        "marks": describe_marks(node),
        "href": address_of_node(node.key),
    }


def _list_found(node: Node) -> Mapping[str, Any]:
    return {**_end(node), "focus": address_of("changelist", focus=node.key)}


def _describe_focus(node: Node) -> Mapping[str, Any]:
    return {**_end(node), "key": node.key, "anywhere": address_of("changelist")}


def _turn(form: PictureForm) -> list[Mapping[str, Any]]:
    asked = {
        name: value for name, value in form.cleaned_data.items() if name != "q"
    }  # one click, no form to send
    return [
        {
            "href": address_of("changelist", **{**asked, "direction": direction}),
            "title": title,
            "is_active": direction == asked.get("direction"),
        }
        for direction, title in DIRECTIONS
    ]


def _suggest(picture: Picture, at: datetime) -> Mapping[str, list[str]]:
    policy = get_policy_in_force(at=at)
    document = json.loads(policy.canonical) if policy else {}
    purposes = {one for node in picture.nodes for one in node.purpose.split(",") if one}
    categories = {one for node in picture.nodes for one in node.categories}
    return {
        "purposes": sorted({*purposes, *document.get("purposes", {})})[:200],
        "categories": sorted({*categories, *document.get("data_categories", {})})[:200],
    }
