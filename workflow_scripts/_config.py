"""From the config to what each rule is told: checks that its values fit together, with messages for a person.

Only the workflow reads the config; the library gets plain arguments. Nothing here imports torch.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fsnas import metrics, spaces
from fsnas.analysis.training_cost import SAMPLED
from fsnas.benchmark import sources as truth_sources
from fsnas.benchmark.checks import check_sha256, size_of
from fsnas.data import sources as data_sources
from fsnas.errors import ConfigError, DataError, FsnasError, nearest
from fsnas.lineage.dependencies import check_users_code, located
from fsnas.metrics import known, metric_spec, path_of
from fsnas.registry import Registry, options_of, taken
from fsnas.search import samplers
from fsnas.search.rungs import Rung, make_rungs
from fsnas.spaces import SearchSpace
from fsnas.spaces.nas_bench_201 import space as nas_bench_201
from fsnas.splitting import policies
from fsnas.splitting.joint import Part, check_parts, name_of, of_level, parts_of, weights_of
from workflow_scripts._config_model import (
    Cutting,
    MethodName,
    Paths,
    Scoring,
    Space,
    entry_keys,
    expanded,
    model_of,
    options_of_algorithm,
    options_of_metric,
)
from workflow_scripts._config_schema import validated
from workflow_scripts._config_values import check_plain, listing, shown, shown_key
from workflow_scripts._needs import check_images
from workflow_scripts._plotting import plot_settings

AT_ONCE = 2**30  # bytes
SEARCH_NAME = r"(?!rung-)[a-z][a-z0-9_-]{0,63}"
SCORE_KEYS, CUT_KEYS = tuple(Scoring.model_fields), tuple(Cutting.model_fields)


@contextmanager
def _about(key: str, error: type[Exception] = FsnasError) -> Iterator[None]:
    """Name the key of the config in what is wrong with it."""
    try:
        yield
    except (error, OSError) as found:
        raise ConfigError(f"{key}: {found}") from found


@dataclass(frozen=True)
class Method:
    """All that turns a supernet into a tree."""

    name: str
    parts: tuple[Part, ...]  # its metric, or metrics, with all options
    joint: bool  # whether it has a list of metrics, which may be of one
    choices: dict[str, Any]
    policy: policies.Policy

    @property
    def metric(self) -> str:
        """Return its metric; of several the names of all, as ``ntk+lr``."""
        return name_of(self.parts)

    def parts_at(self, level: int) -> tuple[Part, ...]:
        """Return the metrics that decide the splits of ``level``."""
        return of_level(self.parts, self.choices["combine"], level) if self.joint else self.parts

    def part(self, metric: str | None) -> Part:
        """Return one of its metrics by name, or the only one."""
        return next(part for part in self.parts if metric in (None, part.metric))

    @property
    def joining(self) -> dict[str, Any]:
        """Return how several metrics are combined; nothing for one."""
        return {"combine": self.choices["combine"], "metrics": weights_of(self.parts)} if self.joint else {}

    @property
    def policy_settings(self) -> dict[str, Any]:
        """Return the arguments of `make_policy`: the name of the policy and those of its keys that it reads."""
        return {"name": self.choices["policy"], **taken(policies.options(self.choices["policy"]), self.choices)}

    @property
    def policy_file(self) -> Path:
        """Return the file of the policy."""
        return policies.path_of(self.choices["policy"])

    @property
    def reads_root(self) -> bool:
        """Say whether a step of the method reads the trained root: to score splits, or to start leaves from."""
        return self.choices["init"] == "root" or self.policy.leaves > 1 and self.choices["weights"] == "trained"

    @property
    def needs_root(self) -> bool:
        """Say whether the method could not do without a trained root, since its scores choose edges or groups."""
        free = self.choices["policy"] == "exhaustive" and self.choices["edge"] != "best"
        return self.reads_root and (self.choices["init"] == "root" or not free)

    def edge(self, level: int) -> str:
        """Return the rule, or the edge, that splits the nodes of ``level``."""
        edge = self.choices["edge"]
        return edge if isinstance(edge, str) else edge[level]

    def warmup_epochs(self, level: int) -> int:
        """Return the epochs that a node of ``level`` is trained further before it is scored."""
        epochs = self.choices["warmup_epochs"]
        return epochs if isinstance(epochs, int) else epochs[level]


@dataclass(frozen=True)
class Differentiable:
    """A differentiable search: its algorithm, all options of it, and the methods whose leaves it searches."""

    algorithm: str
    options: dict[str, Any]
    methods: tuple[str, ...]


def check(config: Mapping[str, Any]) -> dict[str, Method]:
    """Check the whole config and return its methods by name.

    Raises
    ------
    ConfigError
        On an unknown key, a wrong type or an impossible combination; the message lists every problem of the first
        kind met, each with the key, what was found, what is allowed, and the nearest spelling.
    """
    check_plain(config)
    config = validated(model_of(likely := likely_space(config)), config, space=likely)
    _check_outdir(config["outdir"])
    if config["truth"]["file"] and _inside(config["truth"]["file"], config["outdir"]):
        raise ConfigError(
            f"truth.file: found {shown(config['truth']['file'])}, which is in outdir, {shown(config['outdir'])}; "
            "expected it outside of the folder that the workflow writes; move the file"
        )
    space = _users_parts(config)
    _check_data(config)
    for metric, given in config["metrics"].items():
        metric_options(metric, given or {}, f"metrics.{shown_key(metric)}")
    methods: dict[str, Method] = {}
    for entry in config["methods"]:
        method = _method(entry, config, space)
        if method.name in methods:
            raise ConfigError(f"methods: {method.name!r} stands there twice; give the second entry another name")
        methods[method.name] = method
    source = config["data"]["source"]
    facts = data_sources.facts(source)
    side = facts.side or config["data"]["image_size"]
    check_images(config, train=facts.train, valid=facts.valid, side=side, of=source)
    _check_truth(config)
    _check_search(config)
    drawn_methods(config, methods)
    plot_settings(config["plotting"])
    chosen, proxies = leaf_methods(config, methods), proxy_metrics(config)
    for each in chosen.values() or [None]:
        rungs_of(config, each)
    searches_of(config, chosen)
    if chosen or proxies:
        truth_column(config)
    return methods


def leaf_methods(config: Mapping[str, Any], methods: Mapping[str, Method]) -> dict[str, Method]:
    """Return the methods whose trees go on to leaves and search, by name; `ConfigError` for what is no method."""
    return {name: methods[name] for name in _listed(config["leaves"]["methods"], list(methods), "leaves.methods")}


def drawn_methods(config: Mapping[str, Any], methods: Mapping[str, Method]) -> list[str]:
    """Return the methods that figures over methods show; `ConfigError` for what is no method."""
    return _listed(config["plotting"]["methods"], list(methods), "plotting.methods")


def rungs_of(config: Mapping[str, Any], method: Method | None) -> tuple[Rung, ...]:
    """Return how long the leaves of a method's tree are trained, and how many are left after each rung.

    `ConfigError` if the budget is none, or too small for the leaves of the tree; without a method, for a single leaf.
    """
    with _about(f"leaves, method {method.name}" if method else "leaves"):
        return make_rungs(method.policy.leaves if method else 1, **taken(options_of(make_rungs), config["leaves"]))


def epochs_of(config: Mapping[str, Any], method: Method) -> int:
    """Return the epochs of each leaf of a method's tree where none is dropped."""
    return rungs_of({**config, "leaves": config["leaves"] | {"selection": "all"}}, method)[0].epochs


