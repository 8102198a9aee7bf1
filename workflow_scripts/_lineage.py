"""The lineage of the outputs of every rule: code, options, and the lineages of their inputs."""

import functools
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import write_text
from fsnas.benchmark.checks import sha256_of, size_of
from fsnas.lineage import dependencies
from fsnas.lineage.dependencies import entries
from fsnas.lineage.lineage import Lineage, key
from workflow_scripts._snakemake import Wildcards, rule_name

ROOT = Path(__file__).resolve().parent.parent
WHOLE = 2**30  # bytes: of a larger file that the user brings, only the size is looked at


def code(script: str, *files: Path, packages: Iterable[str] = ()) -> tuple[str, ...]:
    """Return one line per module that a script reaches, with the digest of its code, and one per package.

    Of the modules that all scripts share, only the one that sets their environment decides a result.
    """
    return _code(script, files, tuple(packages))


@functools.cache  # of hundreds of jobs of a rule each asks
def _code(script: str, files: tuple[Path, ...], packages: tuple[str, ...]) -> tuple[str, ...]:
    scripts = ROOT / "workflow_scripts"
    return tuple(entries(scripts / script, scripts / "_environment.py", *files, packages=packages))


class Lineages:
    """The lineages of the files of one workflow, as far as they can be known before any is made."""

    def __init__(self, workflow: Any, device: str) -> None:
        self.workflow = workflow
        self.device = device  # that the config asks for
        # Of all rules, also those of other ``use rule`` statements that import this Snakefile.
        self.of_rules: dict[str, Callable[[tuple[tuple[str, str], ...]], Lineage]]
        self.of_rules = vars(workflow).setdefault("lineages_of_rules", {})
        self.digest = functools.cache(self._digest)

    def params(self, name: str, code: Any, settings: Any, **told: Any) -> dict[str, Callable]:
        """Return the params of the rule ``name``; ``code`` and ``settings`` may be functions of the wildcards.

        Snakemake records the digest of the lineage: another one reruns the rule, and `restore_records` says what
        differs. What the script is ``told`` beside decides no result; it takes ``output`` and so is not recorded. It is
        one param, since Snakemake takes as long for each.
        """

        def value(given: Any, wildcards: Mapping[str, str]) -> Any:
            return given(wildcards) if callable(given) else given

        @functools.cache
        def lineage(wildcards: tuple[tuple[str, str], ...]) -> Lineage:
            at = Wildcards(fromdict=dict(wildcards))
            inputs = key([self.digest(file) for file in self.inputs(self.workflow.get_rule(own), at)])
            return Lineage(value(code, at), value(settings, at), inputs)

        def script(wildcards: Wildcards, output: Any) -> dict[str, Any]:
            found = lineage(tuple(wildcards.items()))
            return {"code": found.code, "settings": found.settings, "inputs": found.inputs, **told}

        if own := rule_name(self.workflow, name):
            self.of_rules[own] = lineage
        return {"lineage": lambda wildcards: lineage(tuple(wildcards.items())).digest, "told": script}

    def producer(self, file: str, recorded: str | None = None) -> Any:
        """Return the rule that makes ``file``, or None; most probably the one that was ``recorded``."""
        rules = sorted(self.workflow.rules, key=lambda rule: rule.name != recorded) if recorded else self.workflow.rules
        return next((rule for rule in rules if rule.is_producer(file)), None)

    def expected(self, rule: Any, file: str) -> Lineage:
        """Return the lineage that ``file``, an output of ``rule``, must have now."""
        return self.of_rules[rule.name](tuple(rule.get_wildcards(file).items()))

    def inputs(self, rule: Any, wildcards: Mapping[str, str]) -> list[str]:
        """Return the input files of a job."""
        files, *_ = rule.expand_input(dict(wildcards))
        return [str(file) for file in files]

    def recorded(self, rule: Any, digest: str, device: str | None = None) -> set[str]:
        """Return what Snakemake records of a file with this lineage, computed on ``device`` or on the one asked for.

        The device is no part of the lineage: a result that ``auto`` computed on the device asked for is as good.
        """
        if "only_on" not in dict(rule.params.items()):
            return {repr(digest)}
        asked = device_line(self.device)
        return {repr(digest), repr(asked and (device_line(device) or asked))}

    def _digest(self, file: str) -> str:
        """Return a digest over all that ``file`` is made from, or over the content of one that the user brings."""
        rule = self.producer(file)
        ours = rule is not None and rule.name in self.of_rules  # else of a workflow that imports this one
        return self.expected(rule, file).digest if ours else brought(file)


def take_over(file: Path) -> None:
    """Take over what another run has read from the code of fsnas: it takes seconds to read all of it.

    It is kept by the content of the files, and for one state of the code that reads them.
    """
    with suppress(OSError, ValueError, LookupError, TypeError):
        kept = json.loads(file.read_bytes())
        dependencies.KEPT |= kept["known"] if kept["reader"] == _reader() else {}


def keep(file: Path) -> None:
    """Keep what was read from the code of fsnas for the next run, where a file can be written."""
    with suppress(OSError):
        text = json.dumps({"reader": _reader(), "known": dependencies.KNOWN})
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_text(file, text)


def _reader() -> str:
    files = sorted(Path(dependencies.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest() + sys.version


def device_line(device: str | None) -> str | None:
    """Return the line that says on which device a result was computed, or has to be; None where any will do."""
    return None if device in (None, "auto") else f"device: {device}"


def resolved(path: str) -> str:
    """Return the one name of a path that has many: absolute, without links, without a slash at its end."""
    return os.path.realpath(os.path.expanduser(path))


@functools.cache
def brought(path: str, sha256: str | None = None) -> str:
    """Return what identifies the content of a file, or of the files in a folder, that the user brings: its checksum.

    Of a large one it is ``sha256``, if the user gives it (the step that reads the file checks it), else only the size.
    """
    path = resolved(path)
    if not os.path.isfile(path) and not os.path.isdir(path):
        return "missing"
    size = size_of(path)
    return checksum(path) if size <= WHOLE else f"{size} bytes, sha256 {sha256 or 'not given'}"


def checksum(path: str | Path) -> str:
    """Return the checksum of a file as Snakemake writes it; of a folder that of its files one after the other."""
    return f"sha256:{sha256_of(path)}"
