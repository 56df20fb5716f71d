"""The verifier is installed alone: its wheel holds what it needs and no more, and works without Django."""

import re
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from consent.kernel.handover import write_handover
from consent.kernel.signing import SigningKey
from consent.subjects.types import Identifier, IdentifierKind
from consent.verifier.digests import digest_bytes
from consent.verifier.manifests.evidence import write_evidence
from consent.verifier.manifests.manifest import FileSummary, Manifest, Membership, write_manifest
from consent.verifier.manifests.membership import MemberSet, commit_to_key, hash_member
from consent.verifier.packs.content import PackContent, PackKind, PackLeaf
from consent.verifier.packs.writing import write_pack
from tests.architecture.source import ROOT, Source, list_sources
from tests.verifier_world import KEY, LOG, NEXT_KEY, POLICY, make_log

WORLD = make_log()
PROJECT = ROOT / "consent" / "verifier"
RUN_KEY = bytes(32)
ANNA = "anna@customers.example"
BLOCKED = ("django", "psycopg", "celery", "redis", "rest_framework", "config", "activation", "lineage")
MAIN = """
import importlib, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} is not installed here")

sys.meta_path.insert(0, Blocked())
sys.path[:0] = {path!r}
main = getattr(importlib.import_module({module!r}), {function!r})
assert sys.modules[{module!r}].__file__.startswith({path!r}[0])
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Installed:
    """The wheel, unpacked into a folder of its own."""

    folder: Path
    names: frozenset[str]
    main: str

    def run(self, *words: str | Path, key: str = KEY.verify_key.text) -> subprocess.CompletedProcess[str]:
        """Run `accordant-verify` where neither the project nor Django can be imported."""
        command = [sys.executable, "-I", "-W", "error", "-c", self.main, *map(str, words), "--key", key]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and unpack it, as an installer would."""
    wheels, folder = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True, timeout=60)
    (wheel,) = wheels.glob("accordant_verifier-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        names = frozenset(archive.namelist())
    scripts = ConfigParser()
    scripts.read(next(folder.glob("*.dist-info")) / "entry_points.txt")
    module, _, function = scripts["console_scripts"]["accordant-verify"].partition(":")
    main = MAIN.format(blocked=BLOCKED, path=[str(folder)], module=module, function=function)
    return Installed(folder, names, main)


def write_run(folder: Path, signer: SigningKey = KEY) -> Path:
    """Write an output, its evidence and its manifest, and return where the manifest lies."""
    output = f"email\n{ANNA}\n".encode()
    anna, bert = (
        hash_member(RUN_KEY, Identifier(IdentifierKind.EMAIL, address))
        for address in (ANNA, "bert@customers.example")
    )
    kept = write_evidence("r", RUN_KEY, MemberSet([anna]), {bert: frozenset({"withdrawn"})})
    manifest = Manifest(
        run_id="r",
        tool="accordant/0",
        purpose="marketing.email",
        destination="mailer",
        controller="northwind",
        policy_key="shop",
        policy_version=3,
        policy_digest=digest_bytes(POLICY),
        watermark=5,
        states_watermark=5,
        decided_at="2026-02-01T00:00:00.000000Z",
        not_after=None,
        input=FileSummary(format="csv", digest=digest_bytes(b""), rows=2),
        output=FileSummary(format="csv", digest=digest_bytes(output), rows=1),
        allowed=1,
        denied=1,
        denied_by_reason={"withdrawn": 1},
        legal_bases={"consent": 1},
        obligations=(),
        identifier_kinds=("email",),
        canaries=0,
        membership=Membership(
            key_commitment=commit_to_key(RUN_KEY),
            evidence_digest=digest_bytes(kept),
            allowed_members=1,
            allowed_root=MemberSet([anna]).root,
            denied_members=1,
            denied_root=MemberSet([bert]).root,
        ),
    )
    (folder / "out.csv").write_bytes(output)
    (folder / "out.csv.evidence").write_bytes(kept)
    (folder / "out.csv.manifest.json").write_bytes(write_manifest(manifest, signer))
    return folder / "out.csv.manifest.json"


def write_a_pack(folder: Path) -> Path:
    """Write a pack about a period and return where it lies."""
    leaves = [
        PackLeaf(index=index, envelope=envelope, proof=WORLD.proof(index), receipt=WORLD.receipt(index))
        for index, envelope in enumerate(WORLD.envelopes)
    ]
    content = PackContent(
        origin=LOG,
        kind=PackKind.PERIOD,
        created_at="2026-02-01T00:00:00Z",
        first_key=KEY.verify_key,
        checkpoint=WORLD.checkpoint(),
        leaves=leaves,
    )
    write_pack(folder / "pack.zip", content, KEY)
    return folder / "pack.zip"


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = path.read_bytes()
    place = len(content) // 2
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])


def write_everything(folder: Path) -> dict[str, Path]:
    """Write one of each thing that can be verified."""
    (folder / "one.jws").write_bytes(WORLD.receipt(0))
    (folder / "one.note").write_bytes(WORLD.checkpoint())
    return {
        "receipt": folder / "one.jws",
        "checkpoint": folder / "one.note",
        "manifest": write_run(folder),
        "pack": write_a_pack(folder),
    }


