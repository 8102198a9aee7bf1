"""The config, key by key: type, default, bounds and what it says. Nowhere else stands any of it.

What parts declare themselves comes from their own files: sizes of a search space, options of policies, samplers and
metrics. ``config.yaml`` and the JSON Schema are written from this module (``make config``). Nothing here imports torch.
"""

import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model
from pydantic_core import PydanticKnownError, core_schema

from fsnas import metrics
from fsnas.analysis.split_distance import Normalisation
from fsnas.benchmark import sources as truth_sources
from fsnas.data import sources as data_sources
from fsnas.data.sources.imagefolder import SMALLEST, Resize
from fsnas.data.splits import Split
from fsnas.errors import ConfigError
from fsnas.networks.choices import BatchNorm, Initialisation
from fsnas.networks.gates import Mixing, Perturbation
from fsnas.registry import Option
from fsnas.search import algorithms, samplers
from fsnas.search.rungs import Selection
from fsnas.spaces import SearchSpace, count_architectures
from fsnas.spaces.nas_bench_201 import space as nas_bench_201
from fsnas.splitting import policies
from fsnas.splitting.choices import Average, Balance, Combine, EdgeRule, Objective, Weights
from fsnas.training.recipe import Sampling
from workflow_scripts._plotting import is_path

NUMBER = r"(?i)[\d_]+(e-?[\d_]+)?|nan|inf(inity)?|true|false"  # as tables read them
FILE_NAME = 255  # bytes; what file systems take
LENGTHS = {"ge": "min_length", "le": "max_length"}


@dataclass(frozen=True)
class Bounds:
    """Smallest and largest value of a number, or length of a list or a text, and why: what a message says.

    A text is a number that the search space has: of ``edges``, ``operations`` or ``architectures``.
    """

    ge: float | None = None
    le: float | str | None = None
    why: str = ""
    gt: float | None = None
    lt: float | None = None
    pattern: str | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Return what pydantic checks."""
        schema = handler(source)
        names = {} if schema["type"] in ("int", "float") else LENGTHS
        said = {name: getattr(self, name) for name in ("ge", "gt", "lt", "pattern")}
        said |= {} if isinstance(self.le, str) else {"le": self.le}
        schema |= {names.get(name, name): value for name, value in said.items() if value is not None}
        return schema if "le" in said else core_schema.with_info_after_validator_function(self._fits_space, schema)

    def _fits_space(self, value: Any, info: Any) -> Any:
        most = info.context[self.le]
        if (len(value) if isinstance(value, list) else value) > most:
            raise PydanticKnownError("less_than_equal", {"le": most})
        return value

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Return what the JSON Schema says, the search space still to be filled in (`_schema`)."""
        said, why = handler(schema), self.why
        if isinstance(self.le, str):
            said["maxItems" if said["type"] == "array" else "maximum"] = self.le
            why = why or f"the search space has {{{self.le}}} {self.le}"
        return said | ({"$comment": why} if why else {})


def numbers_of(space: SearchSpace) -> dict[str, int]:
    """Return the numbers that bounds name."""
    counts = {name: len(getattr(space, name)) for name in ("edges", "operations")}
    return {**counts, "architectures": count_architectures(space.full())}


def _once(values: list) -> list:
    if len({*values}) < len(values):
        raise ValueError("expected each entry once")
    return values


def expanded(path: str) -> str:
    """Return a path with the ~ in front written out; of an empty HOME nothing would be left but the rest."""
    return path if os.environ.get("HOME") == "" else os.path.expanduser(path)


def _path(path: str) -> str:
    """Return a path with its ~ written out, if files can have such a name and none of it is still to be filled in."""
    path = expanded(path)
    if any(len(os.fsencode(part)) > FILE_NAME for part in path.split("/")):
        raise ValueError(f"expected at most {FILE_NAME} bytes in each name; shorten it")
    if address := re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path):
        raise ValueError(
            f"expected a path: fsnas reads and writes files and follows no address ({address[0]}); copy or mount what "
            "is there, and give the path"
        )
    if path.startswith("~"):
        raise ValueError("but there is no such user, or no HOME; write the whole path")
    if "$" in path:
        raise ValueError("but of all that a shell fills in only a ~ in front is; write the whole path")
    return path