def searches_of(config: Mapping[str, Any], chosen: Mapping[str, Method]) -> dict[str, Differentiable]:
    """Return the differentiable searches by name, over the leaves of ``chosen`` methods or of some of them.

    `ConfigError` if a name is not fit for a file and a table, or an algorithm, an option of it or a method is unknown.
    """
    found = {}
    for name, entry in config["search"]["algorithms"].items():
        at = f"search.algorithms.{shown_key(name)}"
        if not re.fullmatch(SEARCH_NAME, str(name)) or name in (*samplers.known(), SAMPLED):
            raise ConfigError(
                f"{at}: expected a name of letters a to z, digits, _ and -, a letter in front, and none of "
                f"{listing([*samplers.known(), SAMPLED])}, nor rung-...; give the search another name"
            )
        if not isinstance(entry, Mapping | None):
            raise ConfigError(f"{at}: found {shown(entry)}, expected its options, e.g. {{algorithm: darts, order: 2}}")
        given = dict(entry or {})
        algorithm, methods = given.pop("algorithm", name), given.pop("methods", "all")
        with _about(at):
            kind = options_of_algorithm(str(algorithm))
        of = _listed(methods, [*chosen], f"{at}.methods")
        found[name] = Differentiable(algorithm, validated(kind, given, at), tuple(of))
    return found


