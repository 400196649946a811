import sys
from pathlib import Path

# As for a script of that folder.
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
