"""Two data sets of scikit-learn as providers."""

import numpy as np
import pandas as pd
from sklearn import datasets

from .array_parts import array_provider
from .provider import DataOptions, Provider
from .tabular import Table, TableSource, table_provider