def proxy_metrics(config: Mapping[str, Any]) -> list[str]:
    """Return the metrics that are compared with the truth on single architectures: those that give a score.

    All are those for which the search space has what they need; `ConfigError` for what is no such metric.
    """
    scores = [name for name in known() if metric_spec(name).kind == "score"]
    space = space_of(config)
    if config["proxies"]["metrics"] == "all":
        scores = [name for name in scores if not _lacking(name, space)]
    chosen = _listed(config["proxies"]["metrics"], scores, "proxies.metrics")
    for name in chosen:
        _check_needs(name, space, "proxies.metrics")
    if "ntk" in chosen:
        options = metric_options("ntk", config["metrics"].get("ntk") or {}, "metrics.ntk")
        _check_ntk(options, config["proxies"]["batch_size"], "metrics.ntk.samples", "proxies.batch_size")
    return chosen


def joint_proxies(methods: Iterable[Method], proxies: Collection[str]) -> dict[str, dict[str, float]]:
    """Return the weights of the metrics of every method that has several, all of them among ``proxies``, by name.

    Not of those that use one after the other, nor of those that subtract one, which ranks have no word for.
    """
    joint = {
        method.name: weights_of(method.parts)
        for method in methods
        if method.joint and method.choices["combine"] != "by_level"
    }
    return {name: weights for name, weights in joint.items() if {*weights} <= {*proxies} and min(weights.values()) > 0}


def _listed(found: str | list[str], allowed: list[str], at: str) -> list[str]:
    """Return the names that a list or ``all`` stands for, in the order of ``allowed``."""
    if isinstance(found, str) and found != "all":
        raise ConfigError(f"{at}: found {shown(found)}, expected 'all' or a list of names, e.g. [snip, random]")
    for name in found if isinstance(found, list) else ():
        if name not in allowed:
            raise ConfigError(
                f"{at}: found {shown(name)}{nearest(name, allowed)}, allowed are {listing(allowed) or 'none'}; "
                "correct or remove it"
            )
    return [name for name in allowed if found == "all" or name in found]


def truth_column(config: Mapping[str, Any]) -> str:
    """Return the column that is the truth; `ConfigError` if the file cannot have it, or more than one may be meant."""
    truth = config["truth"]
    if truth["source"] == "standalone":
        return f"standalone_test_accuracy_{truth['epochs']}_epochs_seed_{truth['seed']}"
    given = {"architecture_column": truth["architecture_column"], "data": config["data"]["source"]}
    with _about("truth.file", DataError):
        _check_brought(truth["source"], truth["file"])
        return truth_sources.column(truth["source"], truth["file"], truth["column"], **given)


def check_files(config: Mapping[str, Any]) -> None:
    """Check that the file of the truth is there, and the images where they have not been read yet.

    Where results exist already, Snakemake takes a missing input for one that is not needed any more, and would show
    them under the name of another truth. `FsnasError` if one is not, or has another checksum than the config gives.
    """
    _check_images(config)
    truth = config["truth"]
    if truth["source"] == "standalone":
        return
    with _about("truth.file", DataError):
        _check_brought(truth["source"], truth["file"])
    if not os.path.isfile(truth["file"]) and not os.path.isdir(truth["file"]):
        raise ConfigError(
            f"truth.file: there is no file {shown(truth['file'])}{_link(truth['file'])}; correct the path, or put "
            f"the file there (truth.source is {truth['source']!r}; with 'standalone' architectures are trained here "
            "instead)"
        )
    # A larger file is checked by the step that reads it.
    if size_of(truth["file"]) <= AT_ONCE:
        check_sha256(truth["file"], truth["sha256"])


