# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs as the first process of its own namespaces and makes one layer in a chroot.

Started by layers.py with a JSON file: folder, lower, upper, work, root, commands, and files
to bind (path in the chroot to path outside). Nothing has to be unmounted: the namespaces end.
"""

import json
import subprocess
import sys
from pathlib import Path

from . import sandbox

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive"}


def main(path):
    """Mount the overlay, run the commands in it, and pass on the first failure."""
    job = json.loads(Path(path).read_text())
    folder, root = Path(job["folder"]), Path(job["folder"]) / job["root"]
    sandbox.mount_overlay(folder, job["lower"], job["upper"], job["work"], job["root"])
    sandbox.mount("proc", "proc", root / "proc")
    subprocess.run(["mount", "--rbind", "/dev", str(root / "dev")], check=True)
    subprocess.run(["mount", "--bind", job["bind"], str(root / "mnt")], check=True)
    for command in job["commands"]:
        print("+", *command, flush=True)
        status = subprocess.run(["chroot", str(root), *command], env=ENVIRONMENT, check=False,
                                stdin=subprocess.DEVNULL).returncode
        if status != 0:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
