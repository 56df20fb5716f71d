"""What one client may ask of the check server: sizes, counts and times."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of one worker. Times are seconds; a sweep looks at them once a second."""

    head_bytes: int = 16 * KIB
    headers: int = 100
    body_bytes: int = 4 * MIB
    chunks: int = 65_536
    chunk_line_bytes: int = 256  # a chunk's size and its extensions
    chunk_extension_bytes: int = 4 * KIB  # of one body, together
    trailer_bytes: int = 4 * KIB

    connections: int = 10_000
    requests_a_turn: int = 64  # of one connection, before others get their turn
    waiting_bytes: int = 64 * KIB  # sent behind a request that is still answered; then reading pauses
    buffered_bytes: int = 256 * MIB  # of unfinished requests, over all connections

    head_seconds: float = 10
    body_seconds: float = 30
    idle_seconds: float = 75
    slow_reader_seconds: float = 30
    answer_seconds: float = 60
    linger_seconds: float = 5  # after the last answer, for the client to read it and close
    linger_bytes: int = 8 * MIB  # read and dropped meanwhile

    cached_heads: int = 2_048
    cached_head_bytes: int = 4 * KIB  # a longer head is parsed each time
    cached_bytes: int = 2 * MIB