def check_truth(config: Mapping[str, Any], column: str) -> None:
    """Read the truth, where that is little, as the job that makes the table of it will: no job runs for a wrong one.

    Of one that is much, what its source can check at once. `ConfigError` if it cannot be read, or ``column`` holds no
    accuracies; it says what the file seems to be.
    """
    truth, source = config["truth"], config["truth"]["source"]
    if source == "standalone":
        return
    with _about("truth.file", DataError):
        if truth_sources.facts(source).heavy:
            truth_sources.check(source, truth["file"])
            return
        options = truth_sources.taken(source, {**truth, "column": column, "space": space_of(config)})
        truth_sources.load(source)(truth["file"], **options)


def _check_brought(source: str, path: str) -> None:
    """Check that what is there, if anything, is a file or a folder of the source, and may be read."""
    truth_sources.check_file(source, path)
    if not os.path.isdir(path):
        _check_readable("truth.file", path)
    elif not os.access(path, os.R_OK | os.X_OK):
        raise ConfigError(f"truth.file: you may not read {shown(path)}; change its permissions (chmod a+rX)")


def _check_file(key: str, path: str, remedy: str) -> None:
    """Check that there is a file that can be read."""
    _check_readable(key, path)
    if not os.path.isfile(path):
        raise ConfigError(f"{key}: there is no file {shown(path)}{_link(path)}; {remedy}")


def _check_readable(key: str, path: str) -> None:
    """Check that what is there, if anything, is no folder and may be read."""
    if os.path.isdir(path):
        raise ConfigError(f"{key}: found {shown(path)}, which is a folder; expected a file: name the one that is meant")
    try:
        os.stat(path)
    except PermissionError as error:
        raise ConfigError(f"{key}: you may not open the folder of {shown(path)}; change its permissions") from error
    except OSError:
        return
    if not os.access(path, os.R_OK):
        raise ConfigError(f"{key}: found {shown(path)}, which you may not read; change its permissions (chmod a+r)")


def _link(path: str) -> str:
    """Return where a path leads that is a link to nothing."""
    return f", only a link to {os.readlink(path)}, which is not there" if os.path.islink(path) else ""


def _check_images(config: Mapping[str, Any]) -> None:
    """Check that images, and the list of their split, are there, unless the results or the cache may hold them."""
    data = config["data"]
    takes = data_sources.options(data["source"])
    if "folder" not in takes or "SNAKEMAKE_OUTPUT_CACHE" in os.environ:
        return
    if os.path.lexists(f"{config['outdir']}/data/{data['name']}.h5"):
        return
    folder = data["folder"]
    if not os.path.isdir(folder) and not (data["download"] and "download" in takes):
        raise ConfigError(
            f"data.folder: found {shown(folder)}, but there is no folder {shown(folder)}{_link(folder)}; correct the "
            "path, or put the images there (data.source digits needs none)"
        )
    if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
        raise ConfigError(f"data.folder: you may not read {shown(folder)}; change its permissions (chmod a+rX)")
    if data["split"] != "balanced":
        remedy = "put cifar-split.txt of AutoDL-Projects there, correct the path, or set data.split to balanced"
        _check_file("data.split_file", data["split_file"], remedy)


def _check_truth(config: Mapping[str, Any]) -> None:
    truth = config["truth"]
    if truth["source"] != "standalone":
        of = truth_sources.facts(truth["source"]).space
        if of not in ("", space_of(config).benchmark):
            raise ConfigError(
                f"truth.source: found {truth['source']!r}, whose architectures are those of {of}, but space.name is "
                f"{config['space']['name']!r}; take standalone, csv or json"
            )
        if not truth["file"]:
            raise ConfigError(
                f"truth.file: found null, but truth.source {truth['source']!r} needs the path of its file"
            )
        return
    for name in ("file", "sha256", "column"):
        if truth[name] is not None:
            raise ConfigError(
                f"truth.{name}: found {shown(truth[name])}, but truth.source 'standalone' trains architectures here "
                f"and reads no file; use truth.source {' or '.join(truth_sources.known())}, or null"
            )


