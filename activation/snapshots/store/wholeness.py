"""Whether a store's file is as long as it says: reading beyond the end of a mapped file kills the process."""

import os
import sys
from pathlib import Path
from struct import Struct

import lmdb

DATA = "data.mdb"
_META = Struct("=24x16xI44x48xQQ")
"""Of a meta page (`MDB_meta` of lmdb.h), in the machine's own order: page size, last page, transaction."""
_MAGIC_AT, _MAGIC = 16, (0xBEEFC0DE).to_bytes(4, sys.byteorder)


def refuse_cut(folder: Path) -> None:
    """Pass if the file is whole, is not there, or is none of LMDB's, which LMDB itself will say.

    :raises lmdb.CorruptedError: if it is shorter than the pages that are used in it.
    """
    try:
        with (folder / DATA).open("rb") as file:
            first = file.read(_META.size)
            page_size = _META.unpack(first)[0] if _is_meta(first) else 0
            file.seek(page_size)
            second = file.read(_META.size)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return
    metas = [_META.unpack(one) for one in (first, second) if _is_meta(one)]
    if metas:
        _, last_page, _ = max(metas, key=lambda meta: meta[2])
        if size < (last_page + 1) * page_size:
            raise lmdb.CorruptedError("the store's file is cut")


def fill_up(environment: lmdb.Environment) -> None:
    """Let the file be as long as its pages: LMDB does not write those that it did not need in the end."""
    path = Path(environment.path()) / DATA
    size = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
    if path.stat().st_size < size:
        os.truncate(path, size)


def _is_meta(page: bytes) -> bool:
    return len(page) == _META.size and page[_MAGIC_AT : _MAGIC_AT + 4] == _MAGIC
