import sys
from pathlib import Path

# The fakes beside the tests are imported by name; pytest's importlib mode leaves the folder off the path.
sys.path.insert(0, str(Path(__file__).parent))
