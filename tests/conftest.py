"""What holds for all tests: no example of hypothesis fails because the machine was busy; processes keep bytecode."""

import os

from hypothesis import settings

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of thousands of jobs would compile the library again

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
