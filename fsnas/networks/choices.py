"""What a network that is scored may be like, in words of the config and of files."""

from typing import Literal, get_args

BatchNorm = Literal["batch", "identity"]
Initialisation = Literal["default", "fan_out"]
BATCH_NORMS, INITIALISATIONS = map(get_args, (BatchNorm, Initialisation))
