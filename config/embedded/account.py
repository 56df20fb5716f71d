"""Which account the servers run as. PostgreSQL refuses to run as root, rightly."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from config.embedded.errors import EmbeddedError

UNPRIVILEGED = "nobody"
TRY_TIMEOUT = 30  # seconds


class NoAccount(EmbeddedError):
    """Root started us, and no other account can reach the programs and the home."""


class Identity(TypedDict, total=False):
    """`subprocess` options that make a child run as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who the servers are: who owns their files, and how a command becomes theirs."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    switches: bool = False

    @property
    def identity(self) -> Identity:
        """The `subprocess` options that make a child this account's."""
        return Identity(user=self.uid, group=self.gid, extra_groups=[]) if self.switches else Identity()

    def can_run(self, command: list[str]) -> bool:
        """Return whether `command` succeeds as this account."""
        try:
            done = subprocess.run(  # noqa: S603 - commands of ours
                [*self.prefix, *command],
                capture_output=True,
                check=False,
                timeout=TRY_TIMEOUT,
                **self.identity,
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0

    def adopt(self, folder: Path) -> None:
        """Give `folder` and all in it to this account, if another one owned it."""
        if folder.stat().st_uid == self.uid:
            return
        for path in (*folder.rglob("*"), folder):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def choose(*, program: str, home: Path) -> Account:
    """Return the account that can run `program` and enter `home`.

    Not root: our own. Root: `nobody`; where that account cannot reach the files, root's files seen from a
    user namespace in which the process is not root.

    :raises NoAccount: if neither works.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    for account in _accounts_below_root():
        if account.can_run([program, "--version"]) and account.can_run(
            ["/bin/sh", "-c", 'cd "$0"', str(home)]
        ):
            return account
    raise NoAccount(
        f"PostgreSQL does not run as root, and the account {UNPRIVILEGED} cannot reach {program} and {home}. "
        "Move the clone to a folder that every account may enter, or run this as an ordinary user."
    )


def _accounts_below_root() -> list[Account]:
    nobody = pwd.getpwnam(UNPRIVILEGED)
    accounts = [Account(uid=nobody.pw_uid, gid=nobody.pw_gid, switches=True)]
    if unshare := shutil.which("unshare"):
        namespace = (unshare, "--user", f"--map-user={nobody.pw_uid}", "--")
        accounts.append(Account(uid=0, gid=0, prefix=namespace))
    return accounts
