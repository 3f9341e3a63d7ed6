# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the Debian packages, and "meson install", put where."""

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import NAMES, TOP

# Every file of every package. @LIB@ is Debian's folder of the processor, such as lib/x86_64-linux-gnu; the page also has
# parts with names of the bundler's, BUNDLED.
FILES = """
cockpit-hatago
    -rw-r--r-- /usr/share/cockpit/hatago/index.css.gz
    -rw-r--r-- /usr/share/cockpit/hatago/index.html
    -rw-r--r-- /usr/share/cockpit/hatago/index.js.gz
    -rw-r--r-- /usr/share/cockpit/hatago/manifest.json
    -rw-r--r-- /usr/share/cockpit/hatago/po.ja.js.gz
    -rw-r--r-- /usr/share/cockpit/hatago/third-party.txt
    -rw-r--r-- /usr/share/metainfo/org.hatago.cockpit.metainfo.xml
hatago
    -rwxr-xr-x /usr/bin/hatago
    -rw-r--r-- /usr/share/bash-completion/completions/hatago
    -rw-r--r-- /usr/share/locale/ja/LC_MESSAGES/hatago.mo
    -rw-r--r-- /usr/share/man/man1/hatago.1.gz
hatago-host
    -rw-r--r-- /lib/systemd/system/hatago-fix@.service
    -rw-r--r-- /lib/systemd/system/hatago-probe-kernel.service
    -rw-r--r-- /lib/systemd/system/hatago-probe-kernel.socket
    -rw-r--r-- /lib/systemd/system/hatago-probe.service
    -rw-r--r-- /usr/@LIB@/hatago/plugins/host.so
    -rw-r--r-- /usr/lib/tmpfiles.d/hatago-host.conf
    -rwxr-xr-x /usr/libexec/hatago/hatago-fix
    -rwxr-xr-x /usr/libexec/hatago/hatago-probe
    -rw-r--r-- /usr/share/man/man8/hatago-fix.8.gz
    -rw-r--r-- /usr/share/man/man8/hatago-probe.8.gz
hatago-machines
    -rwxr-xr-x /lib/systemd/system-generators/hatago-generator
    -rw-r--r-- /lib/systemd/system/hatago-vm-late@.service
    -rw-r--r-- /lib/systemd/system/hatago-vm-leases.path
    -rw-r--r-- /lib/systemd/system/hatago-vm-leases.service
    -rw-r--r-- /lib/systemd/system/hatago-vm-ready@.service
    -rw-r--r-- /lib/systemd/system/hatago-vm-release.service
    -rw-r--r-- /lib/systemd/system/hatago-vm-status.service
    -rw-r--r-- /lib/systemd/system/hatago-vm@.service
    -rw-r--r-- /usr/@LIB@/hatago/plugins/machines.so
    -rwxr-xr-x /usr/libexec/hatago/hatago-vm
    -rw-r--r-- /usr/share/man/man5/hatago-vm@.service.5.gz
    -rw-r--r-- /usr/share/man/man8/hatago-vm.8.gz
hatagod
    -rw-r--r-- /etc/hatago/hatagod.conf
    -rw-r--r-- /lib/systemd/system/hatagod.service
    -rw-r--r-- /usr/lib/sysusers.d/hatago.conf
    -rw-r--r-- /usr/lib/tmpfiles.d/hatago.conf
    -rwxr-xr-x /usr/sbin/hatagod
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.Host.xml
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.HostCheck.xml
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.Job.xml
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.Machine.Console.xml
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.Machine.Service.xml
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.Machine.xml
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.Machines.xml
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.Manager.xml
    -rw-r--r-- /usr/share/dbus-1/interfaces/org.hatago.Host1.Validation.xml
    -rw-r--r-- /usr/share/dbus-1/system-services/org.hatago.Host1.service
    -rw-r--r-- /usr/share/dbus-1/system.d/org.hatago.Host1.conf
    -rw-r--r-- /usr/share/man/man5/hatagod.conf.5.gz
    -rw-r--r-- /usr/share/man/man8/hatagod.8.gz
    -rw-r--r-- /usr/share/polkit-1/actions/org.hatago.Host1.policy
    -rw-r--r-- /usr/share/polkit-1/rules.d/hatago.rules
"""
BUNDLED = re.compile(r"/usr/share/cockpit/hatago/(?!index\.|po\.)[\w.-]+\.(?:js\.gz|svg|woff2)")
# What Debian's tools add to a package of this name.
DEBIAN = """
    -rw-r--r-- /usr/share/doc/{name}/changelog.gz
    -rw-r--r-- /usr/share/doc/{name}/copyright
"""
DEBIAN_ALSO = {"cockpit-hatago": """
    -rw-r--r-- /usr/share/lintian/overrides/cockpit-hatago
""", "hatago-host": """
    -rw-r--r-- /usr/share/lintian/overrides/hatago-host
""", "hatago-machines": """
    -rw-r--r-- /usr/share/lintian/overrides/hatago-machines
""", "hatagod": """
    -rw-r--r-- /usr/share/lintian/overrides/hatagod
"""}
CONFFILES = {"hatagod": "/etc/hatago/hatagod.conf\n"}