@pytest.mark.parametrize("kind", ["receipt", "checkpoint", "manifest", "pack"])
def test_it_verifies_alone_and_not_after_a_changed_byte(
    installed: Installed, tmp_path: Path, kind: str
) -> None:
    path = write_everything(tmp_path)[kind]

    good = installed.run(kind, path)
    flip(path)
    bad = installed.run(kind, path)

    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.endswith("verified\n")
    assert "FAILED" not in good.stdout
    assert bad.returncode == 1
    assert bad.stderr.startswith("not verified")
    assert "Traceback" not in bad.stderr


@pytest.mark.parametrize("kind", ["receipt", "checkpoint", "manifest", "pack"])
def test_another_key_of_the_same_name_verifies_nothing(
    installed: Installed, tmp_path: Path, kind: str
) -> None:
    path = write_everything(tmp_path)[kind]
    other = type(KEY).from_seed(LOG, bytes(32)).verify_key.text

    assert installed.run(kind, path, key=other).returncode == 1


def test_a_claim_on_a_person_is_verified(installed: Installed, tmp_path: Path) -> None:
    path = write_run(tmp_path)

    for option, address, code in (
        ("--present", "Anna@Customers.example", 0),
        ("--absent", ANNA, 1),
        ("--absent", "bert@customers.example", 0),
        ("--present", "bert@customers.example", 1),
    ):
        assert installed.run("manifest", path, option, f"email:{address}").returncode == code


def test_a_manifest_after_a_handover_is_of_the_new_key(installed: Installed, tmp_path: Path) -> None:
    before, after = tmp_path / "before.note", tmp_path / "after.note"
    before.write_bytes(write_handover(LOG, KEY, NEXT_KEY, 4))
    after.write_bytes(write_handover(LOG, KEY, NEXT_KEY, 5))

    for signer, note, code in ((KEY, before, 1), (NEXT_KEY, before, 0), (KEY, after, 0)):
        path = write_run(tmp_path, signer)
        assert installed.run("manifest", path, "--handover", note).returncode == code


def test_the_key_may_be_in_a_file_and_the_policy_beside_it(installed: Installed, tmp_path: Path) -> None:
    paths = write_everything(tmp_path)
    (tmp_path / "key").write_text(KEY.verify_key.text + "\n")
    (tmp_path / "policy.json").write_bytes(POLICY)

    done = installed.run(
        "receipt", paths["receipt"], "--policy", tmp_path / "policy.json", key=str(tmp_path / "key")
    )

    assert done.returncode == 0
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("key", ["", "nonsense", "a+b+c", "/", "x" * 5000])
def test_what_is_no_key_is_refused_in_words(installed: Installed, tmp_path: Path, key: str) -> None:
    done = installed.run("receipt", write_everything(tmp_path)["receipt"], key=key)

    assert done.returncode == 1
    assert done.stderr.startswith("not verified: not a")


def test_a_file_that_is_not_there_is_told(installed: Installed, tmp_path: Path) -> None:
    for kind in ("receipt", "checkpoint", "manifest", "pack"):
        done = installed.run(kind, tmp_path / "nothing")
        assert done.returncode == 1
        assert "nothing cannot be read" in done.stderr


@pytest.mark.parametrize("name", BLOCKED)
def test_nothing_of_the_service_can_be_imported_where_it_runs(installed: Installed, name: str) -> None:
    stolen = replace(installed, main=installed.main.replace("main = ", f"import {name}\nmain = ", 1))

    assert f"{name} is not installed here" in stolen.run("receipt", "x").stderr


def test_the_wheel_holds_what_the_verifier_imports_and_no_more(installed: Installed) -> None:
    packed = {name for name in installed.names if name.endswith(".py")}

    assert packed == needed()


def test_the_wheel_declares_what_its_modules_import() -> None:
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[<>=]", line)[0].replace("-", "_") for line in declared}
    known = set(sys.stdlib_module_names) | {"consent"}
    imported = {
        name.partition(".")[0]
        for source in sources().values()
        if str(source.path) in needed()
        for _, name in source.imports()
    }

    assert imported - known == names


def test_the_wheel_asks_for_the_versions_that_the_project_does() -> None:
    ours, theirs = (
        set(tomllib.loads((folder / "pyproject.toml").read_text())["project"]["dependencies"])
        for folder in (ROOT, PROJECT)
    )

    assert theirs <= ours


@cache
def sources() -> dict[str, Source]:
    """Return every file of `consent` by its path."""
    return {str(source.path): source for source in list_sources("consent")}


@cache
def needed() -> set[str]:
    """Return the files that the verifier's own files import, directly or not, and their packages."""
    found, files = set[str](), sources()
    waiting = [path for path in files if path.startswith("consent/verifier/")]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        names = [name for _, name in files[path].imports()]
        parents = [str(parent / "__init__.py") for parent in Path(path).parents]
        modules = [name.replace(".", "/") for name in names]
        candidates = [f"{one}.py" for one in modules] + [f"{one.rpartition('/')[0]}.py" for one in modules]
        packages = [f"{one}/__init__.py" for one in modules]
        waiting += [one for one in (*parents, *candidates, *packages) if one in files]
    return found