def _method_name(name: str) -> str:
    if re.fullmatch(NUMBER, name):
        raise ValueError("which reads as a number or a truth value in a table; add a letter")
    if re.search(r"(.+)\1{19,}$", name):
        raise ValueError("which Snakemake takes for an endless loop; give it a varied name")
    return name


def _style(style: str) -> str:
    return _path(style) if is_path(style) else style


# What has a file, or a function, of its own name.
DataSource: Any = Literal[*data_sources.known()]
TruthSource: Any = Literal["standalone", *truth_sources.known()]
PolicyName: Any = Literal[*policies.known()]
UNIQUE = (AfterValidator(_once), Field(json_schema_extra={"uniqueItems": True}))
Samplers: Any = Annotated[list[Literal[*samplers.known()]], Bounds(1), *UNIQUE]  # type: ignore[misc]
Init = Literal["scratch", "root"]
Text = Annotated[str, Bounds(1)]
Path = Annotated[Text, AfterValidator(_path)]
Paths = Annotated[list[Path], Bounds(le=1000), *UNIQUE]
Names = str | Annotated[list[str], *UNIQUE]
NAME = "a name of letters a to z, digits, _ and -, none of these two in front, since files are named after it"
FOLDER = "the path of a folder, without a space around it or { } $ in it; ./1 for one that is named like a number"
MEMORY = "all of them are in memory at once, with one number per architecture"
FILE = "the path of a file, without { and }, which stand for wildcards in Snakemake"
Name = Annotated[str, Bounds(le=64, why=NAME, pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$")]
MethodName = Annotated[Name, AfterValidator(_method_name)]
Folder = Annotated[str, Bounds(why=FOLDER, pattern=r"^[^\s{}$]([^{}$]*[^\s{}$])?$"), AfterValidator(_path)]
File = Annotated[str, Bounds(why=FILE, pattern="^[^{}]+$"), AfterValidator(_path)]
Digest = Annotated[str, Bounds(why="64 hexadecimal digits", pattern="^[0-9a-fA-F]{64}$")]
Seed = Annotated[int, Bounds(0, 2**32 - 1, "generators take seeds of 32 bits")]
Seeds = Annotated[list[Seed], Bounds(1, 1000), *UNIQUE]
Count = Annotated[int, Bounds(1, 1_000_000)]
Epochs = Annotated[int, Bounds(0, 1_000_000, "NAS-Bench-201 takes 200")]
Warmup = Epochs | Annotated[list[Epochs], Bounds(1, "edges")]
Threads = Annotated[int, Bounds(1, 1024, "more than any machine has cores")]
Resamples = Annotated[int, Bounds(1, 10_000, MEMORY)]
Batch = Annotated[int, Bounds(2, 65_536, "images that go through the network at once")]
Batches = Annotated[int, Bounds(0, 1_000_000, "0 for all")]
Architectures = Annotated[int, Bounds(0, "architectures", "there are {architectures}; 0 for all")]
Few = Annotated[int, Bounds(1, "architectures", "there are {architectures}")]


class Section(BaseModel):
    """Keys and nothing else; a text is no number."""

    model_config = ConfigDict(extra="forbid", strict=True)


def key(default: Any, about: str = "") -> Any:
    """Return a key of the config: its default, and what config.yaml says of it."""
    return Field(default, description=about)


def section(kind: Callable[[], Section]) -> Any:
    """Return a key with keys."""
    return Field(default_factory=kind)


def options(name: str, parts: Mapping[str, Mapping[str, Option]], instead: str = "") -> type[Section]:
    """Return a section with the options that ``parts`` declare, each with the names of those that have it.

    All may be null where something is there ``instead``.
    """
    keys: dict[str, Any] = {}
    for option in {option: None for declared in parts.values() for option in declared}:
        of = [part for part, declared in parts.items() if option in declared]
        kind, about = _checked(parts[of[0]][option].type)
        default = parts[of[0]][option].default
        about = f"{', '.join(of)}: {about}" if about and of != [""] else about
        if instead:
            kind, default, about = kind | None, None, f"{about}; null for {instead}".removeprefix("; ")
        default = [*default] if isinstance(default, tuple) else default
        # Under a name that pydantic has no use for itself.
        keys[f"option_{option}"] = kind, Field(default, description=about, alias=option)
    return create_model(name, __base__=Section, **keys)


def _checked(kind: Any) -> tuple[Any, str]:
    """Return the type of an option with its bounds, and what is said of it."""
    if get_origin(kind) is not Annotated:
        return (list[_checked(*get_args(kind))[0]] if get_args(kind) else kind), ""  # type: ignore[misc]
    kind, *said = get_args(kind)
    checked, about = _checked(kind)[0], next((text for text in said if isinstance(text, str)), "")
    bounds = [Bounds(**given) for given in said if isinstance(given, dict)]
    return (Annotated[checked, *bounds] if bounds else checked), about


def sizes(space: SearchSpace) -> dict[str, Option]:
    """Return how large a network of the search space can be made."""
    hints = get_type_hints(space.Size, include_extras=True)
    plain = Annotated[int, {"ge": 1, "le": 65_536}]
    given = {each.name: ... if each.default is MISSING else each.default for each in fields(space.Size)}
    return {name: Option(plain if hints[name] is int else hints[name], value) for name, value in given.items()}


class Data(Section):
    """Images, and how they are split."""

    name: Name = key("digits", "names the file: {outdir}/data/{name}.h5")
    source: DataSource = key("digits", f"{', '.join(data_sources.known())} (docs/images.md)")
    folder: Path | None = key(None, "where the images lie, or where cifar10 and cifar100 are downloaded to")
    download: bool = key(False, "let torchvision download cifar10 or cifar100 into folder")
    split: Split = key("balanced", "train, valid: balanced (seeded halves) or nasbench201 (its own split of CIFAR-10)")
    split_file: Path | None = key(None, "nasbench201: path of its cifar-split.txt")
    seed: Seed = key(0, "of the balanced split, and of the test part where the images have none")
    image_size: Annotated[int, Bounds(SMALLEST, 1024)] | None = key(
        None, "imagefolder: resize to this many pixels a side, 8 or more; null wants images of one size"
    )
    resize: Resize = key("squash", "imagefolder: what is not square is squashed, or loses its ends (centre_crop)")
    crop_padding: Annotated[int, Bounds(0, 128)] = key(
        1, "training: pixels of padding before a random crop; 0 for none"
    )
    flip: bool = key(False, "training: flip left and right at random (not for digits)")


class Space(Section):
    """Edges, operations, and how a network is built from them."""

    name: Text = key("nas-bench-201", "the search space")
    operations: Annotated[list[Text], Bounds(2, 100), *UNIQUE] | None = key(
        None, "of every edge; a list leaves the others out, e.g. [skip_connect, nor_conv_1x1, nor_conv_3x3]"
    )
    nodes: Annotated[int, Bounds(3, 5)] | None = key(None, "of a cell, the input included; null for 4")


class Supernet(Section):
    """The network that all trees begin with, and how it is trained."""

    mixing: Mixing = key("mean", "mean or sum (equation 2 as printed) over the operations of an edge")
    sampling: Sampling = key("superposition", "superposition, uniform (SPOS), fair (FairNAS)")
    epochs: Epochs = key(20)
    batch_size: Batch = key(64)
    lr: Annotated[float, Bounds(gt=0, le=1000)] = key(0.1, "SGD with Nesterov momentum, cosine schedule")
    momentum: Annotated[float, Bounds(0, lt=1)] = key(0.9)
    weight_decay: Annotated[float, Bounds(0, 1000)] = key(0.0005)
    grad_clip: Annotated[float, Bounds(gt=0, le=1e30)] = key(5.0)
    valid_batches: Batches = key(2, "validation batches after each epoch; 0 for all")


class Scoring(Section):
    """What decides scores."""

    perturbation: Perturbation = key("disable", "disable (the paper) or isolate (GM-NAS)")
    weights: Weights = key("trained", "of the supernet, or initial: each repetition scores a fresh network")
    initialisation: Initialisation = key("default", "initial weights: default (PyTorch's) or fan_out (Kaiming normal)")
    batch_norm: BatchNorm = key(
        "batch", "while scoring: batch (its statistics) or identity (mean 0, variance 1: a fresh network's evaluation)"
    )
    repetitions: Annotated[int, Bounds(1, 10_000)] = key(1, "R: batches, the same for all operations of a node")
    batch_size: Batch = key(64, "images of one scoring batch")
    warmup_epochs: Warmup = key(
        0, "further training of a node before it is scored: a number, or a list with one per level"
    )


class Policy(Section):
    """Which policy, beside the options of each."""

    policy: PolicyName = key(
        "constant", "constant, schedule, adaptive, tuned, exhaustive (Few-Shot NAS), none (one-shot)"
    )


class Cutting(Section):
    """What decides a cut."""

    edge: EdgeRule | Annotated[list[Text], Bounds(1, "edges"), *UNIQUE] = key(
        "best", "best (cheapest cut), first, random, or a list with an edge for each level"
    )
    objective: Objective = key("mean", "affinity across groups: mean over the pairs that are cut, or their sum")
    balance: Balance = key("none", "none, or equal: group sizes differ by at most one")
    average: Average = key("affinities", "over repetitions: of affinities, or of scores before they are compared")


class Joining(Section):
    """What several metrics of one method are together."""

    combine: Combine = key(
        "zscore", "several `metrics`: zscore or rank (affinities, on one scale), scores (their sum), by_level"
    )


class Start(Section):
    """What leaves begin with."""

    init: Init = key("scratch", "leaves start from scratch, or from root: its supernet's weights (Few-Shot NAS)")


OUR_POLICIES = {name: policies.options(name) for name in policies.known()}
PolicyOptions: Any = options("PolicyOptions", OUR_POLICIES)


class MethodKeys(Start, Joining, Cutting, PolicyOptions, Policy, Scoring):
    """What a method is made of. Each of these keys may also stand in an entry of `methods`."""


class Entry(MethodKeys):
    """An entry of ``methods``."""

    metric: Text | None = None
    options: dict[str, Any] | None = None
    metrics: Any = None  # a list, or weights or options of each by name: what is wrong with it is said where it is read


class Metrics(Section):
    """Options of metrics; `options: {samples: 8}` in an entry of `methods` sets them for it alone."""

    model_config = ConfigDict(extra="allow")  # metrics of the user's own, checked where their folder is known
    __pydantic_extra__: dict[str, dict[str, Any] | None] = Field(init=False)


class Leaves(Section):
    """The sub-supernets that a tree ends in, trained with the settings of `supernet` and these."""

    methods: Names = key(["gm-nas", "random", "one-shot"], "or fewer: those in `methods`; all; [] trains no leaf")
    sampling: Sampling = key("uniform", "superposition, uniform, fair: as for the root")
    epochs: Count | None = key(None, "of every leaf that is never dropped; or (the one that is said later counts)")
    total_epochs: Count | None = key(
        24, "of all leaves of a tree, rounded down to whole epochs each: equal costs of 1, 5 and 8"
    )
    selection: Selection = key("all", "leaves that are searched: all, top_k, successive_halving")
    keep: Few = key(1, "top_k, successive_halving: leaves that are left")
    sampled: Few = key(16, "top_k, successive_halving: architectures by whose accuracy a leaf is judged")


class Evaluation(Section):
    """An architecture with the weights of its leaf, on images of the validation part."""

    batch_size: Batch = key(128)
    batches: Batches = key(2, "the same for every architecture, leaf and method of a seed; 0 for all")
    architectures: Architectures = key(0, "of those with a truth, compared with it by rank: a seeded sample; 0 for all")


class Searching(Section):
    """How the best architecture of the leaves is looked for."""

    samplers: Samplers = key(
        ["random", "evolution"], f"of {', '.join(samplers.known())}; the first one's results stand in the summary"
    )
    evaluations: Annotated[int, Bounds(1, 100_000)] = key(60, "of each sampler")
    algorithms: dict[str, Any] = key(
        {},
        f"differentiable searches of each leaf, by a name: {', '.join(algorithms.known())}; or "
        "{darts-2: {algorithm: darts, order: 2, methods: [random]}}",
    )


class Truth(Section):
    """What an architecture is really worth: test accuracies of stand-alone trainings."""

    source: TruthSource = key(
        "standalone", f"standalone (trained here), {', '.join(truth_sources.known())} (docs/truth.md)"
    )
    file: File | None = key(None, "not standalone: path of the file, or of the folder (natsbench)")
    sha256: Digest | None = key(None, "not standalone: checked before the file is read, where given")
    architecture_column: Text = key("ArchitectureString", "csv, json: where the architecture strings stand")
    column: Text | None = key(
        None, "the truth; null for the usual one (nasbench201, natsbench), the only test accuracy (csv, json)"
    )
    architectures: Architectures = key(24, "standalone: a seeded sample of all 15,625; 0 for all")
    epochs: Count = key(3, "standalone: of each training; the other settings are those of `supernet`")
    seed: Seed = key(0, "standalone: of the sample and of the trainings")
    mem_mb: Annotated[int, Bounds(1, 100_000_000)] | None = key(
        None, "nasbench201, natsbench: memory of the job that reads the file; null for what it needs"
    )


class Proxies(Section):
    """Every metric of a single architecture at initialisation, without a supernet, against the truth."""

    metrics: Names = key(["gradnorm", "snip", "synflow", "jacobcov", "naswot", "params"], "or all; [] for none")
    seeds: Seeds = key([0], "of weights and images")
    architectures: Architectures = key(0, "of those with a truth: a seeded sample; 0 for all")
    batch_size: Batch = key(32)


class Distances(Section):
    """The split distance, and intervals."""

    normalisation: Normalisation = key("corrected", "corrected, z = 2 (|O| - 1), or as_printed, z = 2 |O| - 1")
    resamples: Resamples = key(2000, "of every bootstrap: over seeds; for the proxies over architectures")
    seed: Seed = key(0)


class Plotting(Section):
    """How figures look. A change draws them again, and nothing else."""

    style: Annotated[Text, AfterValidator(_style)] | dict[str, Any] | None = key(
        None,
        "a style of matplotlib by its name, a .mplstyle file by its path, or rcParams: {font.size: 8}\n"
        "It lies over our own style, and that over your matplotlibrc, whose changes rerun nothing.",
    )
    width: Annotated[float, Bounds(2.5, 60)] | None = key(
        None, "inches of every figure, e.g. 3.3 for one column of a paper; null for each figure's own"
    )
    methods: str | Annotated[list[str], Bounds(1), *UNIQUE] = key(
        "all", "that figures over methods show, or fewer: those in `methods`; tables keep all"
    )


class Resources(Section):
    """What a job asks for."""

    gpu: Annotated[int, Bounds(0, 1)] = key(1, "cards of a training or scoring job: 1, or 0 to leave all cards alone")
    jobs_per_card: Annotated[int, Bounds(1, 16)] = key(
        1, "jobs of a local run that share a card; side by side with NVIDIA's MPS (docs/cluster.md)"
    )


METHODS = """\
# A metric's name is the method of that name; an entry with keys is another method beside it: `metric`, `options` (of
# the metric), or `metrics`, several that are one method together, and any key of `method` above, e.g.
#   - gm-equal: {metric: gm, balance: equal}
#   - ntk-lr: {metrics: [ntk, lr], combine: rank}
#   - weighted: {metrics: {gradnorm: 2, ntk: {weight: 1, samples: 8}}}
# A name that stands for a paper is what its authors run (docs/decisions.md), whatever `method` says.
methods:
  - gm-nas:               # GM-NAS (Hu et al. 2022)
      {metric: gm, weights: trained, initialisation: default, batch_norm: batch, perturbation: isolate,
       balance: equal, edge: best, policy: constant, branching: 2, init: scratch}
  - snip
  - synflow
  - jacobcov
  - random                # the control: no number can be read without it
  - one-shot: {policy: none}
  # Further metrics: FURTHER.
  # And Few-Shot NAS (Zhao et al. 2021):
  # - few-shot-nas: {policy: exhaustive, depth: 1, edge: first, init: root}
"""
FURTHER = [name for name in metrics.known() if not re.search(rf"^  - {name}( |$)", METHODS, re.M)]
METHODS = METHODS.replace("FURTHER", ", ".join(FURTHER))


class Config(Section):
    """The default run: scikit-learn's digits on a laptop, in minutes.

    Every key a user may set is here, with its default.
    A preset of configs/ is laid over this file:  snakemake --cores all --configfile configs/cifar10-small.yaml
    Name fewer methods, or ask for fewer evaluations, and what is left to this file or a preset fits: "or fewer" below.
    In every path a ~ in front is the home folder; relative paths begin where Snakemake runs.
    """

    outdir: Folder = key("results", "folder of all that a run writes")
    seeds: Seeds = key([0, 1, 2], "one supernet, and one tree per method, for each")
    device: Literal["auto", "cpu", "cuda"] = key("auto", "auto (the first visible card, else the CPU), cpu, cuda")
    threads: Threads = key(1, "torch threads of one job; a setting, because it may change the last bits of a result")
    data: Data = section(Data)
    space: Space = section(Space)
    space_paths: Paths = key([], "folders with search spaces of yours, a file each (docs/spaces.md); their code is run")
    supernet: Supernet = section(Supernet)
    method: MethodKeys = section(MethodKeys)
    methods: Annotated[list[str | dict[str, Any]], Bounds(1, 100)] = key(yaml.safe_load(METHODS)["methods"])
    metrics: Metrics = section(Metrics)
    metric_paths: Paths = key([], "folders with metrics of yours, a file each (docs/methods.md); their code is run")
    policy_paths: Paths = key([], "folders with policies of yours, a file each (docs/methods.md); their code is run")
    leaves: Leaves = section(Leaves)
    evaluation: Evaluation = section(Evaluation)
    search: Searching = section(Searching)
    truth: Truth = section(Truth)
    proxies: Proxies = section(Proxies)
    distances: Distances = section(Distances)
    plotting: Plotting = section(Plotting)
    resources: Resources = section(Resources)


def options_of_metric(metric: str) -> type[Section]:
    """Return the options of a metric, a section."""
    return options("Metric", {"": metrics.metric_spec(metric).declared})


def options_of_algorithm(algorithm: str) -> type[Section]:
    """Return the options of an algorithm of a differentiable search, a section."""
    return options("Algorithm", {"": algorithms.options(algorithm)})


def _with(kind: type[Section], *bases: type[Section], **keys: Any) -> Any:
    """Return a section with the keys of all ``bases``, those of the last one first."""
    return create_model(kind.__name__, __base__=bases, __doc__=kind.__doc__, **keys)


OURS = {name: options_of_metric(name) for name in metrics.known() if metrics.metric_spec(name).declared}


def _users_policies() -> tuple[tuple[str, str], ...]:
    """Return the names of the policies that users brought, and what their options are: a model is of these."""
    return tuple((name, repr(policies.options(name))) for name in policies.known() if name not in OUR_POLICIES)


@functools.cache
def _with_policies(kind: type[Section], theirs_now: tuple[tuple[str, str], ...]) -> Any:
    """Return the keys of a method, or of an entry, with those of policies that users brought.

    `ConfigError` if an option of one has the name of another key.
    """
    if not theirs_now:
        return kind
    theirs = {name: policies.options(name) for name, _ in theirs_now}
    others = {*Entry.model_fields} - {*PolicyOptions.model_fields}
    for name, declared in theirs.items():
        if taken := sorted(others & {*declared}):
            raise ConfigError(
                f"policy_paths: {policies.path_of(name)} has an option {taken[0]!r}, which is a key of every method; "
                "give it another name"
            )
    known = [*OUR_POLICIES, *theirs]
    policy: Any = Literal[*known], key("constant", ", ".join(known))
    return _with(kind, options("PolicyOptions", OUR_POLICIES | theirs), kind, policy=policy)


def entry_keys() -> type[Section]:
    """Return what an entry of ``methods`` may have, the options of all policies that are known now included."""
    return _with_policies(Entry, _users_policies())


def model_of(space: SearchSpace = nas_bench_201) -> type[Section]:
    """Return the model of a whole config with this search space: with what parts declare that are known now."""
    return _model_of(space, _users_policies())


@functools.cache
def _model_of(space: SearchSpace, theirs: tuple[tuple[str, str], ...]) -> type[Section]:
    size = {"": {**sizes(space), **sizes(nas_bench_201)}}
    of_samplers = {name: samplers.options(name) for name in samplers.known()}
    of_metrics = _with(Metrics, Metrics, **{name: (kind | None, section(kind)) for name, kind in OURS.items()})
    parts = {
        "method": _with_policies(MethodKeys, theirs),
        "supernet": _with(Supernet, Supernet, options("Size", size)),
        "search": _with(Searching, options("Samplers", of_samplers), Searching),
        "proxies": _with(Proxies, options("Size", size, "that of `supernet`"), Proxies),
    }
    keys = {name: (kind, section(kind)) for name, kind in parts.items()}
    keys["metrics"] = of_metrics, section(lambda: of_metrics(ntk={"samples": 16}))
    return _with(Config, Config, **keys)