# Makes all of the machine but one folder read-only, then runs what follows.
CONFINED = """
set -eu
mount --bind "$1" "$1"
mount -o remount,bind,ro /
shift
exec "$@"
"""


def output(*command, **options):
    """Return what a command prints; it must succeed."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False,
                          **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def triplet():
    """Return Debian's name of the processor."""
    return output("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()


def rows(text):
    """Return the lines of a table."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def table():
    """Return FILES as a dictionary: package to its set of "mode path"."""
    found, name = {}, None
    for line in rows(FILES.replace("@LIB@", f"lib/{triplet()}")):
        if " " in line:
            found[name].add(line)
        else:
            name = line
            found[name] = set()
    return found


def listing(package):
    """Return the entries of a package, as (mode, owner, path)."""
    for line in output("dpkg-deb", "--contents", package).splitlines():
        mode, owner, _, _, _, path = line.split(maxsplit=5)
        yield mode, owner, path.removeprefix(".")


def test_there_is_one_package_for_each_part(packages):
    """The agent, one for each plugin, the command line tool."""
    assert sorted(packages) == sorted(NAMES)
    assert {re.search(r"_(.*?)_", path.name).group(1) for path in packages.values()} == {"0.1.0"}


@pytest.mark.parametrize("name", NAMES)
def test_a_package_has_these_files_and_no_others(packages, name):
    """Each file at its place, with its mode; everything is root's; folders are 0755."""
    entries = list(listing(packages[name]))
    files = {f"{mode} {path}" for mode, _, path in entries if not mode.startswith("d")}
    files -= {f"-rw-r--r-- {path}" for _, _, path in entries if BUNDLED.fullmatch(path)}
    expected = table()[name] | set(rows(DEBIAN.format(name=name))) | set(
        rows(DEBIAN_ALSO.get(name, "")))
    assert sorted(files) == sorted(expected)
    assert {owner for _, owner, _ in entries} == {"root/root"}
    assert {mode for mode, _, _ in entries if mode.startswith("d")} == {"drwxr-xr-x"}


@pytest.mark.parametrize("name", NAMES)
def test_what_an_administrator_changes_is_kept(packages, name):
    """Files in /etc, and no others, are conffiles."""
    control = output("dpkg-deb", "--info", packages[name])
    has = "conffiles" in control
    text = output("dpkg-deb", "--info", packages[name], "conffiles") if has else ""
    assert text == CONFFILES.get(name, "")
    assert rows(text) == [path for mode, _, path in listing(packages[name])
                          if path.startswith("/etc/") and not mode.startswith("d")]


def test_lintian_has_nothing_to_say(packages):
    """Not even a hint at the level "info"."""
    done = subprocess.run([TOP / "packaging" / "lint"], capture_output=True, text=True, check=False)
    told = [row for row in rows(done.stdout + done.stderr) if not row.startswith("build-deb:")]
    assert (done.returncode, told) == (0, [])


def test_meson_install_puts_the_same_files_and_touches_nothing_else(tmp_path):
    """With DESTDIR: the files of the packages, and the rest of the machine could be read-only."""
    build, destination = tmp_path / "build", tmp_path / "destination"
    output(TOP / "web" / "modules")
    output("meson", "setup", build, TOP, "--prefix=/usr", "--sysconfdir=/etc", "--localstatedir=/var",
           f"--libdir=lib/{triplet()}", "--buildtype=plain", "-Dman=enabled", "-Dtests=false", "-Dweb=true")
    output("ninja", "-C", build)
    output("unshare", "--mount", "sh", "-c", CONFINED, "sh", tmp_path, "meson", "install", "-C",
           build, "--no-rebuild", "--destdir", destination)
    # Debian's tools compress manual pages; what of the page is compressed is so from the build on.
    expected = {re.sub(r"(/man/.*)\.gz$", r"\1", line.split()[1]): line.split()[0]
                for files in table().values() for line in files}
    found = {str(path)[len(str(destination)):]: path for path in destination.rglob("*")
             if not path.is_dir()}
    assert sorted(path for path in found if not BUNDLED.fullmatch(path)) == sorted(expected)
    executable = {path for path, mode in expected.items() if "x" in mode} | {
        path for path in expected if path.endswith(".so")}
    assert {path for path in found if os.access(found[path], os.X_OK)} == executable


def test_the_programs_run(unpacked):
    """They start where their libraries are, and tell their version."""
    for program in ("usr/bin/hatago", "usr/sbin/hatagod", "usr/libexec/hatago/hatago-fix",
                    "usr/libexec/hatago/hatago-probe"):
        assert "0.1.0" in output(unpacked / program, "--version")


def test_what_the_page_bundles_comes_with_its_licences(unpacked):
    """Of each library a title with version and licence, and its own words."""
    text = (unpacked / "usr/share/cockpit/hatago/third-party.txt").read_text()
    titles = dict(re.findall(r"^=+\n(\S+) [\d.]+, ([\w.-]+)", text, re.M))
    wanted = {"react": "MIT", "react-dom": "MIT", "@patternfly/react-core": "MIT"}
    assert wanted.items() <= titles.items()
    assert set(titles.values()) <= {"MIT", "MPL-2.0", "BSD-3-Clause", "0BSD", "Apache-2.0", "ISC"}
    assert "Permission is hereby granted" in text and "Meta Platforms" in text


def test_the_page_tells_cockpit_where_it_is(unpacked):
    """Its manifest and its place in software catalogues are about the same folder."""
    manifest = json.loads((unpacked / "usr/share/cockpit/hatago/manifest.json").read_text())
    assert "index" in manifest["menu"] and manifest["requires"] == {"cockpit": "287"}
    catalogue = ElementTree.parse(unpacked / "usr/share/metainfo/org.hatago.cockpit.metainfo.xml").getroot()
    assert catalogue.find("launchable").attrib == {"type": "cockpit-manifest"}
    assert catalogue.find("launchable").text == "hatago"


def test_the_completion_is_a_shell_script(unpacked):
    """bash can read it."""
    output("bash", "-n", unpacked / "usr/share/bash-completion/completions/hatago")


# systemd-analyze's exposure, of 10; others have 1.3 to 9.6. Those of root have to see or to change the host.
EXPOSURES = {"hatagod.service": 0.5, "hatago-probe.service": 3, "hatago-probe-kernel.service": 3,
             "hatago-fix@.service": 3}


@pytest.mark.parametrize("unit, most", EXPOSURES.items())
def test_a_unit_is_closed_as_promised(unpacked, unit, most):
    """systemd-analyze's exposure is this at most."""
    text = output("systemd-analyze", "security", "--offline=true", "--no-pager",
                  f"--root={unpacked}", unit)
    exposure = float(re.search(r"exposure level for \S+: ([0-9.]+)", text).group(1))
    assert exposure <= most, text


def test_the_socket_alone_is_enabled(packages):
    """Of the units on the host package; nothing that is root runs because the package was installed."""
    script = output("dpkg-deb", "--info", packages["hatago-host"], "postinst")
    assert set(re.findall(r"\bhatago-[\w@-]+\.(?:service|socket)", script)) == {"hatago-probe-kernel.socket"}
    assert "deb-systemd-helper enable" in script
    assert "systemd-tmpfiles" in script


def test_the_unit_serves_the_name_that_activation_starts(unpacked):
    """The bus starts the unit by systemd; unit, name and user are the same everywhere."""
    activation = (unpacked / "usr/share/dbus-1/system-services/org.hatago.Host1.service").read_text()
    unit = (unpacked / "lib/systemd/system/hatagod.service").read_text()
    assert re.search(r"^Name=org\.hatago\.Host1$", activation, re.M)
    assert re.search(r"^SystemdService=hatagod\.service$", activation, re.M)
    assert re.search(r"^BusName=org\.hatago\.Host1$", unit, re.M)
    assert re.search(r"^User=hatago$", unit, re.M)
    program = re.search(r"^ExecStart=(\S+)$", unit, re.M).group(1)
    assert (unpacked / program.lstrip("/")).is_file()


def test_the_user_of_the_agent_is_a_system_user_without_a_shell(unpacked, tmp_path):
    """systemd-sysusers makes it from the shipped file, in an empty root."""
    (tmp_path / "etc").mkdir()
    output("systemd-sysusers", f"--root={tmp_path}", unpacked / "usr/lib/sysusers.d/hatago.conf")
    name, _, uid, _, _, home, shell = (tmp_path / "etc/passwd").read_text().split("\n")[0].split(":")
    assert (name, home, shell) == ("hatago", "/var/lib/hatago", "/usr/sbin/nologin")
    assert 0 < int(uid) < 1000
