"""A statement without what may speak of people: every literal a `?`, no comment.

It goes by the tokens that sqlglot finds, not by its tree: so a literal is gone wherever it stands, as an
alias or a file's name too. What reads otherwise in a database than here must not get out, so the statement
must be one that sqlglot can parse, and what is written must read back as the same tokens.
"""

import logging
from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from lineage.events.types import Sql

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings quote the statement, and so whom it names
PLACEHOLDER = "?"
LONGEST_STATEMENT = 100_000
_LITERALS = frozenset(
    {
        TokenType.STRING,
        TokenType.NUMBER,
        TokenType.BIT_STRING,
        TokenType.HEX_STRING,
        TokenType.BYTE_STRING,
        TokenType.NATIONAL_STRING,
        TokenType.RAW_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.UNICODE_STRING,
    }
)
_WORDS = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
_CLOSING = frozenset({",", ")", "]", ";"})
_DOUBTFUL = ("\\'", '\\"', "\\`", "\x00")
"""Where a string ends after a backslash depends on settings of the database that nobody knows here."""


def redact(sql: str, dialect: str) -> Sql | None:
    """Return the statement with a placeholder for every literal, and without comments.

    None if it cannot be read with certainty, or is very long. Identifiers stay, quoted ones too: a statement
    that calls a column by somebody's name would tell it.
    """
    if len(sql) > LONGEST_STATEMENT or any(mark in sql for mark in _DOUBTFUL):
        return None
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(sql)
        parsed = [one for one in sqlglot.parse(sql, dialect=dialect) if one is not None]
        if len(parsed) != 1 or not isinstance(parsed[0], exp.Query) or parsed[0].find(exp.Command):
            return None
        text = _write(sql, tokens)
        is_sure = text is not None and _reads_back(text, tokens, dialect)
    except (SqlglotError, RecursionError, ValueError):
        return None
    return Sql(text, dialect) if text is not None and is_sure else None


def _write(sql: str, tokens: Sequence[Token]) -> str | None:
    """Return the tokens' text; None if a word sticks to a number, which then is none in the database."""
    parts: list[str] = []
    end = -1
    for token in tokens:
        if token.start <= end:  # made up by sqlglot, as the type of a number that has a suffix
            continue
        is_literal = token.token_type in _LITERALS
        if token.start == end + 1 and parts:
            if token.token_type in _WORDS and parts[-1] == PLACEHOLDER:
                return None
            if is_literal and token.token_type is not TokenType.NUMBER and sql[end].isalnum():
                return None  # a prefix that sqlglot does not know
            if parts[-1] == PLACEHOLDER and token.text not in _CLOSING:
                parts.append(" ")  # `?::` would be another token
        elif parts:
            parts.append(" ")
        parts.append(PLACEHOLDER if is_literal else sql[token.start : token.end + 1])
        end = token.end
    return "".join(parts)


def _reads_back(text: str, tokens: Sequence[Token], dialect: str) -> bool:
    """Return whether `text` has the same tokens, but for the literals, of which none is left."""
    again = Dialect.get_or_raise(dialect).tokenize(text)
    words = [_word(token) for token in again]
    return PLACEHOLDER not in _kept(tokens) and words == _expected(tokens)


def _kept(tokens: Sequence[Token]) -> set[str]:
    return {token.text for token in tokens if token.token_type not in _LITERALS}


def _expected(tokens: Sequence[Token]) -> list[tuple[TokenType, str]]:
    expected, end = [], -1
    for token in tokens:
        if token.start > end:
            is_literal = token.token_type in _LITERALS
            expected.append((TokenType.PLACEHOLDER, PLACEHOLDER) if is_literal else _word(token))
            end = token.end
    return expected


def _word(token: Token) -> tuple[TokenType, str]:
    return token.token_type, token.text
