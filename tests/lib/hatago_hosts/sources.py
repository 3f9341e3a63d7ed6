# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which Debian archives the machine uses.

Only Debian's own archives may go into a test host: a package that happens to be in
somebody's repository would hide a dependency that Debian does not have.
"""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from .errors import HostError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
FIELDS = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"


def _targets():
    """Ask apt, which reads both formats of sources, for (origin, uri, suite, component).

    Where apt-get update never ran apt knows no origins, and says nothing unless told so.
    """
    return _ask_apt() or _ask_apt("--no-release-info")


def _ask_apt(*options):
    """Return what apt-get indextargets says, as lists of fields."""
    try:
        output = subprocess.run(
            ["apt-get", "indextargets", *options, "--format", FIELDS, "Created-By: Packages"],
            capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise HostError("apt-get cannot list this machine's package sources") from error
    return [line.split("|") for line in output.splitlines()]


def _is_debian(origin, uri, component):
    """Tell whether apt target is Debian's main; without apt's lists the name decides."""
    if component != "main":
        return False
    if origin in ("", "$(ORIGIN)"):
        return (urlsplit(uri).hostname or "").endswith(".debian.org")
    return origin == "Debian"


def _resolve(uri):
    """Return a URI that also works elsewhere; a mirror list file lies on this machine only."""
    if not uri.startswith("mirror+file:"):
        return uri.rstrip("/")
    lines = Path(urlsplit(uri).path.rstrip("/")).read_text().split()
    return lines[0].rstrip("/")


def archives():
    """Return the URIs of Debian's main archive and, if there is one, of its security archive."""
    main, security = None, None
    for origin, uri, suite, component in _targets():
        if not _is_debian(origin, uri, component):
            continue
        if suite.endswith(("-security", "/updates")):
            security = security or _resolve(uri)
        elif "-" not in suite:
            main = main or _resolve(uri)
    if main is None:
        raise HostError("apt on this machine has no Debian archive (main) among its sources; "
                        "apt-get update may be needed to know its mirrors")
    if not Path(KEYRING).exists():
        raise HostError(f"{KEYRING} is missing: install debian-archive-keyring")
    return main, security


def sources_list(suite):
    """Return the sources.list of a test host, or of a download, for one Debian release."""
    main, security = archives()
    lines = [f"{main} {suite} main", f"{main} {suite}-updates main"]
    if security:
        lines.append(f"{security} {suite}-security main")
    return "".join(f"deb [signed-by={KEYRING}] {line}\n" for line in lines)


def apt_options():
    """Return the options that let apt elsewhere use this machine's proxies."""
    output = subprocess.run(
        ["apt-config", "dump", "--format", "%f=%v%n", "Acquire::http::Proxy", "Acquire::https::Proxy"],
        capture_output=True, text=True, check=True).stdout
    return [line for line in output.splitlines() if line and not line.endswith("=")]
