# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tables of the command line tool say, as the build writes it down for the page in the browser."""

import gettext
import json
import re
import subprocess

import pytest
from agent import BUILD, TOP

# Members that are no texts for people.
KEYS = {"name", "id", "error", "verb", "code", "word", "vendor", "product", "processor", "loader", "file", "hypervisor"}


def texts(value, reasons):
    """Yield all texts below a value; reasons: whether "reason" is one there, and no word."""
    if isinstance(value, list):
        for item in value:
            yield from texts(item, reasons)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in KEYS and (reasons or key != "reason"):
                yield from texts(item, key == "errors" or reasons)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("language", (TOP / "cli/po/LINGUAS").read_text().split()[-1:])
def test_every_text_is_one_of_the_translations(tmp_path, language):
    words = json.loads((BUILD / "cli/words.json").read_text())
    words["advice"]["setups"] = words["advice"]["setups"][-1:]  # the others are the makers' names
    words["advice"].pop("items")
    subprocess.run(["msgfmt", f"--output-file={tmp_path}/mo", TOP / f"cli/po/{language}.po"], check=True)
    with (tmp_path / "mo").open("rb") as file:
        translations = gettext.GNUTranslations(file)
    missing = {text for text in texts(words, False)
               if text not in translations._catalog and not re.fullmatch(r"{[\w-]+}|libvirt|QEMU|NetworkManager", text)}
    assert not missing
