# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small file helpers: locks that end with their holder, whole-or-nothing folders, hashes."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys

from .errors import HostError


def say(text):
    """Tell the person what takes so long; stdout stays for results."""
    print(f"hosts: {text}", file=sys.stderr, flush=True)


def digest(*parts):
    """Return a short hash of strings, which names what was made from them."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode() + b"\0")
    return total.hexdigest()[:12]


def digest_file(path):
    """Return the whole hash of one file's content."""
    total = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def write_json(path, value):
    """Write a JSON file so that a reader sees the old or the new one, never half."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(value, indent=1) + "\n")
    fresh.replace(path)


def read_json(path):
    """Return a JSON file's value, or None where there is none that can be read."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def try_lock(path):
    """Take the lock file and return its descriptor, or None if another holds it.

    The holder may unlink the file, so a lock on a file that no longer has the name is
    worth nothing: look again.
    """
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(fd), os.stat(path)):
                return fd
        os.close(fd)


@contextlib.contextmanager
def lock(path):
    """Hold the lock file, after waiting for whoever has it; it is never unlinked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another build to end")
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


NEW = ".new-"


@contextlib.contextmanager
def whole_folder(target):
    """Give an empty folder that becomes target at the end, or vanishes on an error.

    To be used under the build lock: what a killed build left is removed at the next one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(NEW + "*"):
        remove_tree(left)
    fresh = target.with_name(NEW + target.name)
    fresh.mkdir()
    try:
        yield fresh
        fresh.rename(target)
    except BaseException:
        remove_tree(fresh)
        raise


def remove_tree(path):
    """Remove a folder that may be gone already; never crosses into a mount."""
    if not path.exists():
        return
    if path.is_mount():
        raise HostError(f"{path} is still mounted; not removing it")
    shutil.rmtree(path)
