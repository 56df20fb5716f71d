"""The functions that no value can be told back from, by dialect-independent name, each with its reason.

A guess can still be tested against what they give (an address is hashed to the same text by everybody), so
what comes out stays personal data. It is marked as masked, as what a run masks itself is.

Not in here, on purpose: `encrypt`, `aes_encrypt`, `pgp_sym_encrypt` (whoever has the key reads it back),
`encode`, `base64`, `hex`, `reverse` (anybody does), `crc32`, `adler32` (sums that short values are computed
back from), `regexp_replace`, `substr`, `left`, `mask`, `overlay` (what is left depends on the value),
`soundex`, and aggregates such as `min`, `max`, `any_value`, which give somebody's value as it is.
"""

from sqlglot import exp

_HASH = "a hash: the value does not follow from it"
_COUNT = "how many there are, not which"

ONE_WAY: dict[str, str] = {
    # hashes for secrets, in all the spellings of PostgreSQL, DuckDB, Snowflake, BigQuery and Databricks
    "md5": _HASH,
    "md5_hex": _HASH,
    "md5_binary": _HASH,
    "md5_number": _HASH,
    "md5_number_lower64": _HASH,
    "md5_number_upper64": _HASH,
    "sha": _HASH,
    "sha1": _HASH,
    "sha1_hex": _HASH,
    "sha1_binary": _HASH,
    "sha2": _HASH,
    "sha2_hex": _HASH,
    "sha2_binary": _HASH,
    "sha224": _HASH,
    "sha256": _HASH,
    "sha384": _HASH,
    "sha512": _HASH,
    "digest": _HASH + " (pgcrypto)",
    "hmac": "a hash with a key: not even a guess can be tested without it",
    "crypt": "a hash for passwords (pgcrypto)",
    # hashes for spreading rows, 64 bits or fewer
    "farm_fingerprint": _HASH,
    "hash": _HASH,
    "hash_agg": _HASH,
    "standard_hash": _HASH,
    "cityhash64": _HASH,
    "xxhash64": _HASH,
    "murmur_hash": _HASH,
    "hashtext": _HASH,
    "hashtextextended": _HASH,
    # counts
    "count": _COUNT,
    "count_if": _COUNT,
    "approx_distinct": _COUNT,
    "approx_count_distinct": _COUNT,
    "hll": _COUNT + " (Snowflake's estimate)",
}
"""Name -> why no value can be told back."""

_CLASSES = (
    exp.MD5,
    exp.MD5Digest,
    exp.MD5NumberLower64,
    exp.MD5NumberUpper64,
    exp.SHA,
    exp.SHA1Digest,
    exp.SHA2,
    exp.SHA2Digest,
    exp.CityHash64,
    exp.FarmFingerprint,
    exp.HashAgg,
    exp.StandardHash,
    exp.Count,
    exp.CountIf,
    exp.ApproxDistinct,
    exp.Hll,
)
"""What sqlglot makes of some of those names."""


def is_one_way(node: exp.Expr) -> bool:
    """Return whether no value of what the function is given can be told back from what it gives."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return str(node.this).lower() in ONE_WAY
    return isinstance(node, _CLASSES)
