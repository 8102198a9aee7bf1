"""From the config to what each rule is told: checks with messages for a person, and the settings of every rule.

Only the workflow reads the config; the library gets plain arguments. Nothing here imports torch.
"""

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema.validators
import yaml

from fsnas.errors import ConfigError, FsnasError, nearest
from fsnas.metrics import add_folders, declaration, known
from fsnas.policies import Policy, make_policy
from fsnas.rungs import Rung, make_rungs

SCHEMA = Path(__file__).resolve().parent.parent / "rules" / "schemas" / "config.schema.yaml"
TRAIN_IMAGES = {"digits": 753, "cifar10": 25_000, "cifar100": 25_000}  # of the training part, where known beforehand
POLICY_KEYS = {
    "constant": ("branching", "max_leaves"),
    "schedule": ("schedule",),
    "exhaustive": ("depth",),
    "none": (),
}
USUAL_TRUTH = {
    "cifar10": "cifar10_ori-test_accuracy_200_epochs_mean",
    "cifar100": "cifar100_x-test_accuracy_200_epochs_mean",
}
OFFICIAL = r"{}_(x-valid|x-test|ori-test)_accuracy_(12|200)_epochs_(mean|seed_\d+)".format(
    "(cifar10-valid|cifar10|cifar100|ImageNet16-120)"
)
SCORE_KEYS = ("perturbation", "repetitions", "batch_size", "warmup_epochs")
CUT_KEYS = ("edge", "objective", "balance")


@dataclass(frozen=True)
class Method:
    """All that turns a supernet into a tree."""

    name: str
    metric: str
    options: dict[str, Any]
    choices: dict[str, Any]
    policy: Policy

    @property
    def policy_settings(self) -> dict[str, Any]:
        """Return the arguments of `make_policy`."""
        return policy_arguments(self.choices)

    @property
    def needs_root(self) -> bool:
        """Say whether the method needs a trained root: to score splits, to choose an edge, or to start leaves from."""
        choices = self.choices
        free = choices["policy"] == "exhaustive" and choices["edge"] != "best"
        return choices["init"] == "root" or bool(self.policy.depth) and not free

    def warmup_epochs(self, level: int) -> int:
        """Return the epochs that a node of ``level`` is trained further before it is scored."""
        epochs = self.choices["warmup_epochs"]
        return epochs if isinstance(epochs, int) else epochs[level]


