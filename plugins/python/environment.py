"""Virtual environments with the packages of a task: made once for each set of requirements, kept for later runs.

They are in `cache/python/` of the home of the command ($AUTOKESTRA_HOME, else ~/.autokestra), and may be deleted at any time when nothing runs.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile


def run_in_environment(requirements, stdin, program):
    """Replaces this process by `program` in an environment with these packages, with `stdin` as its standard input. Exits with 1 when that fails."""
    python = os.path.join(find_environment(requirements), "bin", "python")
    # A file, because a pipe that nobody reads yet may be too small.
    with tempfile.TemporaryFile() as copy:
        copy.write(stdin)
        copy.seek(0)
        os.dup2(copy.fileno(), 0)
    os.environ["AUTOKESTRA_PYTHON_READY"] = "1"
    os.execv(python, [python, program, "run"])


def find_environment(requirements):
    home = os.environ.get("AUTOKESTRA_HOME") or os.path.join(os.path.expanduser("~"), ".autokestra")
    parent = os.path.join(home, "cache", "python")
    identity = "\n".join([sys.version, sys.executable, *requirements])
    path = os.path.join(parent, hashlib.sha256(identity.encode()).hexdigest()[:32])
    ready = os.path.join(path, "ready")
    if os.path.exists(ready):
        return path
    try:
        os.makedirs(parent, mode=0o700, exist_ok=True)
        lock = os.open(path + ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        fail("cannot keep packages in %s: %s" % (parent, error.strerror))
    # One process makes it; the others wait. The kernel releases the lock of a process that was killed.
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        if not os.path.exists(ready):
            shutil.rmtree(path, ignore_errors=True)
            make_environment(path, requirements)
            with open(ready, "x"):
                pass
    finally:
        os.close(lock)
    return path


def make_environment(path, requirements):
    if not run([sys.executable, "-m", "venv", path]):
        fail("Python cannot make virtual environments here; on Debian: apt-get install python3-venv")
    python = os.path.join(path, "bin", "python")
    # `--` first: a requirement is never an option of pip.
    if not run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--", *requirements]):
        fail("pip could not install: %s" % ", ".join(requirements))


def run(command):
    """What it prints goes to the log."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2).returncode == 0


def fail(message):
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
    os._exit(1)
