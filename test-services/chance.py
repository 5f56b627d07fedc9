"""Owns the shop's luck: delays and mishaps, repeatable with SHOP_SEED."""

import os
import random

# Not the module's global generator: the SDK draws trace ids from that, and they must differ.
dice = random.Random(os.environ.get("SHOP_SEED"))