def policy_arguments(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the name of the policy and those of its keys that it reads."""
    return {"name": choices["policy"], **{key: choices[key] for key in POLICY_KEYS[choices["policy"]]}}


def typed(value: Any, inside: bool = False) -> Any:
    """Return what ``--config`` gave, with the types of YAML: Snakemake leaves numbers inside braces texts.

    >>> typed({"max_leaves": "4", "policy": "constant"}), typed(["0", "1"]), typed("4")
    ({'max_leaves': 4, 'policy': 'constant'}, [0, 1], '4')
    """
    if isinstance(value, Mapping):
        return {key: typed(item, True) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item, True) for item in value]
    return yaml.safe_load(value) if inside and isinstance(value, str) else value


def check(config: Mapping[str, Any]) -> dict[str, Method]:
    """Check the whole config and return its methods by name.

    Raises
    ------
    ConfigError
        On an unknown key, a wrong type or an impossible combination; the message lists every problem of the first
        kind met, each with the key, what was found, what is allowed, and the nearest spelling.
    """
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    _validate(config, schema, "")
    add_folders(config["metric_paths"])
    _check_data(config)
    _check_metric_options(config)
    methods: dict[str, Method] = {}
    for entry in config["methods"]:
        method = _method(entry, config, schema)
        if method.name in methods:
            raise ConfigError(f"methods: {method.name!r} stands there twice; give the second entry another name")
        methods[method.name] = method
    _check_truth(config)
    _check_search(config)
    chosen, proxies = leaf_methods(config, methods), proxy_metrics(config)
    for method in chosen.values():
        rungs_of(config, method)
    if chosen or proxies:
        truth_column(config)
    return methods


def leaf_methods(config: Mapping[str, Any], methods: Mapping[str, Method]) -> dict[str, Method]:
    """Return the methods whose trees go on to leaves and search, by name.

    Raises
    ------
    ConfigError
        If ``leaves.methods`` names what is no method of the config.
    """
    return {name: methods[name] for name in _listed(config["leaves"]["methods"], list(methods), "leaves.methods")}


def rungs_of(config: Mapping[str, Any], method: Method) -> tuple[Rung, ...]:
    """Return how long the leaves of a method's tree are trained, and how many are left after each rung.

    Raises
    ------
    ConfigError
        If the budget is none, or too small for the leaves of the tree.
    """
    given = {name: config["leaves"][name] for name in ("selection", "keep", "epochs", "total_epochs")}
    try:
        return make_rungs(method.policy.leaves, **given)
    except FsnasError as error:
        raise ConfigError(f"leaves, method {method.name}: {error}") from error


def proxy_metrics(config: Mapping[str, Any]) -> list[str]:
    """Return the metrics that are compared with the truth on single architectures: those that give a score.

    Raises
    ------
    ConfigError
        If ``proxies.metrics`` names what is no such metric.
    """
    scores = [name for name in known() if declaration(name).kind == "score"]
    chosen = _listed(config["proxies"]["metrics"], scores, "proxies.metrics")
    if chosen:
        _check_batch(config, "proxies.batch_size", config["proxies"]["batch_size"])
    return chosen


def _listed(found: str | list[str], allowed: list[str], at: str) -> list[str]:
    """Return the names that a list or ``all`` stands for, in the order of ``allowed``."""
    if isinstance(found, str) and found != "all":
        raise ConfigError(f"{at}: found {found!r}, expected 'all' or a list of names, e.g. [{found}]")
    for name in found if isinstance(found, list) else ():
        if name not in allowed:
            raise ConfigError(
                f"{at}: found {name!r}{nearest(name, allowed)}, allowed are {', '.join(allowed)}; correct or remove it"
            )
    return [name for name in allowed if found == "all" or name in found]


def truth_column(config: Mapping[str, Any]) -> str:
    """Return the column that is the truth.

    Raises
    ------
    ConfigError
        If the file cannot have it, or more than one may be meant.
    """
    truth, source = config["truth"], config["data"]["source"]
    if truth["source"] == "standalone":
        return f"standalone_test_accuracy_{truth['epochs']}_epochs_seed_{truth['seed']}"
    if truth["source"] == "csv":
        return _csv_column(truth)
    column = truth["column"] or USUAL_TRUTH.get(source)
    if column is None:
        raise ConfigError(
            f"truth.column: found null, but for data.source {source!r} no column of NAS-Bench-201 is the usual one; "
            f"set it, e.g. to {USUAL_TRUTH['cifar10']}"
        )
    if not re.fullmatch(OFFICIAL, column):
        raise ConfigError(f"truth.column: found {column!r}, expected a column like {USUAL_TRUTH['cifar10']}")
    return column


def check_files(config: Mapping[str, Any]) -> None:
    """Check that the file of the truth is there.

    Where results exist already, Snakemake takes a missing input for one that is not needed any more, and would show
    them under the name of another truth.

    Raises
    ------
    ConfigError
        If it is not.
    """
    truth = config["truth"]
    if truth["source"] != "standalone" and not Path(truth["file"]).is_file():
        raise ConfigError(
            f"truth.file: there is no file {truth['file']!r}; correct the path, or put the file there (truth.source is "
            f"{truth['source']!r}; with 'standalone' architectures are trained here instead)"
        )


def _csv_column(truth: Mapping[str, Any]) -> str:
    """Return the column of a CSV that is the truth, after a look at its first line."""
    try:
        with Path(truth["file"]).open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigError(f"truth.file: cannot read {truth['file']!r} ({error}); correct the path") from error
    tests = [name for name in header if "test" in name.lower()]
    wanted = {"architecture_column": truth["architecture_column"], "column": truth["column"]}
    if truth["column"] is None and len(tests) == 1:
        wanted["column"] = tests[0]
    for key, name in wanted.items():
        if name not in header:
            near = nearest(name, header) if name else ""
            raise ConfigError(f"truth.{key}: found {name!r}{near}; {truth['file']} has {', '.join(header)}")
    return wanted["column"]


def _check_truth(config: Mapping[str, Any]) -> None:
    truth = config["truth"]
    if truth["source"] != "standalone":
        if not truth["file"]:
            raise ConfigError(
                f"truth.file: found null, but truth.source {truth['source']!r} needs the path of its file"
            )
        return
    for name in ("file", "sha256", "column"):
        if truth[name] is not None:
            raise ConfigError(
                f"truth.{name}: found {truth[name]!r}, but truth.source 'standalone' trains architectures here and "
                "reads no file; use truth.source csv or nasbench201, or null"
            )


def _check_search(config: Mapping[str, Any]) -> None:
    search = config["search"]
    if "evolution" in search["samplers"] and search["tournament"] > search["population"]:
        raise ConfigError(
            f"search.tournament: found {search['tournament']}, expected at most search.population "
            f"({search['population']}), whose members take part in it"
        )
    if "evolution" in search["samplers"] and search["evaluations"] <= search["population"]:
        raise ConfigError(
            f"search.evaluations: found {search['evaluations']}, but the first search.population "
            f"({search['population']}) evaluations of evolution are random; raise one or lower the other"
        )


def _whole(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _finite(_: Any, value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


# JSON Schema calls 1.0 an integer, and Python's NaN a number.
TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _whole, "number": _finite})
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=TYPES)


def _validate(value: Any, schema: Mapping[str, Any], at: str) -> None:
    errors = sorted(Validator(schema).iter_errors(value), key=lambda e: list(map(str, e.path)))
    if errors:
        raise ConfigError("\n  ".join(["the config cannot be used:", *(_explain(error, at) for error in errors)]))


def _explain(error: jsonschema.ValidationError, at: str) -> str:
    """Return one line: the key, what was found, what is allowed, the nearest spelling."""
    where = ".".join([*([at] if at else []), *map(str, error.absolute_path)])
    prefix = f"{where}." if where else ""
    if error.validator == "additionalProperties":
        keys = list(error.schema["properties"])
        unknown = [key for key in error.instance if key not in keys]
        return "; ".join(f"{prefix}{key}: unknown key{nearest(str(key), keys)}" for key in unknown) + (
            f". Allowed{' in ' + where if where else ''}: {', '.join(keys)}"
        )
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return (
            "; ".join(f"{prefix}{key}: missing" for key in missing) + ". config.yaml holds every key with its default"
        )
    if error.validator == "enum":
        near = nearest(str(error.instance), list(map(str, error.validator_value)))
        allowed = ", ".join(map(str, error.validator_value))
        return f"{where}: found {error.instance!r}, allowed are {allowed}{near}"
    if error.validator == "type":
        kinds = error.validator_value
        allowed = " or ".join(kinds) if isinstance(kinds, list) else kinds
        return f"{where}: found {error.instance!r} ({type(error.instance).__name__}), expected {allowed}"
    if error.validator == "oneOf":
        allowed = "a whole number of at least 0, or a list of them, one per level"
        return f"{where}: found {error.instance!r}, expected {allowed}"
    return f"{where}: found {error.instance!r}: {error.message}"


def _check_data(config: Mapping[str, Any]) -> None:
    data = config["data"]
    if data["source"] != "digits" and not data["folder"]:
        raise ConfigError(f"data.folder: found null, but data.source {data['source']!r} needs the folder of its images")
    if data["split"] == "nasbench201" and not (data["source"] == "cifar10" and data["split_file"]):
        raise ConfigError(
            "data.split: 'nasbench201' needs data.source 'cifar10' and the file cifar-split.txt of AutoDL-Projects in "
            f"data.split_file; found source {data['source']!r} and split_file {data['split_file']!r}"
        )
    if data["source"] == "digits" and data["flip"]:
        raise ConfigError("data.flip: found true, but a mirrored digit is another sign; use false with source digits")
    if data["source"] != "imagefolder" and data["image_size"]:
        raise ConfigError(
            f"data.image_size: found {data['image_size']}, but only data.source 'imagefolder' is resized; use null "
            f"with source {data['source']!r}"
        )
    _check_batch(config, "supernet.batch_size", config["supernet"]["batch_size"])


def _check_batch(config: Mapping[str, Any], key: str, images: int) -> None:
    source = config["data"]["source"]
    available = TRAIN_IMAGES.get(source)
    if available is not None and images > available:
        raise ConfigError(
            f"{key}: found {images} images, but the training part of {source} has {available}; lower {key}"
        )


def _check_metric_options(config: Mapping[str, Any]) -> None:
    for metric, options in config["metrics"].items():
        _options(metric, options or {}, f"metrics.{metric}")


def _options(metric: str, options: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Return the options of a metric, the declared defaults beneath; every given one is checked."""
    try:
        declared = declaration(metric).options
    except ConfigError as error:
        raise ConfigError(f"{at}: {error}") from error
    for name, value in options.items():
        if name not in declared:
            allowed = ", ".join(declared) or "none"
            raise ConfigError(f"{at}.{name}: unknown option{nearest(name, list(declared))}. Allowed: {allowed}")
        expected = type(declared[name])
        number = expected is float and isinstance(value, int) and not isinstance(value, bool)
        if not isinstance(value, expected) and not number or (expected is int and isinstance(value, bool)):
            raise ConfigError(f"{at}.{name}: found {value!r} ({type(value).__name__}), expected {expected.__name__}")
    return {**declared, **options}


def _method(entry: Any, config: Mapping[str, Any], schema: Mapping[str, Any]) -> Method:
    """Return the method of one entry of ``methods``: a name, or a name with the keys that differ."""
    if isinstance(entry, Mapping) and len(entry) != 1:
        raise ConfigError(f"methods: found {dict(entry)!r}, expected a metric's name or NAME: {{KEY: VALUE, ...}}")
    name, own = (entry, {}) if isinstance(entry, str) else next((str(k), v or {}) for k, v in entry.items())
    at = f"methods.{name}"
    properties = schema["properties"]["method"]["properties"]
    own_schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"metric": {"type": "string"}, "options": {"type": "object"}, **properties},
    }
    _validate({"name": name}, {"properties": {"name": {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$"}}}, at)
    _validate(own, own_schema, at)
    choices = {**config["method"], **{key: own[key] for key in own if key in properties}}
    metric = own.get("metric") or _metric_of(name, choices, at)
    if name in known() and metric != name:
        raise ConfigError(f"{at}.metric: found {metric!r}, but {name} is a metric itself; give the method another name")
    options = _options(metric, {**(config["metrics"].get(metric) or {}), **own.get("options", {})}, at)

    def where(*keys: str) -> str:
        return " and ".join(f"{at if key in own else 'method'}.{key}" for key in keys)

    _check_batch(config, where("batch_size", "repetitions"), choices["batch_size"] * choices["repetitions"])
    try:
        policy = make_policy(**policy_arguments(choices))
    except FsnasError as error:
        raise ConfigError(f"{where('policy', *POLICY_KEYS[choices['policy']])}: {error}") from error
    _check_warmup(choices["warmup_epochs"], policy.depth, where("warmup_epochs"))
    return Method(name, metric, options, choices, policy)


def _metric_of(name: str, choices: Mapping[str, Any], at: str) -> str:
    """Return the metric of an entry that names none: the one of its own name, or random where none is asked."""
    if name in known():
        return name
    if choices["policy"] in ("exhaustive", "none"):
        return "random"  # one group per operation, or no split: the metric only draws the edge
    near = nearest(name, known())
    raise ConfigError(
        f"{at}: there is no metric of this name{near}. Known: {', '.join(known())}; or add `metric:` to it"
    )


def _check_warmup(epochs: int | list[int], depth: int, at: str) -> None:
    if isinstance(epochs, list) and len(epochs) != depth:
        raise ConfigError(f"{at}: found {len(epochs)} numbers, expected {depth}, one per level")
