"""`make` takes a Python that fits, keeps an environment that works and makes any other one again; CI is pinned."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHER = "3.11" if OURS == "3.12" else "3.12"

# A Python that only says its version, notes what it is asked to run, and makes environments of its own kind.
FAKE = """#!/bin/sh
case "$1" in
-c) echo {version}; exit ;;
esac
echo "{version} $*" >> calls
if [ "$2 $3" = "venv --clear" ]; then
  rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; touch "$4/pyvenv.cfg"
fi
"""


class Checkout:
    """A folder with nothing but the Makefile, and fake Pythons in front of the PATH."""

    def __init__(self, folder):
        self.folder, self.path = folder / "a course", folder / "bin"
        self.folder.mkdir(), self.path.mkdir()
        (self.folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
        for name in (
            "requirements.txt",
            "requirements-colab.txt",
            "requirements-site.txt",
            "tools/bench/requirements.txt",
        ):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).touch()
        for version in ("2.7", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"):
            self.fake(f"python{version}", version)

    def fake(self, name, version):
        (self.path / name).write_text(FAKE.format(version=version), encoding="utf-8")
        (self.path / name).chmod(0o755)

    def make(self, *words):
        """Exit code, what was said, and the calls of this one command."""
        (self.folder / "calls").write_text("")
        place = {"PATH": os.pathsep.join((str(self.path), os.path.dirname(shutil.which("make")), os.defpath))}
        ended = subprocess.run(["make", *words], cwd=self.folder, env=place, capture_output=True, text=True, timeout=20)
        return ended.returncode, ended.stderr, (self.folder / "calls").read_text().splitlines()

    def real_environment(self):
        """A true .venv of this Python, complete as far as the Makefile can see."""
        venv.create(self.folder / ".venv", symlinks=True)
        pip = self.folder / ".venv" / "lib" / f"python{OURS}" / "site-packages" / "pip"
        pip.mkdir()
        (pip / "__init__.py").touch()
        (self.folder / ".venv" / "ready").touch()


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def environments_made(calls):
    return [call for call in calls if " -m venv" in call]


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.14"])
def test_a_python_that_does_not_fit_is_refused_in_one_sentence(checkout, version):
    code, said, calls = checkout.make("lint", f"PYTHON=python{version}")
    assert code != 0 and not calls
    sentence = f"python{version} is {version}: name another one, for example make run PYTHON=python3.12"
    assert sentence in said.splitlines()[0] and "needs Python 3.10 to 3.13" in said.splitlines()[0]


def test_so_is_one_that_does_not_exist(checkout):
    code, said, calls = checkout.make("lint", "PYTHON=python-of-nowhere")
    assert code != 0 and not calls
    assert "python-of-nowhere is not to be found" in said.splitlines()[0]


def test_and_python3_if_nothing_is_named(checkout):
    checkout.fake("python3", "3.14")
    code, said, calls = checkout.make("lint")
    assert code != 0 and not calls and "python3 is 3.14" in said


def test_a_refused_python_leaves_the_environment_alone(checkout):
    checkout.make("lint", "PYTHON=python3.12")
    assert checkout.make("lint", "PYTHON=python3.9")[0] != 0
    assert checkout.make("notebooks", "PYTHON=python3.12")[2] == ["3.12 -m tools.execute update"]


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_one_that_fits_makes_the_environment_once(checkout, version):
    code, _, calls = checkout.make("notebooks", f"PYTHON=python{version}")
    assert code == 0
    assert calls[0] == f"{version} -m venv --clear .venv"
    assert calls[1].startswith(f"{version} -m pip install") and calls[1].endswith("-r requirements.txt")
    assert calls[2:] == [f"{version} -m tools.execute update"]
    assert checkout.make("notebooks", f"PYTHON=python{version}")[2] == calls[2:]


def test_an_environment_of_another_python_is_made_again(checkout):
    checkout.make("lint", "PYTHON=python3.11")
    for words, folder in ((("lint",), ".venv"), (("test", "CONSTRAINTS=requirements-colab.txt"), ".venv-constrained")):
        checkout.make(*words, "PYTHON=python3.11")
        code, _, calls = checkout.make(*words, "PYTHON=python3.12")
        assert code == 0 and environments_made(calls) == [f"3.12 -m venv --clear {folder}"]
        assert {call.split()[0] for call in calls} == {"3.12"}


def test_the_benchmarks_environment_too(checkout):
    checkout.make("bench", "PYTHON=python3.11")
    calls = checkout.make("bench", "PYTHON=python3.12")[2]
    assert sorted(environments_made(calls)) == ["3.12 -m venv --clear .venv", "3.12 -m venv --clear .venv-bench"]


def test_the_websites_environment_too(checkout):
    checkout.make("site", "PYTHON=python3.11")
    calls = checkout.make("site", "PYTHON=python3.12")[2]
    assert environments_made(calls) == ["3.12 -m venv --clear .venv-site"]
    assert calls[-1] == "3.12 -B site/build.py"


def test_without_a_name_the_environment_that_was_chosen_stays(checkout):
    """Who needs PYTHON=python3.12 once, because python3 is too new, must not need it in each command."""
    checkout.fake("python3", "3.14")
    checkout.make("lint", "PYTHON=python3.12")
    assert checkout.make("notebooks") == (0, "", ["3.12 -m tools.execute update"])


def test_an_old_environment_of_a_python_that_does_not_fit_is_made_again(checkout):
    checkout.make("lint", "PYTHON=python3.12")
    checkout.fake("../a course/.venv/bin/python", "3.9")
    checkout.fake("python3", "3.13")
    assert environments_made(checkout.make("lint")[2]) == ["3.13 -m venv --clear .venv"]


def test_a_real_environment_is_left_alone_in_a_renamed_folder_too(checkout):
    checkout.real_environment()
    fits = f"PYTHON=python{OURS}"
    for folder in (checkout.folder, checkout.folder.with_name("renamed")):
        checkout.folder = checkout.folder.rename(folder)
        for words in ((), (fits,)):
            code, said, calls = checkout.make(".venv/ready", *words)
            assert code == 0 and calls == [], said
    assert environments_made(checkout.make(".venv/ready", f"PYTHON=python{OTHER}")[2])


def interpreter_gone(environment):
    (environment / "bin" / "python").unlink()
    (environment / "bin" / "python").symlink_to("/nowhere/python3")


def of_another_folder(environment):
    """The interpreter takes its libraries from elsewhere."""
    (environment / "pyvenv.cfg").unlink()
    (environment / "bin" / "python").unlink()
    (environment / "bin" / "python").symlink_to(sys.executable)


def libraries_of_the_python_before(environment):
    """The system's python3 is a newer one now: it starts, but its libraries lie in another folder."""
    (environment / "lib" / f"python{OURS}").rename(environment / "lib" / f"python{OTHER}")


