"""The pure parts of `./dev`: its command line, its lock, its port, its browser."""

import re
import socket
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import pytest

from config.launch import arguments, browser, checks, demo, ports, story_systems, suite, venv
from config.launch.ports import PortTaken

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
UBUNTU = "ID=ubuntu\nID_LIKE=debian\n"
STORY = {"DATABASE_URL": "postgresql://a:b@/accordant?host=%2Fx", "ACCORDANT_HOME": "/x/home"}


def test_what_manage_is_given_is_passed_on_untouched() -> None:
    parsed = arguments.parse(["manage", "enforce_audience", "--home", "x", "--help"])

    assert parsed.rest == ("enforce_audience", "--home", "x", "--help")
    assert parsed.lock == "local"


def test_what_test_does_not_know_is_passed_on_to_pytest() -> None:
    parsed = arguments.parse(["test", "--long", "tests/unit", "-k", "ledger", "-x"])

    assert parsed.long
    assert parsed.rest == ("tests/unit", "-k", "ledger", "-x")


def test_the_home_comes_from_the_option_then_the_environment_then_the_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCORDANT_HOME", raising=False)
    assert arguments.parse(["demo"]).home == arguments.DEFAULT_HOME

    monkeypatch.setenv("ACCORDANT_HOME", str(tmp_path / "environment"))
    assert arguments.parse(["demo"]).home == tmp_path / "environment"
    assert arguments.parse(["demo", "--home", str(tmp_path / "option")]).home == tmp_path / "option"


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["demo", "--nonsense"], ["demo", "--port", "0"], ["check", "tests"]]
)
def test_a_command_line_that_means_nothing_is_refused_with_the_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        arguments.parse(words)

    assert refusal.value.code == 2
    assert "usage: ./dev" in capsys.readouterr().err


def test_a_demo_after_a_test_takes_nothing_out_of_the_environment() -> None:
    assert venv.at_least("local", None) == "local"
    assert venv.at_least("local", "dev") == "dev"
    assert venv.at_least("dev", "local") == "dev"


def test_the_packages_of_a_lock_are_counted() -> None:
    assert venv.count_packages("a==1 \\\n    --hash=sha256:0\nb-c.d==2 ; x == 'y'\n") == 2


def test_a_port_that_was_asked_for_and_is_taken_is_said() -> None:
    with socket.create_server((ports.HOST, 0)) as other:
        taken: int = other.getsockname()[1]

        with pytest.raises(PortTaken, match=f"Port {taken} is taken"):
            ports.choose(taken)


def test_the_next_free_port_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((ports.HOST, 0)) as other:
        taken: int = other.getsockname()[1]
        monkeypatch.setattr(ports, "DEFAULT", taken)

        assert taken < ports.choose(None) < taken + ports.TRIED


def test_only_debian_itself_has_chromium_installed_for_it() -> None:
    assert browser.is_debian(DEBIAN)
    assert not browser.is_debian(UBUNTU)
    assert browser.advice(DEBIAN) == "sudo apt-get install chromium"
    assert browser.advice(UBUNTU) == "sudo snap install chromium"
    assert browser.advice("") == "CHROMIUM_PATH=/path/to/chromium ./dev test"


def test_a_browser_that_is_named_and_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM_PATH", "/nowhere/chromium")

    with pytest.raises(browser.NoBrowser, match="/nowhere/chromium"):
        browser.find()


def test_long_tests_run_only_when_asked_for() -> None:
    assert "not long" in suite.pytest_command([], long=False)
    assert "not long" not in suite.pytest_command([], long=True)
    assert suite.pytest_command(["-n", "0"], long=True)[-2:] == ["-n", "0"]


def test_named_tests_are_told_from_options() -> None:
    assert suite.is_narrowed(["tests/unit/test_launch.py::test_x"])
    assert not suite.is_narrowed(["-x", "-k", "ledger"])


def test_the_check_server_takes_the_next_port_that_is_free() -> None:
    with socket.create_server((ports.HOST, 0)) as other:
        taken: int = other.getsockname()[1]

        assert taken < ports.choose_beside(taken - 1) <= taken - 1 + ports.TRIED


def test_there_is_no_port_above_the_last_one() -> None:
    with pytest.raises(PortTaken, match="No port above 65535 is free"):
        ports.choose_beside(ports.LAST)


def test_the_demo_gives_a_login_only_if_it_goes_on_serving() -> None:
    words = ["demo", "--once", "--json", "/x/y.json"]

    taken = demo.Ports(web=8001, check=8002, platform=8003, shop=8004)
    once = demo.story_command(arguments.parse(words), taken, secret=Path("/x/s"))
    serving = demo.story_command(arguments.parse(["demo"]), taken, secret=Path("/x/s"))

    urls = ["--url", "http://127.0.0.1:8001", "--check-url", "http://127.0.0.1:8002"]
    others = ["--platform-url", "http://127.0.0.1:8003", "--shop-url", "http://127.0.0.1:8004"]
    assert once[-12:] == [*urls, *others, "--platform-secret", "/x/s", "--json", "/x/y.json"]
    assert serving[-1] == "--login"


def test_the_story_tells_web_and_workers_of_its_systems_and_keeps_those_that_were_there() -> None:
    found = story_systems.tell_systems(STORY | {"ACCORDANT_SYSTEMS": "erp=sqlite:////srv/erp"}, port=8001)

    assert found["ACCORDANT_SYSTEMS"].splitlines() == [
        "erp=sqlite:////srv/erp",
        "shop_crm=postgresql+psycopg://a:b@/accordant?host=%2Fx",
        "newsletter=sqlite:////x/home/demo/newsletter.sqlite",
    ]
    assert found["ACCORDANT_PUBLIC_URL"] == "http://127.0.0.1:8001"


def test_the_mails_of_the_story_are_files_whatever_the_environment_says() -> None:
    found = story_systems.tell_systems(STORY | {"EMAIL_URL": "smtp://mail.internal:25"}, port=8001)

    assert found["EMAIL_URL"] == "filemail:///x/home/mails"


def test_a_home_with_a_blank_in_its_name_still_gives_addresses_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    found = story_systems.tell_systems(STORY | {"ACCORDANT_HOME": "/x/my home"}, port=8001)

    assert all(len(line.split()) == 1 for line in found["ACCORDANT_SYSTEMS"].splitlines())


def test_the_openapi_document_is_refused_on_any_doubt() -> None:
    assert {"--validate", "--fail-on-warn"} <= set(checks.openapi_command(Path("/x")))


def test_the_commands_load_with_what_the_demo_installs_and_nothing_more() -> None:
    names = {lock: _list_names(lock) for lock in ("local", "dev")}
    tools = names["dev"] - names["local"]
    hidden = [
        module
        for module, owners in metadata.packages_distributions().items()
        if {_plain(owner) for owner in owners} <= tools
    ]
    script = f"import sys; sys.modules.update(dict.fromkeys({hidden!r})); import config.launch.commands"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=arguments.ROOT, capture_output=True, text=True, check=False
    )

    assert {"rjsmin", "pytest"} <= set(hidden)
    assert done.returncode == 0, done.stderr


def _list_names(lock: str) -> set[str]:
    text = (venv.REQUIREMENTS / f"{lock}.txt").read_text(encoding="utf-8")
    return {_plain(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