def _check_search(config: Mapping[str, Any]) -> None:
    search = config["search"]
    takes = {option: name for name in search["samplers"] for option in samplers.options(name)}
    if "tournament" in takes and search["tournament"] > search["population"]:
        raise ConfigError(
            f"search.tournament: found {search['tournament']}, expected at most search.population "
            f"({search['population']}), whose members take part in it"
        )
    if "population" in takes and search["evaluations"] <= search["population"]:
        raise ConfigError(
            f"search.evaluations: found {search['evaluations']}, but the first search.population "
            f"({search['population']}) evaluations of {takes['population']} are random; raise one or lower the other"
        )


def _check_outdir(outdir: str) -> None:
    if _inside(os.curdir, outdir):
        raise ConfigError(
            f"outdir: found {shown(outdir)}, which holds the folder that Snakemake runs in; expected a folder of its "
            "own, e.g. results"
        )
    plain = Path(os.path.normpath(outdir))
    if str(plain).startswith("//"):  # the only double slash that stays
        raise ConfigError(f"outdir: found {shown(outdir)}, expected one / in front; write {shown(str(plain)[1:])}")
    for path in map(str, (plain, *plain.parents)):
        if os.path.islink(path) and not os.path.exists(path):
            raise ConfigError(
                f"outdir: found {shown(outdir)}, but {path} is a link to {os.readlink(path)}, which is not there; make "
                f"that folder, or remove the link"
            )
        if os.path.lexists(path) and not os.path.isdir(path):
            raise ConfigError(f"outdir: found {shown(outdir)}, but {path} is no folder; rename one of them")


def _inside(path: str, folder: str) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def space_of(config: Mapping[str, Any]) -> SearchSpace:
    """Return the search space that the config names; `ConfigError` if there is none, or its operations are not its."""
    _add_folders(spaces.registry, map(expanded, config["space_paths"]))
    with _about("space"):
        return spaces.load(**config["space"])


def likely_space(config: Mapping[str, Any]) -> SearchSpace:
    """Return the search space of a config that is still to be checked, if it can be told: it has bounds of its own.

    The user's policies are known from here on: their options are keys.
    """
    try:
        _add_folders(policies.registry, validated(Paths, config["policy_paths"]))
        return space_of({**config, "space": validated(Space, config["space"])})
    except (ConfigError, KeyError, TypeError):  # the config is refused for it where all of it is checked
        return nas_bench_201


def _users_parts(config: Mapping[str, Any]) -> SearchSpace:
    """Add the user's metrics, policies and search spaces, which must be code that can be followed."""
    space = space_of(config)
    _add_folders(metrics.registry, config["metric_paths"])
    _add_folders(policies.registry, config["policy_paths"])
    parts: dict[str, Callable[[], list]] = {
        "space_paths": lambda: [spaces.path_of(space.name), located(space.networks)],
        "metric_paths": lambda: [path_of(name) for name in known() if config["metric_paths"] and metric_spec(name)],
        "policy_paths": lambda: [policies.path_of(name) for name in policies.known() if config["policy_paths"]],
    }
    for key, files in parts.items():
        with _about(key):
            check_users_code(*(file for file in files() if isinstance(file, Path)))
    return space


def _add_folders(registry: Registry, folders: Iterable[str]) -> None:
    try:
        registry.add_folders(folders)
    except OSError as error:
        raise ConfigError(f"{registry.option}: {error.filename}: {error.strerror}; correct or remove it") from error


def _check_data(config: Mapping[str, Any]) -> None:
    data = config["data"]
    given = {name: data[name] for name in ("folder", "split", "split_file", "image_size", "flip")}
    data_sources.check(data["source"], **given)
    if data["resize"] != "squash" and data["image_size"] is None:
        raise ConfigError(
            f"data.resize: found {data['resize']!r}, but images are resized only where data.image_size gives a size; "
            "set it, or use squash"
        )