def broken_off(environment):
    shutil.rmtree(environment / "lib" / f"python{OURS}" / "site-packages" / "pip")


@pytest.mark.parametrize("damage", [interpreter_gone, of_another_folder, libraries_of_the_python_before, broken_off])
def test_an_environment_that_does_not_work_is_made_again(checkout, damage):
    checkout.real_environment()
    damage(checkout.folder / ".venv")
    code, said, calls = checkout.make(".venv/ready", f"PYTHON=python{OURS}")
    assert code == 0 and environments_made(calls) == [f"{OURS} -m venv --clear .venv"], said
    assert any("-m pip install" in call for call in calls)


def test_help_needs_no_python_and_lists_every_command(checkout):
    place = {"PATH": os.pathsep.join((os.path.dirname(shutil.which("make")), os.defpath))}
    said = subprocess.run(["make"], cwd=checkout.folder, env=place, capture_output=True, text=True, check=True).stdout
    listed = [line.split()[0] for line in said.splitlines()[:-1]]
    assert listed == re.findall(r"(?m)^([a-z-]+):", MAKEFILE) and "PYTHON=python3.12" in said
    assert not (checkout.folder / ".venv").exists()


def test_verify_passes_seconds_and_a_seed_if_there_is_one(checkout):
    assert checkout.make("verify", "PYTHON=python3.12")[2][-1] == "3.12 -m tools.verify --seconds 600"
    calls = checkout.make("verify", "SECONDS=5", "SEED=7")[2]
    assert calls == ["3.12 -m tools.verify --seconds 5 --seed 7"]


def test_every_command_is_a_module_that_exists():
    """Console scripts hold the folder in which they were made: they break when it moves."""
    assert set(re.findall(r"\$\(BIN\)/(\S+)", MAKEFILE)) == {"python"}
    modules = set(re.findall(r"-m ([a-z][\w.]+)", MAKEFILE))
    assert {"pytest", "tools.execute", "tools.verify"} <= modules
    for module in sorted(modules):
        found = importlib.util.find_spec(module)
        assert found, module
        assert not module.startswith("tools.") or Path(found.origin).is_relative_to(ROOT), found.origin


def test_ci_may_only_read_and_takes_its_actions_by_commit():
    used = re.findall(r"uses: *(.*)", WORKFLOW)
    assert len(used) >= 4
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action), action
    assert re.findall(r"permissions:\n((?: +.*\n)+)", WORKFLOW) == ["  contents: read\n"]
    jobs = re.split(r"(?m)^  (?=\w+:)", WORKFLOW.split("\njobs:\n")[1])[1:]
    assert len(jobs) == 2 and all("timeout-minutes:" in job for job in jobs)
    only = "if: github.event_name == 'schedule' || github.event_name == 'workflow_dispatch'"
    assert [only in job for job in jobs] == ["make verify" in job for job in jobs] == [False, True]


def test_the_site_is_published_by_actions_of_known_commits_and_only_its_last_job_may_write():
    workflow = (ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8")
    used = re.findall(r"uses: *(.*)", workflow)
    assert len(used) >= 4
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action) for action in used), used
    build, deploy = re.split(r"(?m)^  (?=\w+:$)", workflow.split("\njobs:\n")[1])[1:]
    assert "permissions:\n  contents: read\n" in workflow and "write" not in build
    assert "make test-site" in build and "fetch-depth: 0" in build and "make" not in deploy
    assert all("timeout-minutes:" in job for job in (build, deploy))
