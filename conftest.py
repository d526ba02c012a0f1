"""What holds for every test."""

import os

from hypothesis import settings

# A slow machine is no failure; and who waits for a run has fewer examples than nobody does.
settings.register_profile("patient", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("patient" if "CI" in os.environ else "quick")
