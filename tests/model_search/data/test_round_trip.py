import json
import subprocess
import sys

import keras
import numpy as np
from tables import people

from model_search.data import builtin
from model_search.data.pipeline import Pipeline
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, providers
from model_search.data.signature import from_json, to_json

assert builtin

PREDICT = """
import sys, json, numpy as np, keras
model = keras.models.load_model(sys.argv[1])
raw = json.load(open(sys.argv[2]))
raw = {n: np.array(v, dtype=object if isinstance(v[0], str) else "float32") for n, v in raw.items()}
np.save(sys.argv[3], model.predict(raw, verbose=0))
assert not any(name.startswith("model_search") for name in sys.modules)
"""


def test_saved_model_takes_raw_rows_in_a_process_that_knows_only_keras(tmp_path):
    (tmp_path / "t.csv").write_text(people())
    made = providers["csv"](DataOptions(filename=str(tmp_path / "t.csv")))
    pipeline = Pipeline(made, 32)
    tower = keras.Sequential([keras.Input(pipeline.encoding.shape), keras.layers.Dense(2)])
    inputs = pipeline.raw_inputs()
    model = keras.Model(inputs, tower(made.encode(inputs)))
    raw = {"age": [30.0, np.nan, 45.0], "pay": [0.0, 1e30, 17.0], "job": ["cook", "pilot", "never seen"]}
    model.save(tmp_path / "m.keras")
    (tmp_path / "raw.json").write_text(json.dumps(raw))
    paths = [str(tmp_path / name) for name in ("m.keras", "raw.json", "out.npy")]
    subprocess.run([sys.executable, "-c", PREDICT, *paths], check=True, cwd=tmp_path)
    here = model.predict({k: np.array(v, dtype=object if k == "job" else "float32") for k, v in raw.items()}, verbose=0)
    assert np.isfinite(here).all()
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), here, rtol=1e-6)

    signature = from_json(json.loads(json.dumps(to_json(made))))
    assert signature.layout == made.layout
    (tmp_path / "p.csv").write_text("job,pay,age\ncook,0,30\npilot,1e30,?\nnever seen,17,45\n")
    ((ids, features),) = read_features(str(tmp_path / "p.csv"), signature)
    assert ids == ["2", "3", "4"]
    np.testing.assert_allclose(model.predict(features, verbose=0), here, rtol=1e-6)


def test_encoded_training_rows_are_what_the_exported_model_sees(tmp_path):
    (tmp_path / "t.csv").write_text(people())
    made = providers["csv"](DataOptions(filename=str(tmp_path / "t.csv")))
    pipeline = Pipeline(made, 32)
    inputs = pipeline.raw_inputs()
    model = keras.Model(inputs, made.encode(inputs))
    batches = [model(x).numpy() for x, _, _ in made.train()]
    np.testing.assert_allclose(np.concatenate(batches), pipeline.train_arrays().x, rtol=1e-6, atol=1e-6)


def test_vector_of_numbers_beside_categories(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        ",".join(f"{v:.3f}" for v in r) + f",{'uv'[i % 2]},{'pq'[i % 3 % 2]}"
        for i, r in enumerate(rng.normal(size=(60, 40)))
    ]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    made = providers["csv"](DataOptions(filename=str(tmp_path / "t.csv")))
    assert set(made.signature()) == {"features", "column_40"}
    inputs = Pipeline(made, 8).raw_inputs()
    model = keras.Model(inputs, made.encode(inputs))
    ((ids, features),) = read_features(str(tmp_path / "t.csv"), from_json(to_json(made)))
    out = model({name: keras.ops.convert_to_tensor(array) for name, array in features.items()}).numpy()
    assert out.shape == (len(ids), 42)
    assert sorted(set(out[:, 40])) == [0, 1]
