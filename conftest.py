"""What holds for every test."""

from hypothesis import settings

# A slow machine is no failure.
settings.register_profile("falconws", deadline=None)
settings.load_profile("falconws")
