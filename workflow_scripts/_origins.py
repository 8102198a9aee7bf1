"""What the outputs of every rule are made from: code, options, and all that their inputs are made from."""

import functools
import hashlib
import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from snakemake.iocontainers import Wildcards

from fsnas.errors import FsnasError
from fsnas.lineage.provenance import entries, key, lines
from workflow_scripts._snakemake import rule_name

ROOT = Path(__file__).resolve().parent.parent
LINES = 96  # more than any rule with wildcards needs
SIGNATURE = inspect.signature(lambda wildcards: None)  # given to every line: Snakemake asks for it thrice a job
WHOLE = 2**30  # bytes: of a larger file that the user brings, only the size is looked at


def code(script: str, *files: Path, packages: tuple[str, ...] = ()) -> list[str]:
    """Return one line per module that a script reaches, with the digest of its code, and one per package.

    Of the modules that all scripts share, only the one that sets their environment decides a result.
    """
    scripts = ROOT / "workflow_scripts"
    return entries(scripts / script, scripts / "_environment.py", *files, packages=packages)


class Origins:
    """What the files of one workflow are made from, as far as it can be known before any is made."""

    def __init__(self, workflow: Any, device: str) -> None:
        self.workflow = workflow
        self.device = device  # that the config asks for
        # Of all rules, also those of other ``use rule`` statements that import this Snakefile.
        self.made: dict[str, Callable[[tuple[tuple[str, str], ...]], list[str]]]
        self.made = vars(workflow).setdefault("made_from_of_rules", {})
        self.digest = functools.cache(self._digest)

    def made_from(self, name: str, code: Any, settings: Any) -> dict[str, Callable]:
        """Return the params of the rule ``name``; ``code`` and ``settings`` may be functions of the wildcards.

        Snakemake records one per line of what the outputs are made from (`LINES` where their number depends on the
        wildcards): a line that changes reruns the rule, and the reason lists the lines that differ (of a list it would
        be the whole list). The last three are for the script; they take ``output`` and so are not recorded.
        """

        def value(given: Any, wildcards: Mapping[str, str]) -> Any:
            return given(wildcards) if callable(given) else given

        def inputs(wildcards: Mapping[str, str]) -> str:
            return key([self.digest(file) for file in self.inputs(self.workflow.get_rule(own), wildcards)])

        @functools.cache
        def made(wildcards: tuple[tuple[str, str], ...]) -> list[str]:
            at = Wildcards(fromdict=dict(wildcards))
            found = lines(value(code, at), value(settings, at), inputs(at))
            if len(found) >= count:
                raise FsnasError(f"rule {name} is made from {len(found)} things; raise LINES in {__file__}")
            return found

        def line(number: int) -> Callable:
            def slot(wildcards: Mapping[str, str]) -> str | None:
                found = made(tuple(wildcards.items()))
                return found[number] if number < len(found) else None

            slot.__signature__ = SIGNATURE  # type: ignore[attr-defined]
            return slot

        # The last is always None, so that restored records need not know how many a rule has.
        count = 1 + (LINES if callable(code) or callable(settings) else len(lines(code, settings, "")))
        if own := rule_name(self.workflow, name):
            self.made[own] = made
        return {
            **{f"line_{number}": line(number) for number in range(count)},
            "code": lambda wildcards, output: value(code, wildcards),
            "settings": lambda wildcards, output: value(settings, wildcards),
            "inputs": lambda wildcards, output: inputs(wildcards),
        }

    def producer(self, file: str) -> Any:
        """Return the rule that makes ``file``, or None."""
        return next((rule for rule in self.workflow.rules if rule.is_producer(file)), None)

    def device_of(self, name: str) -> str | None:
        """Return the line of the device on which the rule ``name`` has to compute; None where any will do.

        It is in the record, but no line that followers count: a result that ``auto`` computed there is as good.
        """
        rule = next((rule for rule in self.workflow.rules if rule.name == name), None)
        return device_line(self.device) if rule is not None and "device" in dict(rule.params.items()) else None

    def expected(self, rule: Any, file: str) -> list[str]:
        """Return the lines of what ``file``, an output of ``rule``, must be made from now."""
        return self.made[rule.name](tuple(rule.get_wildcards(file).items()))

    def inputs(self, rule: Any, wildcards: Mapping[str, str]) -> list[str]:
        """Return the input files of a job."""
        files, *_ = rule.expand_input(dict(wildcards))
        return [str(file) for file in files]

    def _digest(self, file: str) -> str:
        """Return a digest over all that ``file`` is made from, or over the content of one that the user brings."""
        rule = self.producer(file)
        ours = rule is not None and rule.name in self.made  # else of a workflow that imports this one
        return key(sorted(self.expected(rule, file))) if ours else brought(file)


def device_line(device: str | None) -> str | None:
    """Return the line that says on which device a result was computed, or has to be; None where any will do."""
    return None if device in (None, "auto") else f"device: {device}"


def resolved(path: str) -> str:
    """Return the one name of a path that has many: absolute, without links, without a slash at its end."""
    return os.path.realpath(os.path.expanduser(path))


@functools.cache
def brought(path: str, sha256: str | None = None) -> str:
    """Return what identifies the content of a file that the user brings: its checksum.

    Of a large one it is ``sha256``, if the user gives it (the step that reads the file checks it), else only the size.
    """
    path = resolved(path)
    if not os.path.isfile(path):
        return "missing"
    size = os.stat(path).st_size
    return checksum(path) if size <= WHOLE else f"{size} bytes, sha256 {sha256 or 'not given'}"


def checksum(path: str | Path) -> str:
    """Return the checksum of a file as Snakemake writes it."""
    with open(path, "rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
