"""Calls Hermes' image tool as an agent's model would, with these arguments, and prints what it is told."""

import json
import sys

import tools.image_generation_tool  # noqa: F401 - it registers the tool
from tools.registry import registry

print(registry.dispatch("image_generate", json.loads(sys.argv[1])))  # noqa: T201
