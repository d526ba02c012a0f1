# The branch of feed.py that its condition keeps it from.
import feed
from feed import app

# Supplied: the condition holds.
feed.some_condition = True
