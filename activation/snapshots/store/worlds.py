"""Policies and the register of destinations as bytes, for the store."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.register import Register, RegisteredDestination
from consent.policies.types import PublishedPolicy


class _World(msgspec.Struct, array_like=True, frozen=True):
    policies: list["_Policy"]
    register: list[RegisteredDestination]


class _Policy(msgspec.Struct, array_like=True, frozen=True):
    key: str
    version: int
    digest: str
    canonical: bytes
    in_force_from: datetime
    in_force_until: datetime | None


def pack_world(policies: Iterable[PublishedPolicy], register: Register) -> bytes:
    """Return the policies in the order they take effect, and the whole register."""
    rows = [
        _Policy(
            policy.key,
            policy.version,
            policy.digest,
            policy.canonical,
            policy.in_force_from,
            policy.in_force_until,
        )
        for policy in policies
    ]
    return msgspec.msgpack.encode(_World(rows, list(register.values())))


def unpack_world(packed: bytes) -> tuple[list[CompiledPolicy], Register]:
    """Return the compiled policies and the register; a policy's text is held against its digest.

    :raises msgspec.DecodeError, AccordantError, LookupError: if they are not what `pack_world` packed.
    """
    world = msgspec.msgpack.decode(packed, type=_World)
    policies = [
        compile_policy(
            PublishedPolicy(
                key=row.key,
                version=row.version,
                digest=row.digest,
                canonical=row.canonical,
                in_force_from=row.in_force_from,
                in_force_until=row.in_force_until,
            )
        )
        for row in world.policies
    ]
    return policies, {entry.slug: entry for entry in world.register}
