"""scores.h5 for other programs: edges and operations are the named axes of its arrays."""

import numpy as np
import pytest
import xarray as xr

from fsnas.splitting.affinities import NodeScores
from tests.support.damage import made
from tests.support.space import EDGES, OPERATIONS, SPACE


@pytest.mark.parametrize("repetitions", [0, 2])
def test_xarray_opens_scores_with_named_axes(repetitions, tmp_path):
    values = np.arange(60.0).reshape(2, 6, 5) if repetitions else None
    affinity = np.arange(150.0).reshape(6, 5, 5)
    content = NodeScores(SPACE, SPACE.restrict(SPACE.full(), 2, (1, 3)), values, affinity, ("edge 3<-1: why",))
    path = made("scores", tmp_path, {"01": content})
    with xr.open_dataset(path, group="nodes/01", engine="h5netcdf") as found:
        assert found["edge"].values.tolist() == list(EDGES)
        assert found["operation"].values.tolist() == found["other_operation"].values.tolist() == list(OPERATIONS)
        assert found["space"].dtype == bool and not found["space"].sel(edge="2<-1", operation="none")
        assert found["affinity"].sel(edge="3<-0", operation="none", other_operation="avg_pool_3x3") == affinity[3, 0, 4]
        assert found.attrs["reasons"] == '["edge 3<-1: why"]'
        if repetitions:
            mean = found["scores"].mean("repetition").sel(edge="2<-0", operation="skip_connect")
            assert mean == values[:, 1, 1].mean()
    with xr.open_dataset(path, engine="h5netcdf") as root:
        assert root.attrs["metric"] == "snip"
