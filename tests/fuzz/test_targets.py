# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each of libFuzzer's targets runs for a while, from its seeds, without a crash.

$HATAGO_FUZZ_BUILD is the build folder (build/fuzz), $HATAGO_FUZZ_SECONDS how long each runs (3). What is
found lies in build/results/fuzz: give it to the target as its argument to see the crash again.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
BUILD = TOP / os.environ.get("HATAGO_FUZZ_BUILD", "build/fuzz")
SECONDS = int(os.environ.get("HATAGO_FUZZ_SECONDS", "3"))
FOUND = TOP / "build/results/fuzz"
TARGETS = sorted(path.stem.removeprefix("fuzz-") for path in HERE.glob("fuzz-*.c"))
DICTIONARIES = {"domain-xml": "xml.dict", "settings": "settings.dict"}
RUNS = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)


def options(target):
    """Return the options of a run; an input that takes 10 s or 256 MB at once is as bad as a crash."""
    yield from (f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=2048",
                "-malloc_limit_mb=256", "-print_final_stats=1", "-close_fd_mask=3",
                f"-artifact_prefix={FOUND}/{target}-")
    if target in DICTIONARIES:
        yield f"-dict={HERE / DICTIONARIES[target]}"


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks(target, tmp_path):
    FOUND.mkdir(parents=True, exist_ok=True)
    program = BUILD / "tests/fuzz" / f"fuzz-{target}"
    assert program.exists(), f"{program} is not built: see tests/fuzz/meson.build"
    seeds = HERE / "corpus" / target
    assert any(seeds.iterdir())
    done = subprocess.run([program, *options(target), tmp_path, seeds], capture_output=True,
                          timeout=SECONDS + 120,
                          env={**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1", "LC_ALL": "C.UTF-8"})
    said = done.stderr.decode(errors="replace")
    assert done.returncode == 0, said[-8000:]
    runs = int(RUNS.search(said)[1])
    assert runs > 100 * SECONDS, f"too slow to find anything: {runs} inputs in {SECONDS} s"
