import json, h5py, numpy as np
from fsnas.artifacts.files import replacing, check_format
from fsnas.data import Dataset
def write_dataset(path, ds, *, key, settings):
    with replacing(path) as t, h5py.File(t, "w") as f:
        f.attrs.update(format="fsnas.dataset", version=1, key=key, settings=json.dumps(settings), name=ds.name, classes=json.dumps(list(ds.classes)))
        for n in ("images", "labels", "mean", "std"): f.create_dataset(n, data=getattr(ds, n), track_times=False)
        for k, v in ds.splits.items(): f.create_dataset("splits/"+k, data=v, track_times=False)
def read_dataset(path):
    with h5py.File(path) as f:
        return Dataset(f.attrs["name"], f["images"][()], f["labels"][()], tuple(json.loads(f.attrs["classes"])), {k: f["splits/"+k][()] for k in ("train","valid","test")}, f["mean"][()], f["std"][()])
def read_key(path):
    with h5py.File(path) as f: return f.attrs["key"]
