"""Measurements of falconws. Each prints ratios of one run; no test asserts a time."""