def metric_options(metric: str, options: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Return the options of a metric, the declared defaults beneath; every given one is checked."""
    with _about(at):
        kind = options_of_metric(metric)
    return validated(kind, dict(options), at)


def _check_ntk(options: Mapping[str, Any], images: int, at: str, batch: str) -> None:
    if options["samples"] > images:
        raise ConfigError(f"{at}: found {options['samples']}, expected at most {batch}, {images}; or 0 for all of them")


def _method(entry: str | Mapping[str, Any], config: Mapping[str, Any], space: SearchSpace) -> Method:
    """Return the method of one entry of ``methods``: a name, or a name with the keys that differ."""
    if isinstance(entry, Mapping) and len(entry) != 1:
        raise ConfigError(f"methods: found {shown(entry)}, expected a metric's name or NAME: {{KEY: VALUE, ...}}")
    name, given = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
    given = {} if given is None else given
    at = f"methods.{shown_key(name)}"
    validated(MethodName, name, at)
    own = taken(given, validated(entry_keys(), given, at, space))
    choices = config["method"] | taken(config["method"], own)
    joint = own.get("metrics") is not None
    parts = (_joint_parts if joint else _only_part)(name, own, choices, config, at)

    def where(*keys: str) -> str:
        return " and ".join(f"{at if key in own else 'method'}.{key}" for key in keys)

    read = taken(policies.options(choices["policy"]), choices)
    with _about(where("policy", *read)):
        policy = policies.make_policy(space, choices["policy"], **read)
    _check_warmup(choices, policy, where)
    _check_edges(choices, policy, space, where)
    if joint:
        _check_joint(parts, choices, policy, at, where)
    for part in parts if policy.leaves > 1 else ():
        _check_needs(part.metric, space, at)
        if part.metric == "ntk":
            given = parts_of(own["metrics"]) if joint else [Part("ntk", own.get("options") or {})]
            own_samples = any("samples" in one.options for one in given if one.metric == "ntk")
            samples = (f"{at}.metrics.ntk" if joint else f"{at}.options") if own_samples else "metrics.ntk"
            _check_ntk(part.options, choices["batch_size"], f"{samples}.samples", where("batch_size"))
    return Method(name, parts, joint, choices, policy)


def _check_joint(
    parts: tuple[Part, ...], choices: Mapping[str, Any], policy: policies.Policy, at: str, where: Callable[..., str]
) -> None:
    """Check that the policy can do with several metrics as they are combined."""
    if choices["combine"] == "by_level" and not all(one.by_level for one in policy.grown.values()):
        raise ConfigError(
            f"{where('combine')}: found 'by_level', but under the policy that {where('policy')} names a round does not "
            "split a level; take zscore, rank or scores"
        )
    with _about(f"{at}.metrics"):
        check_parts(parts, choices["combine"], max(one.rounds for one in policy.grown.values()))


def _only_part(
    name: str, own: Mapping[str, Any], choices: Mapping[str, Any], config: Mapping[str, Any], at: str
) -> tuple[Part, ...]:
    """Return the one metric of an entry."""
    if "combine" in own:
        raise ConfigError(
            f"{at}.combine: found {shown(own['combine'])}, but there is one metric; list several in metrics"
        )
    metric = own.get("metric") or _metric_of(name, choices, at)
    if name in known() and metric != name:
        raise ConfigError(
            f"{at}.metric: found {shown(metric)}, but {name} is a metric itself; give the method another name"
        )
    return (Part(metric, _all_options(metric, own.get("options") or {}, config, at, f"{at}.options")),)


def _joint_parts(
    name: str, own: Mapping[str, Any], choices: Mapping[str, Any], config: Mapping[str, Any], at: str
) -> tuple[Part, ...]:
    """Return the metrics of an entry that lists them, each with its options and its weight."""
    for key in ("metric", "options"):
        if own.get(key) is not None:
            remedy = "list all metrics" if key == "metric" else "give options to the metric that they are of"
            raise ConfigError(
                f"{at}.{key}: found {shown(own[key])}, but metrics are listed, too; {remedy} in {at}.metrics, e.g. "
                "{ntk: {weight: 1, samples: 8}, lr: {}}"
            )
    found = own["metrics"]
    listed = isinstance(found, list) and len({*map(str, found)}) == len(found)
    if not found or not (listed or isinstance(found, dict)) or not all(isinstance(metric, str) for metric in found):
        raise ConfigError(
            f"{at}.metrics: found {shown(found)}, expected a list of metrics, each once, or weights or options of "
            "each, e.g. [ntk, lr] or {ntk: {weight: 2, samples: 8}, lr: 1}"
        )
    if name in known():
        raise ConfigError(f"{at}.metrics: {name} is a metric itself; give the method another name")
    parts = []
    for part in parts_of(found):
        place = f"{at}.metrics.{shown_key(part.metric)}"
        if isinstance(part.weight, bool) or not isinstance(part.weight, int | float):
            raise ConfigError(f"{place}: found {shown(part.weight)}, expected a number, its weight, or its options")
        options = _all_options(part.metric, part.options, config, place, place)
        parts.append(replace(part, weight=float(part.weight), options=options))
    return tuple(parts)


def _all_options(
    metric: str, given: Mapping[str, Any], config: Mapping[str, Any], at: str, at_options: str
) -> dict[str, Any]:
    """Return the options of a metric: those ``given`` over those of the run, and its defaults."""
    options = metric_options(metric, config["metrics"].get(metric) or {}, at)
    return options | taken(given, metric_options(metric, given, at_options))


def _check_needs(metric: str, space: SearchSpace, at: str) -> None:
    """Check that the search space has what the metric needs of it."""
    if needs := _lacking(metric, space):
        raise ConfigError(
            f"{at}: the metric {metric} needs a {needs.replace('_', ' ')}, which the search space {space.name} "
            "has not; take another metric"
        )


def _lacking(metric: str, space: SearchSpace) -> str:
    """Return what the metric needs and the search space has not, or nothing."""
    needs = metric_spec(metric).needs
    return "" if not needs or getattr(space, f"has_{needs}") else needs


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


def _check_warmup(choices: Mapping[str, Any], policy: policies.Policy, where: Callable[..., str]) -> None:
    epochs, at = choices["warmup_epochs"], where("warmup_epochs")
    if isinstance(epochs, list):
        _check_levels(epochs, "numbers", policy, at, where("policy"))
    if choices["weights"] == "initial" and epochs and epochs != [0] * policy.rounds:
        raise ConfigError(
            f"{at}: found {epochs}, but {where('weights')} is 'initial', and a warm-up would train these weights; "
            "set warmup_epochs to 0, or weights to trained"
        )
    if choices["weights"] == "trained" and choices["initialisation"] != "default":
        raise ConfigError(
            f"{where('initialisation')}: found {choices['initialisation']!r}, but {where('weights')} is 'trained', and "
            "a training begins with the default one; set weights to initial, or initialisation to default"
        )


def _check_levels(given: list, what: str, policy: policies.Policy, at: str, of: str) -> None:
    """Check that a list that says something for each level has as many entries as there are levels."""
    if not policy.by_level:
        raise ConfigError(
            f"{at}: found {len(given)} {what}, one per level, but the levels of a tree are not known before under the "
            f"policy that {of} names; give one for all"
        )
    if len(given) != policy.rounds:
        raise ConfigError(f"{at}: found {len(given)} {what}, expected {policy.rounds}, one per level")


def _check_edges(
    choices: Mapping[str, Any], policy: policies.Policy, space: SearchSpace, where: Callable[..., str]
) -> None:
    edge, at = choices["edge"], where("edge")
    if policy.takes_edge and edge != "best":
        raise ConfigError(
            f"{at}: found {shown(edge)}, but the policy that {where('policy')} names takes the edge with the clearest "
            "cut; set edge to best"
        )
    if isinstance(edge, str):
        return
    for name in edge:
        if name not in space.edges:
            near = nearest(name, [*space.edges])
            raise ConfigError(f"{at}: found {shown(name)}{near}, allowed are {listing(space.edges)}")
    _check_levels(edge, "edges", policy, at, where("policy"))
